import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCourier } from '../../src/server/notify/courier.js';
import type { VerdictTurn } from '../../src/server/notify/notice.js';
import { createNoticeStore } from '../../src/server/notify/notice-store.js';
import { createNotifyMetrics } from '../../src/server/notify/notify-metrics.js';
import { webhookTarget } from '../../src/server/notify/target-options.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { WAIT } from '../support/notifier.js';

const TURN: VerdictTurn = {
  ...{ kind: 'verdict', id: 'turn', time: '2026-11-26T00:00:00.000Z', flag: 'f', control: 'off' },
  ...{ treatment: 'on', environment: null, from: 'hold', to: 'roll-back', evidence: 'e', explanation: ['e'] },
  link: 'https://telltale.example/',
};

let dataDir: string;
let store: Store;
beforeEach(async () => {
  dataDir = temporaryFolder();
  store = await openStore({ dataDir });
});
afterEach(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a message that is under way when the backend stops is answered, not sent again', async () => {
  const taken: ServerResponse[] = [];
  const server = createServer((_request, response) => void taken.push(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = webhookTarget(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, undefined);
  const notices = createNoticeStore(store);
  const now = () => Date.now() / 1000;
  await notices.targetSince(target.key, now() - 10);
  const { flag, treatment, id } = TURN;
  await notices.noteVerdict(
    { flag, treatment, id, environment: '', verdict: 'roll-back', turn: TURN },
    now(),
  );
  const errors: unknown[] = [];
  const courier = createCourier({
    ...{ target, notices, now, metrics: createNotifyMetrics(['webhook']), mayTell: () => true },
    wait: async () => undefined,
    onError: (error) => errors.push(error),
  });
  const came = once(server, 'request');
  courier.wake();
  await came;
  const finished = courier.finish(AbortSignal.timeout(10_000));
  for (const response of taken) response.end('ok');
  await finished;
  server.closeAllConnections();
  server.close();
  expect(taken).toHaveLength(1);
  expect(errors).toEqual([]);
}, 60_000);

test('a notice that is never taken holds back those of its flag alone', async () => {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const { flag, id } = (JSON.parse((await buffer(request)).toString()) as { telltale: VerdictTurn })
      .telltale;
    asked.push(id);
    response.writeHead(flag === 'poison' ? 500 : 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = webhookTarget(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, undefined);
  const notices = createNoticeStore(store);
  let ahead = 0;
  const now = () => Date.now() / 1000 + ahead;
  await notices.targetSince(target.key, now() - 10);
  const note = async (flag: string, id: string): Promise<void> => {
    const turn = { ...TURN, flag, id };
    await notices.noteVerdict({ ...turn, environment: '', verdict: turn.to, turn }, now());
  };
  await note('poison', 'p1');
  await note('poison', 'p2');
  const waits: number[] = [];
  const errors: string[] = [];
  const options = {
    ...{ target, notices, now, metrics: createNotifyMetrics(['webhook']), mayTell: () => true },
    async wait(ms: number) {
      waits.push(ms);
      // What comes meanwhile is told with the next try; in the end nobody took it for too long.
      if (waits.length === 3) await note('c', 'c1');
      if (waits.length === 5) ahead = 6 * 3600 + 60;
    },
    onError: (error: unknown) => errors.push(String(error)),
  };
  await createCourier(options).finish(AbortSignal.timeout(10_000));
  expect(asked.splice(0)).toEqual(['p1']);
  await note('a', 'a1');
  await note('b', 'b1');
  const courier = createCourier(options);
  courier.wake();
  await vi.waitFor(() => expect(errors.filter((text) => text.includes('given up'))).toHaveLength(2), WAIT);
  await courier.finish(AbortSignal.timeout(10_000));
  server.closeAllConnections();
  server.close();
  expect(asked).toEqual(['p1', 'a1', 'b1', 'p1', 'p1', 'c1', 'p1', 'p1']);
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
}, 60_000);
