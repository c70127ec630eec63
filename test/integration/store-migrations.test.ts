import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { SCHEMA_VERSION } from '../../src/store/migrations.js';
import { metricRows } from '../../src/store/rows.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { exponentialPoint } from '../support/points.js';
import { makeRaw, sqlFixture } from '../support/raw-store.js';

const T0 = 1_800_000_000;
const STREAM = { flag: 'checkout', variant: 'on' };

let dataDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const point = (seconds: number, requests: number) =>
  exponentialPoint(
    STREAM,
    { start: T0, time: T0 + seconds, scale: 2, buckets: new Map([[-4, requests]]) },
    2,
  );

async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ dataDir });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

async function requests(store: Store): Promise<number[]> {
  const counts = await createClickHouseSource(store.query).counts(
    { flag: STREAM.flag },
    { from: T0, to: T0 + 3600 },
    { edgeIndex: -8, calibratedUntil: 0, changes: [] },
  );
  return counts.map((count) => count.requests);
}

const versions = (store: Store): Promise<unknown[]> =>
  store.query('SELECT version FROM telltale_schema ORDER BY version');

test('a store of version 1 opens, keeps its data and goes on with its streams', async () => {
  await makeRaw(dataDir, sqlFixture('schema-version-1.sql'), metricRows([point(60, 3), point(120, 5)]));
  await withStore(async (store) => {
    expect(await requests(store)).toEqual([5]);
    await store.sink.metrics([point(180, 9)]);
    expect(await requests(store)).toEqual([9]);
    expect(await versions(store)).toEqual([{ version: 2 }]);
  });
});

test('opening again changes nothing and remembers its version once', async () => {
  await withStore((store) => store.sink.metrics([point(60, 3)]));
  await withStore(async (store) => {
    expect(await requests(store)).toEqual([3]);
    expect(await versions(store)).toEqual([{ version: SCHEMA_VERSION }]);
  });
});

test('a store of a newer version is refused and left as it is', async () => {
  await withStore(async () => undefined);
  await makeRaw(dataDir, [`INSERT INTO telltale_schema (version) VALUES (${SCHEMA_VERSION + 1})`]);
  await expect(openStore({ dataDir })).rejects.toMatchObject({
    code: 'schema-newer',
    message: expect.stringContaining(
      `has schema version ${SCHEMA_VERSION + 1}; this Telltale knows versions up to`,
    ),
  });
  await makeRaw(dataDir, ['DROP TABLE telltale_schema']);
  await withStore(async (store) => expect(await requests(store)).toEqual([]));
});

test('a view that is new to a store is filled from what was there before, once', async () => {
  await makeRaw(
    dataDir,
    sqlFixture('schema-version-1.sql').filter((statement) => !statement.includes('VIEW')),
    metricRows([point(60, 3), point(120, 5)]),
  );
  await withStore(async (store) => expect(await requests(store)).toEqual([5]));
  await makeRaw(dataDir, ['TRUNCATE TABLE telltale_points']);
  await withStore(async (store) => expect(await requests(store)).toEqual([]));
});

test('a view whose text changed is changed in place', async () => {
  await withStore(async () => undefined);
  await makeRaw(dataDir, [
    "ALTER TABLE telltale_points_exponential MODIFY QUERY SELECT 'other' AS flag FROM otel_metrics_exponential_histogram",
    "ALTER TABLE telltale_points_exponential MODIFY COMMENT 'telltale of another text'",
  ]);
  await withStore(async (store) => {
    await store.sink.metrics([point(60, 3)]);
    expect(await requests(store)).toEqual([3]);
  });
});
