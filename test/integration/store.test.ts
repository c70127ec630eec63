import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogRecord, Metric, Span } from '../../src/otlp/model.js';
import { defaultDataDir, openEngine } from '../../src/store/engine.js';
import { openStore, type Store } from '../../src/store/store.js';
import { attributes, resource } from '../support/points.js';

let dataDir: string;
let store: Store;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'telltale-store-'));
  store = await openStore({ dataDir });
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const scope = {
  name: 'scope',
  version: '1.2',
  attributes: attributes({ kind: 'test' }),
  schemaUrl: 'https://example.test/scope',
  droppedAttributesCount: 3,
};
const base = { resource: resource({ 'host.name': 'h' }), scope };

const NASTY = attributes({ 'a"b\n': 'c\\d\t', emoji: '🛒', empty: '', zero: '\0' });
Object.defineProperty(NASTY, '__proto__', { value: 'own', enumerable: true });

function span(overrides: Partial<Span> = {}): Span {
  return {
    ...base,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: '',
    traceState: 'a=b',
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: 1_800_000_000_123_456_789n,
    endTimeUnixNano: 1_800_000_000_223_456_790n,
    attributes: NASTY,
    statusCode: 2,
    statusMessage: 'no',
    events: [
      { timeUnixNano: 1_800_000_000_200_000_001n, name: 'exception', attributes: attributes({ x: 'y' }) },
    ],
    links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), traceState: '', attributes: attributes({}) }],
    flags: 1,
    ...overrides,
  };
}

test('a span keeps every field, whatever its attributes are called', async () => {
  await store.sink.spans([span({ name: 'all fields' })]);
  const rows = await store.query(
    `SELECT * EXCEPT (Timestamp), toString(toUnixTimestamp64Nano(Timestamp)) AS start,
      arrayMap(t -> toString(toUnixTimestamp64Nano(t)), Events.Timestamp) AS events, toString(Duration) AS Duration
    FROM otel_traces WHERE SpanName = 'all fields'`,
  );
  const expected = {
    start: '1800000000123456789',
    TraceId: '0af7651916cd43dd8448eb211c80319c',
    SpanId: 'b7ad6b7169203331',
    ParentSpanId: '',
    TraceState: 'a=b',
    SpanKind: 'Server',
    ServiceName: 'shop',
    ScopeName: 'scope',
    ScopeVersion: '1.2',
    Duration: '100000001',
    StatusCode: 'Error',
    StatusMessage: 'no',
    events: ['1800000000200000001'],
    'Events.Name': ['exception'],
    'Events.Attributes': [{ x: 'y' }],
    'Links.TraceId': ['f'.repeat(32)],
    'Links.SpanId': ['e'.repeat(16)],
  };
  expect(rows).toEqual([expect.objectContaining(expected)]);
  const [row] = rows as {
    SpanAttributes: Record<string, string>;
    ResourceAttributes: Record<string, string>;
  }[];
  expect(new Map(Object.entries(row?.SpanAttributes ?? {}))).toEqual(new Map(Object.entries(NASTY)));
  expect(row?.ResourceAttributes['host.name']).toBe('h');
});

test.each([
  ['the beginning of time', 0n],
  ['a time in 1970', 5_000_000_000n],
  ['the last that fits', 9_223_372_036_854_775_807n],
  ['the year 9999, clamped', 253_370_764_800_000_000_000n],
])('%s is stored', async (name, time) => {
  expect(
    await store.sink.spans([span({ name, startTimeUnixNano: time, endTimeUnixNano: time })]),
  ).toBeUndefined();
  const rows = await store.query<{ t: string }>(
    `SELECT toString(toUnixTimestamp64Nano(Timestamp)) AS t FROM otel_traces WHERE SpanName = {name:String}`,
    { name },
  );
  const largest = 9_223_372_036_854_775_807n;
  expect(rows).toEqual([{ t: (time > largest ? largest : time).toString() }]);
});

test('a span that ends before it begins has no duration, and unknown kinds and codes have names', async () => {
  await store.sink.spans([span({ name: 'odd', endTimeUnixNano: 5n, kind: 99, statusCode: 7 })]);
  expect(
    await store.query("SELECT Duration, SpanKind, StatusCode FROM otel_traces WHERE SpanName = 'odd'"),
  ).toEqual([{ Duration: expect.anything(), SpanKind: 'Unspecified', StatusCode: 'Unset' }]);
});

test('one request may carry rows of more days than ClickHouse takes by default', async () => {
  const day = 86_400_000_000_000n;
  const rows = Array.from({ length: 150 }, (_, i) =>
    span({ name: 'days', startTimeUnixNano: 1_700_000_000_000_000_000n + BigInt(i) * day }),
  );
  expect(await store.sink.spans(rows)).toBeUndefined();
  const [count] = await store.query<{ n: number }>(
    "SELECT count() AS n FROM otel_traces WHERE SpanName = 'days'",
  );
  expect(Number(count?.n)).toBe(150);
});

test('what would be gigabytes as rows is refused for good', async () => {
  const large = { ...resource(), attributes: attributes({ 'service.name': 'x'.repeat(4 * 2 ** 20) }) };
  const rejection = await store.sink.spans(
    Array.from({ length: 100 }, () => span({ name: 'large', resource: large })),
  );
  expect(rejection).toEqual({
    count: 100,
    message: expect.stringContaining('more than 256 MiB, which is the most'),
  });
  const fits = Array.from({ length: 20 }, () => span({ name: 'large', resource: large }));
  expect(await store.sink.spans(fits)).toBeUndefined();
  const [count] = await store.query<{ n: number }>(
    "SELECT count() AS n FROM otel_traces WHERE SpanName = 'large'",
  );
  expect(Number(count?.n)).toBe(20);
});

test('text that the engine cannot read is an error with the name of the fault, so that it is not sent again', async () => {
  const engine = await openEngine({ dataDir });
  const text = Buffer.from('"SpanName","Duration"\n"(NO_NAME)",many\n');
  const insert = engine.insert('otel_traces', 'CSVWithNames', [text]).finally(() => engine.close());
  await expect(insert).rejects.toMatchObject({
    type: expect.stringMatching(/^(CANNOT_PARSE|INCORRECT_DATA)/),
  });
});

test('a log record keeps every field; without its time it has the time it was observed', async () => {
  const record: LogRecord = {
    ...base,
    timeUnixNano: 0n,
    observedTimeUnixNano: 1_800_000_000_000_000_001n,
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    flags: 0x101,
    severityNumber: 9,
    severityText: 'INFO',
    body: 'two\nlines',
    eventName: 'feature_flag.evaluation',
    attributes: NASTY,
  };
  await store.sink.logs([record]);
  expect(
    await store.query(
      'SELECT * EXCEPT (Timestamp, TimestampTime), toString(toUnixTimestamp64Nano(Timestamp)) AS t FROM otel_logs',
    ),
  ).toEqual([
    {
      t: '1800000000000000001',
      TraceId: 'a'.repeat(32),
      SpanId: 'b'.repeat(16),
      TraceFlags: 1,
      SeverityText: 'INFO',
      SeverityNumber: 9,
      ServiceName: 'shop',
      Body: 'two\nlines',
      ResourceSchemaUrl: '',
      ResourceAttributes: expect.objectContaining({ 'host.name': 'h' }),
      ScopeSchemaUrl: 'https://example.test/scope',
      ScopeName: 'scope',
      ScopeVersion: '1.2',
      ScopeAttributes: { kind: 'test' },
      LogAttributes: expect.objectContaining({ emoji: '🛒', empty: '' }),
      EventName: 'feature_flag.evaluation',
    },
  ]);
});

describe('metrics', () => {
  const identity = { ...base, name: 'm', description: 'd', unit: 's' };
  const point = {
    attributes: attributes({ k: 'v' }),
    startTimeUnixNano: 1_800_000_000_000_000_000n,
    timeUnixNano: 1_800_000_060_000_000_000n,
    flags: 0,
  };
  const exemplar = {
    attributes: attributes({ e: 'x' }),
    timeUnixNano: 1_800_000_001_000_000_000n,
    value: 1.5,
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
  };
  const range = { count: 3, sum: 6.5, min: 1, max: 4 };

  test('each kind goes into its table', async () => {
    const metrics: Metric[] = [
      { ...identity, type: 'gauge', points: [{ ...point, value: Number.NaN, exemplars: [exemplar] }] },
      {
        ...identity,
        type: 'sum',
        temporality: 2,
        isMonotonic: true,
        points: [{ ...point, value: Number.POSITIVE_INFINITY, exemplars: [] }],
      },
      {
        ...identity,
        type: 'histogram',
        temporality: 1,
        points: [{ ...point, ...range, bucketCounts: [1, 2], explicitBounds: [1.5], exemplars: [exemplar] }],
      },
      {
        ...identity,
        type: 'exponentialHistogram',
        temporality: 1,
        points: [
          {
            ...point,
            ...range,
            sum: undefined,
            scale: 4,
            zeroCount: 1,
            zeroThreshold: 0,
            positive: { offset: -3, bucketCounts: [1, 0, 1] },
            negative: { offset: 0, bucketCounts: [] },
            exemplars: [],
          },
        ],
      },
      {
        ...identity,
        type: 'summary',
        points: [{ ...point, count: 3, sum: 6, quantiles: [{ quantile: 0.5, value: 2 }] }],
      },
    ];
    expect(await store.sink.metrics(metrics)).toBeUndefined();
    const select = async (table: string, columns: string): Promise<unknown> =>
      (
        await store.query(
          `SELECT MetricName, MetricUnit, ServiceName, ScopeDroppedAttrCount, ${columns} FROM ${table}`,
        )
      )[0];
    const common = { MetricName: 'm', MetricUnit: 's', ServiceName: 'shop', ScopeDroppedAttrCount: 3 };
    expect(
      await select('otel_metrics_gauge', 'isNaN(Value) AS nan, Exemplars.Value AS ev, Attributes'),
    ).toEqual({
      ...common,
      nan: 1,
      ev: [1.5],
      Attributes: { k: 'v' },
    });
    expect(
      await select('otel_metrics_sum', 'isInfinite(Value) AS inf, AggregationTemporality, IsMonotonic'),
    ).toEqual({
      ...common,
      inf: 1,
      AggregationTemporality: 2,
      IsMonotonic: true,
    });
    expect(
      await select(
        'otel_metrics_histogram',
        'toInt32(Count) AS n, Sum, Min, Max, ExplicitBounds, toString(BucketCounts) AS counts, Exemplars.TraceId AS trace',
      ),
    ).toEqual({
      ...common,
      n: 3,
      Sum: 6.5,
      Min: 1,
      Max: 4,
      ExplicitBounds: [1.5],
      counts: '[1,2]',
      trace: ['a'.repeat(32)],
    });
    expect(
      await select(
        'otel_metrics_exponential_histogram',
        'Sum, Scale, toInt32(ZeroCount) AS zero, PositiveOffset, toString(PositiveBucketCounts) AS counts',
      ),
    ).toEqual({ ...common, Sum: 0, Scale: 4, zero: 1, PositiveOffset: -3, counts: '[1,0,1]' });
    expect(
      await select('otel_metrics_summary', 'ValueAtQuantiles.Quantile AS q, ValueAtQuantiles.Value AS v'),
    ).toEqual({
      ...common,
      q: [0.5],
      v: [2],
    });
  });
});

test('opening the same folder again keeps what is in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-again-'));
  await store.close();
  const first = await openStore({ dataDir: folder });
  await first.sink.spans([span({ name: 'kept' })]);
  await first.close();
  const second = await openStore({ dataDir: folder });
  const rows = await second.query<{ n: number }>(
    "SELECT count() AS n FROM otel_traces WHERE SpanName = 'kept'",
  );
  await second.close();
  expect(Number(rows[0]?.n)).toBe(1);
  store = await openStore({ dataDir });
  rmSync(folder, { recursive: true, force: true });
});

test("the default folder is telltale's in the user's data folder", () => {
  expect(defaultDataDir({ XDG_DATA_HOME: '/data' })).toBe('/data/telltale');
  expect(defaultDataDir({})).toMatch(/\/\.local\/share\/telltale$/);
});
