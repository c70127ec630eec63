import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { openEngine } from '../../src/store/engine.js';
import type { Command } from '../../src/store/migrations.js';
import { createQuery, openStore, type Store } from '../../src/store/store.js';
import { type Losses, startUpkeep } from '../../src/store/upkeep.js';
import { temporaryFolder } from '../support/backend-process.js';
import { exponentialPoint } from '../support/points.js';

const DAY = 86_400;
const T0 = 1_800_000_000;

let dataDir: string;
let notices: string[];
let tick: () => void;
const every = (ms: number, task: () => void): (() => void) => {
  expect(ms).toBe(60_000);
  tick = task;
  return () => {
    tick = () => undefined;
  };
};
beforeEach(() => {
  dataDir = temporaryFolder();
  notices = [];
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function withCap<T>(maxDiskBytes: number | undefined, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ dataDir }, { maxDiskBytes, every, onNotice: (text) => notices.push(text) });
  return use(store).finally(() => store.close());
}

const points = (day: number): Metric[] =>
  Array.from({ length: 200 }, (_, i) => {
    const time = T0 + day * DAY + i;
    return exponentialPoint(
      { flag: `flag-${i}`, variant: `${Math.sin(i + day)}` },
      { start: time - 60, time, scale: 2, buckets: new Map([[-4, i]]) },
      1,
    );
  });

const RECEIVED = 'otel_metrics_exponential_histogram';
async function days(store: Store, table: string): Promise<number[]> {
  const rows = await store.query<{ day: number }>(
    `SELECT DISTINCT intDiv(toUnixTimestamp(${table === RECEIVED ? 'TimeUnix' : 'time'}) - ${T0}, ${DAY}) AS day FROM ${table} ORDER BY day`,
  );
  return rows.map(({ day }) => Number(day));
}

async function threeDays(): Promise<{ bytes: number; received: number }> {
  return withCap(undefined, async (store) => {
    for (const day of [0, 1, 2]) await store.sink.metrics(points(day));
    const { bytes, tables } = await store.status();
    return { bytes, received: tables.find(({ name }) => name === RECEIVED)?.bytes ?? 0 };
  });
}

test('the oldest days go first, what was received before what was made of it, until the data fits', async () => {
  const { bytes, received } = await threeDays();
  // A day of what was received too much: that is what goes, and no more.
  await withCap(bytes - received / 6, async (store) => {
    expect(await days(store, RECEIVED)).toEqual([1, 2]);
    expect(await days(store, 'telltale_points')).toEqual([0, 1, 2]);
    expect(notices).toEqual([
      expect.stringMatching(
        /^Dropped otel_metrics_exponential_histogram of 2027-01-15: 200 rows, \d+ bytes\. The data was \d+ bytes, above --max-disk/,
      ),
    ]);
    const { dropped } = await store.status();
    expect(dropped).toMatchObject({ partitions: 1, rows: 200 });
  });
  // Less than a day: of everything only the newest of what comparisons need may stay.
  const today = bytes - received;
  await withCap(Math.round(today / 2), async (store) => {
    expect(await days(store, RECEIVED)).toEqual([]);
    expect(await days(store, 'telltale_points')).toEqual([2]);
    expect((await store.status()).bytes).toBeLessThanOrEqual(today / 2);
  });
});

test('changes that were told are no telemetry: they stay whatever the cap', async () => {
  const change = { id: 'c', kind: 'flag', time: T0, flag: 'f' };
  await withCap(undefined, (store) => store.changes([change]));
  await withCap(1, async (store) => {
    expect(await store.query('SELECT id FROM telltale_changes')).toEqual([{ id: 'c' }]);
    expect(notices).toEqual([]);
  });
});

test('a cap that is not reached drops nothing', async () => {
  const { bytes } = await threeDays();
  await withCap(bytes, async (store) => {
    expect(await days(store, RECEIVED)).toEqual([0, 1, 2]);
    expect(notices).toEqual([]);
  });
});

test('the data is looked at again on the timer, and no longer once the store is closed', async () => {
  await withCap(1, async (store) => {
    await store.sink.metrics(points(0));
    expect(await days(store, RECEIVED)).toEqual([0]);
    tick();
    // A second tick while the first is under way does nothing of its own.
    tick();
    await store.close();
    expect(notices).toHaveLength(2);
  });
  await withCap(undefined, async (store) => {
    expect(await days(store, RECEIVED)).toEqual([]);
    expect(await days(store, 'telltale_points')).toEqual([]);
  });
});

/** Starts a store as `openStore` does, with a cap that nothing fits under, on an engine that `meddle` has its hands in. */
async function capOn(meddle: (run: Command) => Promise<Command>): Promise<Losses> {
  const engine = await openEngine({ dataDir });
  try {
    const run: Command = async (query) => void (await engine.admin.command({ query }));
    const upkeep = await startUpkeep(await meddle(run), createQuery(engine), {
      maxDiskBytes: 1,
      every,
      onNotice: (text) => notices.push(text),
    });
    await upkeep.stop();
    return upkeep.losses();
  } finally {
    await engine.close();
  }
}

test('a day goes that is larger than ClickHouse lets drop by default', async () => {
  await threeDays();
  const { dropped } = await capOn(async (run) => {
    // 50 GB are the default.
    await run('SET max_partition_size_to_drop = 1');
    return run;
  });
  expect(dropped).toMatchObject({ partitions: 6, rows: 1200 });
});

test('a day that cannot be dropped stops neither the start nor the days after it', async () => {
  await threeDays();
  const { dropped } = await capOn(async (run) => async (sql) => {
    if (sql.includes(`${RECEIVED} DROP PARTITION ID '20270115'`)) {
      await run(`RENAME TABLE ${RECEIVED} TO elsewhere`);
    }
    await run(sql);
  });
  expect(dropped).toMatchObject({ partitions: 3, rows: 600 });
  expect(notices).toHaveLength(4);
  expect(notices.at(-1)).toMatch(
    /^The disk cap could not be kept: days of a table that could not be dropped: 3; the first, 20270115 of otel_metrics_exponential_histogram: Could not find table/,
  );
});
