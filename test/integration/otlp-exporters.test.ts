import {
  type AnyValue,
  createTraceState,
  type HrTime,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startReceiver, type TestReceiver } from '../support/otlp-receiver.js';

const resource = resourceFromAttributes({
  'service.name': 'shop',
  'service.version': '1.2.3',
  shards: [1, 2],
});
const RESOURCE = {
  attributes: { 'service.name': 'shop', 'service.version': '1.2.3', shards: '[1,2]' },
  schemaUrl: '',
  droppedAttributesCount: 0,
};
const SCOPE = {
  name: 'checkout',
  version: '0.9',
  attributes: {},
  schemaUrl: 'https://schema.example/1',
  droppedAttributesCount: 0,
};

const ATTRIBUTES = {
  string: 'né 😀 "quoted" <&>',
  empty: '',
  int: -42,
  safe: Number.MAX_SAFE_INTEGER,
  double: 0.1,
  tiny: 1e-7,
  yes: true,
  no: false,
  strings: ['a', '😀'],
  numbers: [1, 2.5],
  bools: [true, false],
  nothing: [],
  bytes: new Uint8Array([251, 255]),
  nested: { b: [1, { c: 'd' }], a: null, __: {} } as AnyValue,
};
const TEXTS = {
  string: 'né 😀 "quoted" <&>',
  empty: '',
  int: '-42',
  safe: '9007199254740991',
  double: '0.1',
  tiny: '1e-7',
  yes: 'true',
  no: 'false',
  strings: '["a","😀"]',
  numbers: '[1,2.5]',
  bools: '[true,false]',
  nothing: '[]',
  bytes: '+/8=',
  nested: '{"__":{},"a":null,"b":[1,{"c":"d"}]}',
};
/** What JavaScript's own JSON cannot carry; the protobuf exporter can. */
const HARD = { huge: 2 ** 60, beyond: 1e21, nan: Number.NaN, infinity: Number.NEGATIVE_INFINITY };
const HARD_TEXTS = {
  protobuf: { huge: '1152921504606846976', beyond: '1e+21', nan: 'NaN', infinity: '-Infinity' },
  json: { huge: '1152921504606847000', beyond: '1e+21', nan: '', infinity: '' },
};

const EXPORTERS = {
  protobuf: { Trace: ProtobufTraceExporter, Log: ProtobufLogExporter, Metric: ProtobufMetricExporter },
  json: { Trace: JsonTraceExporter, Log: JsonLogExporter, Metric: JsonMetricExporter },
} as const;

interface Exporter<Item> {
  export(items: Item, done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

/** Sends through the real exporter; fails where the exporter was told of a failure. */
async function deliver<Item>(exporter: Exporter<Item>, items: Item): Promise<void> {
  const result = await new Promise<{ code: number; error?: Error }>((done) => exporter.export(items, done));
  await exporter.shutdown();
  expect(result).toMatchObject({ code: 0 });
}

const nanos = ([seconds, rest]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(rest);

function finishedSpans(): ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
  });
  const tracer = provider.getTracer(SCOPE.name, SCOPE.version, { schemaUrl: SCOPE.schemaUrl });
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    traceState: createTraceState('vendor=1,other=2'),
  };
  const parent = trace.setSpanContext(ROOT_CONTEXT, remote);
  const server = tracer.startSpan(
    'GET /cart',
    { kind: SpanKind.SERVER, attributes: { ...ATTRIBUTES, ...HARD } },
    parent,
  );
  const child = tracer.startSpan(
    'SELECT',
    { kind: SpanKind.CLIENT, links: [{ context: remote, attributes: { why: 'retry' } }] },
    trace.setSpan(ROOT_CONTEXT, server),
  );
  child.end();
  server.addEvent('feature_flag', { variant: 'on', tries: 2 }, [1_700_000_000, 123_456_789]);
  server.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' });
  server.end();
  return memory.getFinishedSpans();
}

describe.each([
  ['protobuf', 'none'],
  ['protobuf', 'gzip'],
  ['json', 'none'],
  ['json', 'gzip'],
] as const)('SDK 3 exporters, %s, compression %s', (encoding, compression) => {
  let receiver: TestReceiver;
  const encodings = new Set<string | undefined>();
  beforeAll(async () => {
    receiver = await startReceiver();
    receiver.server.on('request', (request) => encodings.add(request.headers['content-encoding']));
  });
  beforeEach(() => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    expect([...encodings]).toEqual([compression === 'gzip' ? 'gzip' : undefined]);
    expect(receiver.errors).toEqual([]);
  });
  afterAll(() => receiver.close());

  it('spans arrive as they were sent', async () => {
    const sent = finishedSpans();
    await deliver<ReadableSpan[]>(new EXPORTERS[encoding].Trace({ url: `${receiver.url}/v1/traces` }), sent);
    const [child, server] = receiver.spans;
    const [sentChild, sentServer] = sent;
    const times = (span: ReadableSpan | undefined) => ({
      startTimeUnixNano: nanos(span?.startTime ?? [0, 0]),
      endTimeUnixNano: nanos(span?.endTime ?? [0, 0]),
    });
    expect(server).toEqual({
      resource: RESOURCE,
      scope: SCOPE,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: sentServer?.spanContext().spanId,
      parentSpanId: 'b7ad6b7169203331',
      traceState: 'vendor=1,other=2',
      name: 'GET /cart',
      kind: 2,
      ...times(sentServer),
      attributes: { ...TEXTS, ...HARD_TEXTS[encoding] },
      statusCode: 2,
      statusMessage: 'out of stock',
      events: [
        {
          timeUnixNano: 1_700_000_000_123_456_789n,
          name: 'feature_flag',
          attributes: { variant: 'on', tries: '2' },
        },
      ],
      links: [],
      flags: 0x301,
    });
    expect(child).toEqual({
      resource: RESOURCE,
      scope: SCOPE,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: sentChild?.spanContext().spanId,
      parentSpanId: server?.spanId,
      traceState: 'vendor=1,other=2',
      name: 'SELECT',
      kind: 3,
      ...times(sentChild),
      attributes: {},
      statusCode: 0,
      statusMessage: '',
      events: [],
      links: [
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: 'b7ad6b7169203331',
          traceState: 'vendor=1,other=2',
          attributes: { why: 'retry' },
        },
      ],
      flags: 0x101,
    });
    expect(server?.startTimeUnixNano).toBeGreaterThan(1_700_000_000_000_000_000n);
    expect(server?.resource).toBe(child?.resource);
  });

  it('log records arrive as they were sent', async () => {
    const memory = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({
      resource,
      processors: [new SimpleLogRecordProcessor({ exporter: memory })],
    });
    const logger = provider.getLogger(SCOPE.name, SCOPE.version, { schemaUrl: SCOPE.schemaUrl });
    const spanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    };
    const body: AnyValue = JSON.parse('{"__proto__":"own","flag":"new-checkout"}');
    logger.emit({
      timestamp: [1_700_000_000, 1],
      observedTimestamp: [1_700_000_000, 2],
      severityNumber: 9,
      severityText: 'INFO',
      eventName: 'feature_flag.evaluation',
      body,
      attributes: { ...ATTRIBUTES, ...HARD },
      context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
    });
    logger.emit({ body: 'outside any trace' });
    const sent = memory.getFinishedLogRecords();
    await deliver<ReadableLogRecord[]>(new EXPORTERS[encoding].Log({ url: `${receiver.url}/v1/logs` }), sent);
    expect(receiver.logs[0]).toEqual({
      resource: RESOURCE,
      scope: SCOPE,
      timeUnixNano: 1_700_000_000_000_000_001n,
      observedTimeUnixNano: 1_700_000_000_000_000_002n,
      traceId: spanContext.traceId,
      spanId: spanContext.spanId,
      flags: 1,
      severityNumber: 9,
      severityText: 'INFO',
      body: '{"__proto__":"own","flag":"new-checkout"}',
      eventName: 'feature_flag.evaluation',
      attributes: { ...TEXTS, ...HARD_TEXTS[encoding] },
    });
    expect(receiver.logs[1]).toMatchObject({
      traceId: '',
      spanId: '',
      body: 'outside any trace',
      severityNumber: 0,
    });
  });

  it.each(['DELTA', 'CUMULATIVE'] as const)('metrics arrive as they were sent, %s', async (temporality) => {
    receiver.metrics.length = 0;
    const sent = await collect(AggregationTemporality[temporality]);
    await deliver<ResourceMetrics>(
      new EXPORTERS[encoding].Metric({ url: `${receiver.url}/v1/metrics` }),
      sent,
    );
    const expected = sent.scopeMetrics.flatMap((group) => group.metrics.map((metric) => modelOf(metric)));
    expect(receiver.metrics).toEqual(expected);
    const byName = new Map(receiver.metrics.map((metric) => [metric.name, metric]));
    expect(byName.get('latency')).toMatchObject({
      type: 'exponentialHistogram',
      temporality: temporality === 'DELTA' ? 1 : 2,
      points: [{ count: 4, zeroCount: 1, min: 0, max: 3, attributes: { route: '/cart' } }],
    });
    const [point] = byName.get('latency')?.points ?? [];
    expect(point !== undefined && 'positive' in point ? point.positive.offset : 0).toBeLessThan(0);
    expect(byName.get('requests')).toMatchObject({ type: 'sum', isMonotonic: true, points: [{ value: 7 }] });
    expect(byName.get('load')).toMatchObject({ type: 'gauge', points: [{ value: -0.25 }] });
    expect(byName.get('size')).toMatchObject({
      type: 'histogram',
      points: [
        { bucketCounts: [1, 1, 1], explicitBounds: [10, 100], count: 3, sum: 1055, min: 5, max: 1000 },
      ],
    });
  });
});

async function collect(temporality: AggregationTemporality): Promise<ResourceMetrics> {
  const memory = new InMemoryMetricExporter(temporality);
  const reader = new PeriodicExportingMetricReader({ exporter: memory });
  const provider = new MeterProvider({
    resource,
    readers: [reader],
    views: [
      { instrumentName: 'latency', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
      {
        instrumentName: 'size',
        aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [10, 100] } },
      },
    ],
  });
  const meter = provider.getMeter(SCOPE.name, SCOPE.version, { schemaUrl: SCOPE.schemaUrl });
  meter
    .createCounter('requests', { unit: '{request}', description: 'all of them', valueType: 0 })
    .add(7, { ok: true });
  meter.createUpDownCounter('in.flight').add(-2.5);
  meter.createGauge('load').record(-0.25);
  const latency = meter.createHistogram('latency', { unit: 's' });
  for (const seconds of [0, 0.001, 0.002, 3]) latency.record(seconds, { route: '/cart' });
  const size = meter.createHistogram('size', { unit: 'By' });
  for (const bytes of [5, 50, 1000]) size.record(bytes);
  await reader.forceFlush();
  const [collected] = memory.getMetrics();
  await provider.shutdown();
  if (collected === undefined) throw new Error('nothing was collected');
  return collected;
}

/** The SDK's own data in the words of the model: the oracle. */
function modelOf(metric: MetricData): unknown {
  const { name, description, unit } = metric.descriptor;
  const names = { resource: RESOURCE, scope: SCOPE, name, description, unit };
  const temporality = metric.aggregationTemporality === AggregationTemporality.DELTA ? 1 : 2;
  const base = (point: { startTime: HrTime; endTime: HrTime; attributes: object }) => ({
    attributes: Object.fromEntries(
      Object.entries(point.attributes).map(([key, value]) => [key, String(value)]),
    ),
    startTimeUnixNano: nanos(point.startTime),
    timeUnixNano: nanos(point.endTime),
    flags: 0,
    exemplars: [],
  });
  switch (metric.dataPointType) {
    case DataPointType.GAUGE:
      return {
        ...names,
        type: 'gauge',
        points: metric.dataPoints.map((p) => ({ ...base(p), value: p.value })),
      };
    case DataPointType.SUM: {
      const points = metric.dataPoints.map((p) => ({ ...base(p), value: p.value }));
      return { ...names, type: 'sum', temporality, isMonotonic: metric.isMonotonic, points };
    }
    case DataPointType.HISTOGRAM: {
      const points = metric.dataPoints.map((p) => {
        const { buckets, count, sum, min, max } = p.value;
        return {
          ...base(p),
          count,
          sum,
          min,
          max,
          bucketCounts: buckets.counts,
          explicitBounds: buckets.boundaries,
        };
      });
      return { ...names, type: 'histogram', temporality, points };
    }
    case DataPointType.EXPONENTIAL_HISTOGRAM: {
      const points = metric.dataPoints.map((p) => ({ ...base(p), zeroThreshold: 0, ...p.value }));
      return { ...names, type: 'exponentialHistogram', temporality, points };
    }
  }
}
