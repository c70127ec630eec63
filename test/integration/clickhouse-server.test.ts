import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { clickHouseLocation } from '../../src/store/clickhouse-location.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { type ClickHouseFront, clickHouseFront, TLS_FOLDER } from '../support/clickhouse-front.js';
import { exponentialPoint } from '../support/points.js';
import { makeRaw, sqlFixture } from '../support/raw-store.js';

// There is no ClickHouse server here: a stand-in speaks its HTTP in front of the embedded engine.
let dataDir: string;
let front: ClickHouseFront;
beforeEach(async () => {
  dataDir = temporaryFolder();
});
afterEach(async () => {
  await front.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const NOW = 1_800_000_000;
const point = (requests: number) =>
  exponentialPoint(
    { flag: 'f', variant: 'on' },
    { start: NOW - 60, time: NOW, scale: 2, buckets: new Map([[-4, requests]]) },
    1,
  );

async function count(store: Store, table: string): Promise<number> {
  const [row] = await store.query<{ n: number }>(`SELECT count()::UInt32 AS n FROM ${table}`);
  return row?.n ?? 0;
}

test('user and password go to the server', async () => {
  front = await clickHouseFront(dataDir);
  const env = { TELLTALE_CLICKHOUSE_USER: 'telltale', TELLTALE_CLICKHOUSE_PASSWORD: 'a secret' };
  const store = await openStore(clickHouseLocation(front.url, env));
  await store.close();
  expect(front.users).toEqual(new Set(['telltale:a secret']));
  await front.stop();
  await expect(openStore(clickHouseLocation(front.url, env))).rejects.toMatchObject({
    code: 'clickhouse-unreachable',
    message: expect.not.stringContaining('a secret'),
  });
});

test('TLS with an authority of its own, and a certificate to be let in by', async () => {
  front = await clickHouseFront(dataDir, { tls: true });
  const trust = { TELLTALE_CLICKHOUSE_USER: 'telltale', TELLTALE_CLICKHOUSE_CA_FILE: `${TLS_FOLDER}ca.pem` };
  const env = {
    ...trust,
    TELLTALE_CLICKHOUSE_CERT_FILE: `${TLS_FOLDER}client.pem`,
    TELLTALE_CLICKHOUSE_KEY_FILE: `${TLS_FOLDER}client-key.pem`,
  };
  const store = await openStore(clickHouseLocation(front.url, env));
  expect(await store.sink.metrics([point(3)])).toBeUndefined();
  expect(await count(store, 'telltale_points')).toBe(1);
  await store.close();
  expect(front.users).toEqual(new Set(['telltale by certificate']));
  const refused = expect.objectContaining({ code: 'clickhouse-unreachable' });
  await expect(openStore(clickHouseLocation(front.url, trust))).rejects.toEqual(refused);
  await expect(openStore(clickHouseLocation(front.url, {}))).rejects.toEqual(refused);
});

test.each([
  ['make its tables', []],
  ['bring version 1 forward', sqlFixture('schema-version-1.sql')],
])('two stores on one ClickHouse %s at once, and both write', async (_, before) => {
  await makeRaw(dataDir, before);
  front = await clickHouseFront(dataDir);
  const [one, two] = await Promise.all([
    openStore({ clickhouseUrl: front.url }, { retentionSeconds: 7 * 86_400 }),
    openStore({ clickhouseUrl: front.url }, { retentionSeconds: 7 * 86_400 }),
  ]);
  await Promise.all([one.sink.metrics([point(3)]), two.sink.metrics([point(4)])]);
  expect(await count(one, 'otel_metrics_exponential_histogram')).toBe(2);
  expect((await two.status()).schemaVersion).toBe((await one.status()).knownVersion);
  await Promise.all([one.close(), two.close()]);
});

test('a batch that equals an earlier one is stored again, also where the table takes such a one for a retry', async () => {
  front = await clickHouseFront(dataDir);
  // A replicated table of a collector does so by default.
  const logs = sqlFixture('collector-0.159.sql').find((statement) => statement.includes(' otel_logs'));
  await makeRaw(dataDir, [`${logs}, non_replicated_deduplication_window = 100`]);
  const store = await openStore({ clickhouseUrl: front.url });
  const log = {
    ...point(1),
    timeUnixNano: BigInt(NOW) * 1_000_000_000n,
    observedTimeUnixNano: 0n,
    traceId: '',
    spanId: '',
    flags: 0,
    severityNumber: 9,
    severityText: '',
    body: 'equal',
    eventName: '',
    attributes: {},
  };
  for (const _ of [1, 2]) expect(await store.sink.logs([log])).toBeUndefined();
  expect(await count(store, 'otel_logs')).toBe(2);
  await store.close();
});

test('a change that is told is stored', async () => {
  front = await clickHouseFront(dataDir);
  const store = await openStore({ clickhouseUrl: front.url });
  const change = { id: 'c', kind: 'flag', time: NOW, flag: 'f' };
  expect(await store.changes([change, { ...change, id: 'd' }])).toBeUndefined();
  expect(await count(store, 'telltale_changes')).toBe(2);
  await store.close();
});

test('a request that a table cannot take is answered only when its other tables have theirs', async () => {
  front = await clickHouseFront(dataDir);
  const store = await openStore({ clickhouseUrl: front.url });
  await front.engine.admin.command({ query: 'DROP TABLE otel_metrics_gauge SYNC' });
  const points = point(3).points.map((one) => ({ ...one, value: 1 }));
  const gauge: Metric = { ...point(3), type: 'gauge', points };
  await expect(store.sink.metrics([gauge, point(3)])).rejects.toMatchObject({ type: 'UNKNOWN_TABLE' });
  expect([...store.stats.inserts.rows]).toEqual([['otel_metrics_exponential_histogram', 1]]);
  await store.close();
});

test("what the user's profile lets pass is not acknowledged all the same", async () => {
  const profile = {
    input_format_allow_errors_num: '10',
    input_format_allow_errors_ratio: '1',
    input_format_csv_empty_as_default: '0',
    input_format_skip_unknown_fields: '0',
    materialized_views_ignore_errors: '1',
  };
  front = await clickHouseFront(dataDir, { profile });
  const store = await openStore({ clickhouseUrl: front.url });
  const change = { id: 'c', kind: 'flag', time: 'yesterday', flag: 'f' };
  expect(await store.changes([change])).toMatchObject({ count: 1 });
  await front.engine.admin.command({
    query: 'ALTER TABLE otel_metrics_exponential_histogram DROP COLUMN ResourceSchemaUrl',
  });
  expect(await store.sink.metrics([point(3)])).toBeUndefined();
  await front.engine.admin.command({ query: 'DROP TABLE telltale_points SYNC' });
  await expect(store.sink.metrics([point(4)])).rejects.toMatchObject({ type: 'UNKNOWN_TABLE' });
  await store.close();
});
