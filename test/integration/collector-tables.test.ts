import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogRecord, Metric, Span } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { readLayout } from '../../src/store/collector-tables.js';
import { openStore, type Query, type Store } from '../../src/store/store.js';
import inserts from '../fixtures/collector-inserts.json' with { type: 'json' };
import { temporaryFolder } from '../support/backend-process.js';
import { attributes, exponentialPoint, resource } from '../support/points.js';
import { makeRaw, sqlFixture } from '../support/raw-store.js';

const T0 = 1_800_000_000;
const STREAM = { flag: 'checkout', variant: 'on' };
const COLLECTOR = sqlFixture('collector-0.159.sql');
const COLUMNS: Readonly<Record<string, readonly string[]>> = inserts.columns;

let dataDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function withStore(use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ dataDir });
  await use(store).finally(() => store.close());
}

/** A cumulative point as the exporter inserts it: its columns, and times in whole seconds. */
function collectorPoint(seconds: number, requests: number): Record<string, unknown> {
  return {
    ResourceAttributes: { 'service.name': 'shop' },
    ServiceName: 'shop',
    MetricName: 'telltale.operation.duration',
    Attributes: {
      'feature_flag.key': STREAM.flag,
      'feature_flag.result.variant': STREAM.variant,
      'telltale.assignment': 'assigned',
    },
    StartTimeUnix: T0,
    TimeUnix: T0 + seconds,
    Count: requests,
    Scale: 2,
    PositiveOffset: -4,
    PositiveBucketCounts: [requests],
    AggregationTemporality: 2,
  };
}

const EXPONENTIAL = 'otel_metrics_exponential_histogram';
const ourPoint = (seconds: number, requests: number): Metric =>
  exponentialPoint(
    STREAM,
    { start: T0, time: T0 + seconds, scale: 2, buckets: new Map([[-4, requests]]) },
    2,
  );

async function requests(store: Store): Promise<number> {
  const counts = await createClickHouseSource(store.query).counts(
    { flag: STREAM.flag },
    { from: T0, to: T0 + 600 },
    { edgeIndex: -8, calibratedUntil: 0, changes: [] },
  );
  return counts.reduce((sum, count) => sum + count.requests, 0);
}

test('what a collector stored before and what it stores afterwards is counted', async () => {
  await makeRaw(dataDir, COLLECTOR, { [EXPONENTIAL]: [collectorPoint(60, 3), collectorPoint(120, 5)] });
  await withStore(async (store) => expect(await requests(store)).toBe(5));
  await makeRaw(dataDir, [], { [EXPONENTIAL]: [collectorPoint(180, 9)] });
  await withStore(async (store) => expect(await requests(store)).toBe(9));
});

const scope = {
  name: 'scope',
  version: '',
  attributes: attributes({}),
  schemaUrl: '',
  droppedAttributesCount: 0,
};
const identity = { resource: resource(), scope, name: 'm', description: '', unit: '' };
const at = {
  attributes: attributes({}),
  startTimeUnixNano: BigInt(T0) * 1_000_000_000n + 1n,
  timeUnixNano: BigInt(T0) * 1_000_000_000n + 999_999_999n,
  flags: 0,
};
const exemplar = {
  attributes: attributes({}),
  timeUnixNano: at.timeUnixNano,
  value: 1,
  traceId: '',
  spanId: '',
};
const SPAN: Span = {
  resource: resource(),
  scope,
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: '',
  traceState: '',
  name: 'GET /',
  kind: 2,
  startTimeUnixNano: at.timeUnixNano,
  endTimeUnixNano: at.timeUnixNano + 5n,
  attributes: attributes({ k: 'v' }),
  statusCode: 0,
  statusMessage: '',
  events: [{ timeUnixNano: at.timeUnixNano, name: 'e', attributes: attributes({}) }],
  links: [],
  flags: 1,
};
const LOG: LogRecord = {
  resource: resource(),
  scope,
  timeUnixNano: at.timeUnixNano,
  observedTimeUnixNano: 0n,
  traceId: '',
  spanId: '',
  flags: 0,
  severityNumber: 9,
  severityText: 'INFO',
  body: 'text',
  eventName: 'feature_flag.evaluation',
  attributes: attributes({ k: 'v' }),
};

async function writeEverything(store: Store): Promise<void> {
  const metrics: Metric[] = [
    { ...identity, type: 'gauge', points: [{ ...at, value: 1.5, exemplars: [exemplar] }] },
    {
      ...identity,
      type: 'sum',
      temporality: 2,
      isMonotonic: true,
      points: [{ ...at, value: 2, exemplars: [] }],
    },
    {
      ...identity,
      type: 'histogram',
      temporality: 2,
      points: [
        { ...at, count: 3, sum: 3, min: 1, max: 1, bucketCounts: [3, 0], explicitBounds: [2], exemplars: [] },
      ],
    },
    { ...identity, type: 'summary', points: [{ ...at, count: 1, sum: 1, quantiles: [] }] },
    ourPoint(240, 12),
  ];
  expect(await store.sink.spans([SPAN])).toBeUndefined();
  expect(await store.sink.logs([LOG])).toBeUndefined();
  expect(await store.sink.metrics(metrics)).toBeUndefined();
}

const rows = async (store: Store, table: string, where = '1'): Promise<number> => {
  const [row] = await store.query<{ n: number }>(`SELECT count()::UInt32 AS n FROM ${table} WHERE ${where}`);
  return row?.n ?? 0;
};

test("every signal is written into a collector's tables, which stay as they are", async () => {
  await makeRaw(dataDir, COLLECTOR);
  await withStore(async (store) => {
    const describe =
      'SELECT name, engine_full, comment FROM system.tables WHERE name LIKE {name:String} ORDER BY name';
    const before = await store.query(describe, { name: 'otel%' });
    await writeEverything(store);
    for (const table of Object.keys(COLUMNS)) expect([table, await rows(store, table)]).toEqual([table, 1]);
    expect(await requests(store)).toBe(12);
    expect(
      await store.query('SELECT toString(TimeUnix) AS t, Exemplars.TimeUnix AS e FROM otel_metrics_gauge'),
    ).toEqual([{ t: '2027-01-15 08:00:00', e: ['2027-01-15 08:00:00'] }]);
    expect(await rows(store, 'otel_logs', "EventName = 'feature_flag.evaluation'")).toBe(1);
    expect(await store.query(describe, { name: 'otel%' })).toEqual(before);
  });
});

test("bringing version 1 forward leaves a collector's tables as they are", async () => {
  await makeRaw(dataDir, [...COLLECTOR, ...sqlFixture('schema-version-1.sql')]);
  await withStore(async (store) => {
    expect(
      await store.query("SELECT name FROM system.tables WHERE comment != '' AND name LIKE 'otel%'"),
    ).toEqual([]);
    expect(await store.query('SELECT version FROM telltale_schema')).toEqual([{ version: 2 }]);
  });
});

test("the exporter's INSERTs fit our tables", async () => {
  await makeRaw(dataDir, ['CREATE DATABASE collector', ...COLLECTOR.map(inDatabase)]);
  await withStore(async (store) => {
    await writeEverything(store);
    const before = await store.query('SELECT * FROM otel_traces');
    expect(before).toHaveLength(1);
  });
  const copies = Object.entries(COLUMNS).flatMap(([table, columns]) => {
    const list = columns.join(', ');
    return [
      `INSERT INTO collector.${table} (${list}) SELECT ${list} FROM ${table}`,
      `TRUNCATE TABLE ${table}`,
      `INSERT INTO ${table} (${list}) SELECT ${list} FROM collector.${table}`,
    ];
  });
  await makeRaw(dataDir, copies);
  await withStore(async (store) => {
    for (const table of Object.keys(COLUMNS)) expect([table, await rows(store, table)]).toEqual([table, 1]);
    expect(
      await rows(store, 'otel_traces', "SpanAttributes['k'] = 'v' AND Events.Name = ['e'] AND Duration = 5"),
    ).toBe(1);
    expect(await rows(store, 'otel_logs', "LogAttributes['k'] = 'v' AND Body = 'text'")).toBe(1);
    // Once from us and once as the collector would have sent it, with its seconds: one point.
    expect(await requests(store)).toBe(12);
  });
});

const inDatabase = (statement: string): string =>
  statement.replace('IF NOT EXISTS ', 'IF NOT EXISTS collector.');

test('an older exporter without a column for event names gets its rows without them', async () => {
  await makeRaw(dataDir, [...COLLECTOR, 'ALTER TABLE otel_logs DROP COLUMN EventName']);
  await withStore(async (store) => {
    expect(await store.sink.logs([LOG])).toBeUndefined();
    expect(await rows(store, 'otel_logs', "Body = 'text'")).toBe(1);
  });
});

test("the exporter's JSON columns are refused, with what to do", async () => {
  const json = COLLECTOR.map((statement) =>
    statement
      .replace('ResourceAttributes Map(LowCardinality(String), String)', 'ResourceAttributes JSON')
      .replaceAll(/.*INDEX idx_res_attr.*\n/g, ''),
  );
  await makeRaw(dataDir, [json[0] ?? '']);
  await expect(openStore({ dataDir })).rejects.toMatchObject({
    code: 'schema-unusable',
    message: expect.stringContaining('otel_traces has ResourceAttributes of type JSON'),
  });
});

test('a table that lacks what views need is refused, with what it lacks', async () => {
  await makeRaw(dataDir, [
    `CREATE TABLE otel_logs (Timestamp DateTime64(9), ResourceAttributes Map(String, String)) ENGINE = MergeTree ORDER BY Timestamp`,
  ]);
  await expect(openStore({ dataDir })).rejects.toMatchObject({
    code: 'schema-unusable',
    message: expect.stringMatching(
      /^otel_logs is not as the collector's clickhouseexporter makes it.*LogAttributes/s,
    ),
  });
});

// chDB has no cluster, so what system.tables would say is given.
function tables(row: Record<string, unknown>): Query {
  const found = { name: 'otel_traces', comment: '', indexed: 1, attributes: 'Map(a, b)', pointTime: '' };
  return <T>() => Promise.resolve([{ ...found, ...row }] as T[]);
}

test('on a cluster, views read the local table under a Distributed one of a collector', async () => {
  const distributed = tables({
    engine: 'Distributed',
    engineFull: "Distributed('all', 'otel', 'otel_traces_shard', rand())",
  });
  expect((await readLayout(distributed, 'all', undefined)).foreign).toEqual(
    new Map([['otel_traces', 'otel_traces_shard']]),
  );
  await expect(readLayout(distributed, undefined, undefined)).rejects.toMatchObject({
    code: 'schema-unusable',
    message: expect.stringContaining('name its cluster with --cluster NAME'),
  });
});

test('a store that was made without a cluster is not opened as one', async () => {
  const ours = tables({ engine: 'MergeTree', comment: 'telltale', engineFull: 'MergeTree' });
  await expect(readLayout(ours, 'all', 2)).rejects.toMatchObject({
    code: 'schema-unusable',
    message: expect.stringContaining('was made without --cluster'),
  });
});
