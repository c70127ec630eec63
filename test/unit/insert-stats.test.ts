import { expect, test } from 'vitest';
import { createInsertMeter, INSERT_SECONDS_BOUNDS } from '../../src/store/insert-stats.js';
import { createBatchWriter } from '../../src/store/writer.js';

const rows = (count: number) => [{ rows: count, text: Buffer.alloc(10) }];

test('stored inserts are counted with their rows and time; failed ones only as failures', async () => {
  let now = 0;
  const meter = createInsertMeter(() => now);
  const insert = meter.measure(async (table) => {
    now += table === 'slow' ? 60_000 : 25;
    if (table === 'broken') throw new Error('gone');
  });
  await insert('t', rows(2));
  await insert('t', rows(1));
  await insert('slow', rows(1));
  await expect(insert('broken', rows(1))).rejects.toThrow('gone');
  expect(meter.stats).toMatchObject({ inserts: 3, failures: 1, seconds: 60.05 });
  expect([...meter.stats.rows]).toEqual([
    ['t', 3],
    ['slow', 1],
  ]);
  const atMost = (bound: number) => meter.stats.secondsAtMost[INSERT_SECONDS_BOUNDS.indexOf(bound)];
  // 25 ms is in its own bucket and all above; a minute is in none.
  expect([0.01, 0.025, 10].map(atMost)).toEqual([0, 2, 2]);
});

test('what waits is told over all tables, without what is being inserted', async () => {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const writer = createBatchWriter(() => held);
  const writes = ['t', 't', 't', 'u', 'u'].map((table) => writer.write(table, rows(1)));
  expect(writer.waiting()).toEqual({ requests: 3, text: 30 });
  letGo();
  await Promise.all(writes);
  expect(writer.waiting()).toEqual({ requests: 0, text: 0 });
});
