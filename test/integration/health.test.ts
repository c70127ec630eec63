import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthRoutes } from '../../src/server/health-routes.js';
import { storeMeasure } from '../../src/server/store-metrics.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';

let dataDir: string;
let store: Store;
beforeAll(async () => {
  dataDir = temporaryFolder();
  store = await openStore({ dataDir });
});
afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const probe = () => store.query('SELECT 1');

const noBody = (): never => expect.fail('it reads no body');

/** What /readyz answers, without the port. */
function readyz(probe: () => Promise<unknown>, readyTimeoutMs: number) {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const route = healthRoutes({ probe, onError, measures: [], readyTimeoutMs }).find(
    ({ path }) => path === '/readyz',
  );
  return {
    errors,
    async ask(): Promise<{ status: number; body: unknown }> {
      const reply = await route?.handle({
        path: {},
        query: new URLSearchParams(),
        headers: {},
        body: noBody,
      });
      return { status: reply?.status ?? 0, body: JSON.parse(String(reply?.body)) };
    },
  };
}

describe('/readyz', () => {
  it('is 200 while the store answers', async () => {
    const { ask, errors } = readyz(probe, 5000);
    expect(await ask()).toEqual({ status: 200, body: { status: 'ready' } });
    expect(errors).toEqual([]);
  });

  it('is 503 within its time while the store is busy, and asks it once however many probes come', async () => {
    let asked = 0;
    const counting = () => {
      asked += 1;
      return probe();
    };
    // Each of two connections runs one query at a time, so that the probe waits behind one of these.
    const sleep = 'SELECT sleepEachRow(0.5) FROM numbers(2) SETTINGS max_block_size = 1';
    const busy = Promise.all([store.query(sleep), store.query(sleep)]);
    const { ask } = readyz(counting, 50);
    const late = {
      status: 503,
      body: { status: 'not ready', why: 'The store gave no answer within 0.05 s.' },
    };
    expect(await Promise.all([ask(), ask()])).toEqual([late, late]);
    expect(await ask()).toEqual(late);
    expect(asked).toBe(1);
    await busy;
    expect(await readyz(probe, 5000).ask()).toMatchObject({ status: 200 });
  });

  it('is 503 without telling strangers what the engine said, which is reported', async () => {
    const failing = () => store.query('SELECT * FROM secret_table');
    const { ask, errors } = readyz(failing, 5000);
    const answer = await ask();
    expect(answer).toMatchObject({
      status: 503,
      body: { why: expect.stringContaining('answers with an error') },
    });
    expect(JSON.stringify(answer)).not.toContain('secret_table');
    expect(String(errors[0])).toContain('secret_table');
  });
});

describe('the metrics of the store', () => {
  it('leave the sizes on disk out while the store does not answer, and the rest is told', async () => {
    const measure = storeMeasure(store.stats, () => Promise.reject(new Error('gone')));
    const names = (await measure()).map(({ name }) => name);
    expect(names).toContain('telltale.store.insert.duration');
    expect(names).not.toContain('telltale.store.disk');
    expect((await storeMeasure(store.stats, store.query)()).map(({ name }) => name)).toContain(
      'telltale.store.disk',
    );
  });
});
