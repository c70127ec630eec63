/**
 * Telemetry as the receivers hand it on: decoded once from the wire, checked, and flat enough to become rows.
 *
 * Resources and scopes are one object for all records that arrived under them (compare by reference to
 * avoid serialising them again). Nanoseconds are bigint, never a number: a double loses the last eight bits
 * of today's dates. Trace and span ids are lower-case hex; an id that is absent is the empty string.
 */

/**
 * Attribute values as text, the way the collector's clickhouseexporter stores them (Go's
 * `pcommon.Value.AsString`). The object has no prototype, because a key may be `__proto__`: build rows
 * from it with `Object.entries` or a prototype-less copy. Read only: records without attributes share one
 * frozen object.
 */
export type Attributes = Record<string, string>;

/**
 * Attributes as text already, the way ClickHouse reads a map inside a CSV field: `{'key':'value'}`, escaped as
 * text-writer.ts says. The protobuf decoder copies the attributes of records so from body to row, with no object
 * for each.
 */
export type MapText = Uint8Array;

export interface Resource {
  readonly attributes: Attributes;
  readonly schemaUrl: string;
  readonly droppedAttributesCount: number;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly schemaUrl: string;
  readonly droppedAttributesCount: number;
}

export interface SpanEvent {
  readonly timeUnixNano: bigint;
  readonly name: string;
  readonly attributes: Attributes | MapText;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: Attributes | MapText;
}

export interface Span {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root span. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** OTLP's SpanKind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer; others may come. */
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: Attributes | MapText;
  /** OTLP's StatusCode: 0 unset, 1 ok, 2 error; others may come. */
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** The low 8 bits are the W3C trace flags; 0x100 and 0x200 say whether the parent is remote. */
  readonly flags: number;
}

export interface LogRecord {
  readonly resource: Resource;
  readonly scope: Scope;
  /** 0 where the source did not know it: use the observed time then. */
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  /** Empty for a record outside any trace, as is `spanId`. */
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
  readonly severityNumber: number;
  readonly severityText: string;
  /** As text by the same rules as an attribute value. */
  readonly body: string;
  readonly eventName: string;
  readonly attributes: Attributes | MapText;
}

export interface MetricIdentity {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
}

export interface Exemplar {
  readonly attributes: Attributes | MapText;
  readonly timeUnixNano: bigint;
  readonly value: number;
  /** Empty where the measurement was made outside a span, as is `spanId`. */
  readonly traceId: string;
  readonly spanId: string;
}

interface PointBase {
  readonly attributes: Attributes | MapText;
  /** 0 where the source did not say. */
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  /** Bit 1: no recorded value (a staleness marker); leave such points out of every sum. */
  readonly flags: number;
}

export interface NumberPoint extends PointBase {
  /** A double; integers beyond 2^53 are rounded, as in the exporter's Float64 column. 0 with no recorded value. */
  readonly value: number;
  readonly exemplars: readonly Exemplar[];
}

/**
 * Counts are safe integers: a point with one above 2^53 - 1 is refused. `bucketCounts` is empty, or one
 * longer than `explicitBounds`, which rise strictly.
 */
export interface HistogramPoint extends PointBase {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly Exemplar[];
}

/** Bucket `i` of `bucketCounts` has the index `offset + i`. */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

export interface ExponentialHistogramPoint extends PointBase {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly exemplars: readonly Exemplar[];
}

export interface SummaryQuantile {
  readonly quantile: number;
  readonly value: number;
}

export interface SummaryPoint extends PointBase {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly SummaryQuantile[];
}

/** OTLP's AggregationTemporality: 0 unspecified, 1 delta, 2 cumulative. */
export type Temporality = 0 | 1 | 2;

interface GaugeMetric extends MetricIdentity {
  readonly type: 'gauge';
  readonly points: readonly NumberPoint[];
}

interface SumMetric extends MetricIdentity {
  readonly type: 'sum';
  readonly temporality: Temporality;
  readonly isMonotonic: boolean;
  readonly points: readonly NumberPoint[];
}

export interface HistogramMetric extends MetricIdentity {
  readonly type: 'histogram';
  readonly temporality: Temporality;
  readonly points: readonly HistogramPoint[];
}

export interface ExponentialHistogramMetric extends MetricIdentity {
  readonly type: 'exponentialHistogram';
  readonly temporality: Temporality;
  readonly points: readonly ExponentialHistogramPoint[];
}

interface SummaryMetric extends MetricIdentity {
  readonly type: 'summary';
  readonly points: readonly SummaryPoint[];
}

export type Metric = GaugeMetric | SumMetric | HistogramMetric | ExponentialHistogramMetric | SummaryMetric;

/** What a sink could not accept and will never accept: becomes `partial_success`, which no exporter retries. */
export interface Rejection {
  /** Spans, log records, or for metrics data points (not metrics). */
  readonly count: number;
  /** What was refused, why, and how to mend it. */
  readonly message: string;
}

/**
 * Where the receivers deliver. A promise that resolves is the acknowledgement: the sender forgets the rows
 * then. Any error means "not now", and the sender is asked to try again; what can never be accepted must be
 * returned as a rejection instead. An error whose `code` is `queue-full` means that the sender is too fast, and no
 * fault. Never called with an empty list.
 */
export interface TelemetrySink {
  spans(rows: readonly Span[]): Promise<Rejection | undefined>;
  logs(rows: readonly LogRecord[]): Promise<Rejection | undefined>;
  metrics(rows: readonly Metric[]): Promise<Rejection | undefined>;
}
