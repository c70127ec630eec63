import fc from 'fast-check';
import type { JsonForm } from './otlp-encoder.js';

/** Requests in OTLP/JSON form that can be encoded both ways. */
const text = fc.string({ unit: 'binary', maxLength: 12 });
const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'service.name', ''), text);
const uint32 = fc.nat(0xffff_ffff);
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const safeCount = fc.maxSafeNat().map(String);
const number = fc.double().map((value) => (Number.isFinite(value) ? value : String(value)));
const hexOf = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'));
const traceId = hexOf(16);
const spanId = hexOf(8);
/** Of the right length mostly, else of any; all zeroes too. */
const anyTraceId = fc.oneof(
  { weight: 4, arbitrary: traceId },
  { weight: 1, arbitrary: fc.nat(20).chain(hexOf) },
  fc.constant('0'.repeat(32)),
);
const anySpanId = fc.oneof(
  { weight: 4, arbitrary: spanId },
  { weight: 1, arbitrary: fc.nat(12).chain(hexOf) },
  fc.constant('0'.repeat(16)),
);

const { value: anyValue } = fc.letrec<{ value: JsonForm; leaf: JsonForm; entry: JsonForm }>((tie) => ({
  leaf: fc.oneof(
    fc.constant({}),
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64 }),
    fc.record({ doubleValue: number }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }).map((b) => Buffer.from(b).toString('base64')) }),
  ),
  entry: record({ key, value: tie('value') }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record({ arrayValue: record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({ kvlistValue: record({ values: fc.array(tie('entry'), { maxLength: 3 }) }) }),
  ),
}));
const attributes = fc.array(record({ key, value: anyValue }), { maxLength: 4 });

/** Any subset of the fields: in proto3 all are optional. */
function record(model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonForm> {
  return fc.record(model, { requiredKeys: [] });
}

function list(item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> {
  return fc.array(item, { maxLength: 3 });
}

const resource = record({
  attributes,
  droppedAttributesCount: uint32,
  entityRefs: list(record({ type: text, idKeys: list(text) })),
});
const scope = record({ name: text, version: text, attributes, droppedAttributesCount: uint32 });
const event = record({ timeUnixNano: uint64, name: text, attributes, droppedAttributesCount: uint32 });
const link = record({
  traceId: anyTraceId,
  spanId: anySpanId,
  traceState: text,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
});
const span = fc.record(
  {
    traceId: anyTraceId,
    spanId: anySpanId,
    traceState: text,
    parentSpanId: anySpanId,
    name: text,
    kind: fc.nat(6),
    startTimeUnixNano: uint64,
    endTimeUnixNano: uint64,
    attributes,
    droppedAttributesCount: uint32,
    events: list(event),
    droppedEventsCount: uint32,
    links: list(link),
    droppedLinksCount: uint32,
    status: record({ message: text, code: fc.integer({ min: -1, max: 3 }) }),
    flags: uint32,
  },
  { requiredKeys: ['traceId', 'spanId'] },
);
const logRecord = record({
  timeUnixNano: uint64,
  observedTimeUnixNano: uint64,
  severityNumber: fc.nat(25),
  severityText: text,
  body: anyValue,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId: anyTraceId,
  spanId: anySpanId,
  eventName: text,
});
const oneValue = fc.oneof(fc.record({ asDouble: number }), fc.record({ asInt: int64 }), fc.constant({}));
const exemplar = fc
  .tuple(
    record({ timeUnixNano: uint64, spanId: anySpanId, traceId: anyTraceId, filteredAttributes: attributes }),
    oneValue,
  )
  .map(([rest, value]) => ({ ...rest, ...value }));
const base = { attributes, startTimeUnixNano: uint64, timeUnixNano: uint64, flags: uint32 };
const numberPoint = fc
  .tuple(record({ ...base, exemplars: list(exemplar) }), oneValue)
  .map(([rest, value]) => ({ ...rest, ...value }));
const count = fc.oneof({ weight: 9, arbitrary: safeCount }, { weight: 1, arbitrary: uint64 });
const totals = { count, sum: number, min: number, max: number, exemplars: list(exemplar) };
const bounds = fc.uniqueArray(fc.double({ noNaN: true }), { maxLength: 4, comparator: (a, b) => a === b });
const histogramPoint = fc
  .tuple(
    record({ ...base, ...totals }),
    bounds,
    fc.array(count, { minLength: 5, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([rest, unsorted, counts, fits]) => {
    const explicitBounds = unsorted.toSorted((a, b) => a - b);
    const bucketCounts = counts.slice(0, fits ? explicitBounds.length + 1 : 3);
    return {
      ...rest,
      explicitBounds: explicitBounds.map((b) => (Number.isFinite(b) ? b : String(b))),
      bucketCounts,
    };
  });
const buckets = record({
  offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  bucketCounts: list(count),
});
const exponentialPoint = record({
  ...base,
  ...totals,
  scale: fc.integer({ min: -10, max: 20 }),
  zeroCount: count,
  zeroThreshold: number,
  positive: buckets,
  negative: buckets,
});
const summaryPoint = record({
  ...base,
  count,
  sum: number,
  quantileValues: list(record({ quantile: number, value: number })),
});
const aggregationTemporality = fc.integer({ min: 0, max: 3 });
const metricData = fc.oneof(
  fc.record({ gauge: record({ dataPoints: list(numberPoint) }) }),
  fc.record({
    sum: record({ dataPoints: list(numberPoint), aggregationTemporality, isMonotonic: fc.boolean() }),
  }),
  fc.record({ histogram: record({ dataPoints: list(histogramPoint), aggregationTemporality }) }),
  fc.record({ exponentialHistogram: record({ dataPoints: list(exponentialPoint), aggregationTemporality }) }),
  fc.record({ summary: record({ dataPoints: list(summaryPoint) }) }),
  fc.constant({}),
);
const metric = fc
  .tuple(record({ name: text, description: text, unit: text, metadata: attributes }), metricData)
  .map(([names, data]) => ({ ...names, ...data }));

function envelope(
  names: readonly [string, string, string],
  item: fc.Arbitrary<unknown>,
): fc.Arbitrary<JsonForm> {
  const [resources, scopes, records] = names;
  const scopeGroup = record({ scope, [records]: list(item), schemaUrl: text });
  const resourceGroup = record({ resource, [scopes]: list(scopeGroup), schemaUrl: text });
  return record({ [resources]: fc.array(resourceGroup, { maxLength: 2 }) });
}

export const traceRequests: fc.Arbitrary<JsonForm> = envelope(['resourceSpans', 'scopeSpans', 'spans'], span);
export const logRequests: fc.Arbitrary<JsonForm> = envelope(
  ['resourceLogs', 'scopeLogs', 'logRecords'],
  logRecord,
);
export const metricRequests: fc.Arbitrary<JsonForm> = envelope(
  ['resourceMetrics', 'scopeMetrics', 'metrics'],
  metric,
);
