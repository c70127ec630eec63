/**
 * OTLP's messages, written down from the specification and independent of the decoders: field name in
 * OTLP/JSON -> number and kind. With it one request in JSON form can also be encoded as protobuf.
 */
export type Kind =
  | 'string'
  | 'bytes'
  | 'hex'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | { readonly message: string };

export interface Field {
  readonly number: number;
  readonly kind: Kind;
  readonly repeated?: boolean;
}

export type Schema = Readonly<Record<string, Readonly<Record<string, Field>>>>;

const one = (number: number, kind: Kind): Field => ({ number, kind });
const many = (number: number, kind: Kind): Field => ({ number, kind, repeated: true });
const of = (message: string): Kind => ({ message });

const times = { startTimeUnixNano: one(2, 'fixed64'), timeUnixNano: one(3, 'fixed64') };

export const SCHEMA: Schema = {
  AnyValue: {
    stringValue: one(1, 'string'),
    boolValue: one(2, 'bool'),
    intValue: one(3, 'int64'),
    doubleValue: one(4, 'double'),
    arrayValue: one(5, of('ArrayValue')),
    kvlistValue: one(6, of('KeyValueList')),
    bytesValue: one(7, 'bytes'),
  },
  ArrayValue: { values: many(1, of('AnyValue')) },
  KeyValueList: { values: many(1, of('KeyValue')) },
  KeyValue: { key: one(1, 'string'), value: one(2, of('AnyValue')) },
  EntityRef: {
    schemaUrl: one(1, 'string'),
    type: one(2, 'string'),
    idKeys: many(3, 'string'),
    descriptionKeys: many(4, 'string'),
  },
  Resource: {
    attributes: many(1, of('KeyValue')),
    droppedAttributesCount: one(2, 'uint32'),
    entityRefs: many(3, of('EntityRef')),
  },
  InstrumentationScope: {
    name: one(1, 'string'),
    version: one(2, 'string'),
    attributes: many(3, of('KeyValue')),
    droppedAttributesCount: one(4, 'uint32'),
  },
  ExportTraceServiceRequest: { resourceSpans: many(1, of('ResourceSpans')) },
  ResourceSpans: {
    resource: one(1, of('Resource')),
    scopeSpans: many(2, of('ScopeSpans')),
    schemaUrl: one(3, 'string'),
  },
  ScopeSpans: {
    scope: one(1, of('InstrumentationScope')),
    spans: many(2, of('Span')),
    schemaUrl: one(3, 'string'),
  },
  Span: {
    traceId: one(1, 'hex'),
    spanId: one(2, 'hex'),
    traceState: one(3, 'string'),
    parentSpanId: one(4, 'hex'),
    name: one(5, 'string'),
    kind: one(6, 'int32'),
    startTimeUnixNano: one(7, 'fixed64'),
    endTimeUnixNano: one(8, 'fixed64'),
    attributes: many(9, of('KeyValue')),
    droppedAttributesCount: one(10, 'uint32'),
    events: many(11, of('Event')),
    droppedEventsCount: one(12, 'uint32'),
    links: many(13, of('Link')),
    droppedLinksCount: one(14, 'uint32'),
    status: one(15, of('Status')),
    flags: one(16, 'fixed32'),
  },
  Event: {
    timeUnixNano: one(1, 'fixed64'),
    name: one(2, 'string'),
    attributes: many(3, of('KeyValue')),
    droppedAttributesCount: one(4, 'uint32'),
  },
  Link: {
    traceId: one(1, 'hex'),
    spanId: one(2, 'hex'),
    traceState: one(3, 'string'),
    attributes: many(4, of('KeyValue')),
    droppedAttributesCount: one(5, 'uint32'),
    flags: one(6, 'fixed32'),
  },
  Status: { message: one(2, 'string'), code: one(3, 'int32') },
  ExportLogsServiceRequest: { resourceLogs: many(1, of('ResourceLogs')) },
  ResourceLogs: {
    resource: one(1, of('Resource')),
    scopeLogs: many(2, of('ScopeLogs')),
    schemaUrl: one(3, 'string'),
  },
  ScopeLogs: {
    scope: one(1, of('InstrumentationScope')),
    logRecords: many(2, of('LogRecord')),
    schemaUrl: one(3, 'string'),
  },
  LogRecord: {
    timeUnixNano: one(1, 'fixed64'),
    severityNumber: one(2, 'int32'),
    severityText: one(3, 'string'),
    body: one(5, of('AnyValue')),
    attributes: many(6, of('KeyValue')),
    droppedAttributesCount: one(7, 'uint32'),
    flags: one(8, 'fixed32'),
    traceId: one(9, 'hex'),
    spanId: one(10, 'hex'),
    observedTimeUnixNano: one(11, 'fixed64'),
    eventName: one(12, 'string'),
  },
  ExportMetricsServiceRequest: { resourceMetrics: many(1, of('ResourceMetrics')) },
  ResourceMetrics: {
    resource: one(1, of('Resource')),
    scopeMetrics: many(2, of('ScopeMetrics')),
    schemaUrl: one(3, 'string'),
  },
  ScopeMetrics: {
    scope: one(1, of('InstrumentationScope')),
    metrics: many(2, of('Metric')),
    schemaUrl: one(3, 'string'),
  },
  Metric: {
    name: one(1, 'string'),
    description: one(2, 'string'),
    unit: one(3, 'string'),
    gauge: one(5, of('Gauge')),
    sum: one(7, of('Sum')),
    histogram: one(9, of('Histogram')),
    exponentialHistogram: one(10, of('ExponentialHistogram')),
    summary: one(11, of('Summary')),
    metadata: many(12, of('KeyValue')),
  },
  Gauge: { dataPoints: many(1, of('NumberDataPoint')) },
  Sum: {
    dataPoints: many(1, of('NumberDataPoint')),
    aggregationTemporality: one(2, 'int32'),
    isMonotonic: one(3, 'bool'),
  },
  Histogram: { dataPoints: many(1, of('HistogramDataPoint')), aggregationTemporality: one(2, 'int32') },
  ExponentialHistogram: {
    dataPoints: many(1, of('ExponentialHistogramDataPoint')),
    aggregationTemporality: one(2, 'int32'),
  },
  Summary: { dataPoints: many(1, of('SummaryDataPoint')) },
  NumberDataPoint: {
    ...times,
    asDouble: one(4, 'double'),
    exemplars: many(5, of('Exemplar')),
    asInt: one(6, 'sfixed64'),
    attributes: many(7, of('KeyValue')),
    flags: one(8, 'uint32'),
  },
  HistogramDataPoint: {
    ...times,
    count: one(4, 'fixed64'),
    sum: one(5, 'double'),
    bucketCounts: many(6, 'fixed64'),
    explicitBounds: many(7, 'double'),
    exemplars: many(8, of('Exemplar')),
    attributes: many(9, of('KeyValue')),
    flags: one(10, 'uint32'),
    min: one(11, 'double'),
    max: one(12, 'double'),
  },
  ExponentialHistogramDataPoint: {
    attributes: many(1, of('KeyValue')),
    ...times,
    count: one(4, 'fixed64'),
    sum: one(5, 'double'),
    scale: one(6, 'sint32'),
    zeroCount: one(7, 'fixed64'),
    positive: one(8, of('Buckets')),
    negative: one(9, of('Buckets')),
    flags: one(10, 'uint32'),
    exemplars: many(11, of('Exemplar')),
    min: one(12, 'double'),
    max: one(13, 'double'),
    zeroThreshold: one(14, 'double'),
  },
  Buckets: { offset: one(1, 'sint32'), bucketCounts: many(2, 'uint64') },
  SummaryDataPoint: {
    ...times,
    count: one(4, 'fixed64'),
    sum: one(5, 'double'),
    quantileValues: many(6, of('ValueAtQuantile')),
    attributes: many(7, of('KeyValue')),
    flags: one(8, 'uint32'),
  },
  ValueAtQuantile: { quantile: one(1, 'double'), value: one(2, 'double') },
  Exemplar: {
    timeUnixNano: one(2, 'fixed64'),
    asDouble: one(3, 'double'),
    spanId: one(4, 'hex'),
    traceId: one(5, 'hex'),
    asInt: one(6, 'sfixed64'),
    filteredAttributes: many(7, of('KeyValue')),
  },
};
