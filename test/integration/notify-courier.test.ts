import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCourier } from '../../src/server/notify/courier.js';
import type { VerdictTurn } from '../../src/server/notify/notice.js';
import { createNoticeStore } from '../../src/server/notify/notice-store.js';
import { createNotifyMetrics } from '../../src/server/notify/notify-metrics.js';
import { webhookTarget } from '../../src/server/notify/target-options.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';

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
