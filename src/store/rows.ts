import type { Attributes, Exemplar, LogRecord, Metric, Scope, Span } from '../otlp/model.js';

/** A row as ClickHouse's JSONEachRow reads it: one property a column. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows by table, for one request. */
export type RowsByTable = Readonly<Record<string, readonly Row[]>>;

/** DateTime64(9) counts nanoseconds in an Int64: the last moment it can hold (the year 2262). */
const MAX_TIME_UNIX_NANO = 9_223_372_036_854_775_807n;

const SPAN_KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUS_CODES = ['Unset', 'Ok', 'Error'];

/**
 * Seconds with nine decimals, as DateTime64(9) reads them whatever the server's time zone. Ten digits before
 * the point, because ClickHouse takes a shorter number for a date ("0" is refused).
 */
export function dateTime64(timeUnixNano: bigint): string {
  const nanos =
    timeUnixNano > MAX_TIME_UNIX_NANO ? MAX_TIME_UNIX_NANO : timeUnixNano < 0n ? 0n : timeUnixNano;
  const digits = nanos.toString().padStart(19, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** JSON has no NaN and no infinities; ClickHouse reads their names. */
function float(value: number | undefined): number | string {
  if (value === undefined) return 0;
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

function serviceName(attributes: Attributes): string {
  return attributes['service.name'] ?? '';
}

/** Rows for `otel_traces`. */
export function spanRows(spans: readonly Span[]): RowsByTable {
  return { otel_traces: spans.map(spanRow) };
}

function spanRow(span: Span): Row {
  const duration = span.endTimeUnixNano - span.startTimeUnixNano;
  return {
    Timestamp: dateTime64(span.startTimeUnixNano),
    TraceId: span.traceId,
    SpanId: span.spanId,
    ParentSpanId: span.parentSpanId,
    TraceState: span.traceState,
    SpanName: span.name,
    SpanKind: SPAN_KINDS[span.kind] ?? 'Unspecified',
    ServiceName: serviceName(span.resource.attributes),
    ResourceAttributes: span.resource.attributes,
    ScopeName: span.scope.name,
    ScopeVersion: span.scope.version,
    SpanAttributes: span.attributes,
    Duration: (duration < 0n ? 0n : duration).toString(),
    StatusCode: STATUS_CODES[span.statusCode] ?? 'Unset',
    StatusMessage: span.statusMessage,
    'Events.Timestamp': span.events.map((event) => dateTime64(event.timeUnixNano)),
    'Events.Name': span.events.map((event) => event.name),
    'Events.Attributes': span.events.map((event) => event.attributes),
    'Links.TraceId': span.links.map((link) => link.traceId),
    'Links.SpanId': span.links.map((link) => link.spanId),
    'Links.TraceState': span.links.map((link) => link.traceState),
    'Links.Attributes': span.links.map((link) => link.attributes),
  };
}

/** Rows for `otel_logs`. */
export function logRows(records: readonly LogRecord[]): RowsByTable {
  return { otel_logs: records.map(logRow) };
}

function logRow(record: LogRecord): Row {
  return {
    Timestamp: dateTime64(record.timeUnixNano > 0n ? record.timeUnixNano : record.observedTimeUnixNano),
    TraceId: record.traceId,
    SpanId: record.spanId,
    TraceFlags: record.flags & 0xff,
    SeverityText: record.severityText,
    SeverityNumber: record.severityNumber & 0xff,
    ServiceName: serviceName(record.resource.attributes),
    Body: record.body,
    ResourceSchemaUrl: record.resource.schemaUrl,
    ResourceAttributes: record.resource.attributes,
    ScopeSchemaUrl: record.scope.schemaUrl,
    ScopeName: record.scope.name,
    ScopeVersion: record.scope.version,
    ScopeAttributes: record.scope.attributes,
    LogAttributes: record.attributes,
    EventName: record.eventName,
  };
}

/** Rows for the five `otel_metrics_*` tables; tables without rows are left out. */
export function metricRows(metrics: readonly Metric[]): RowsByTable {
  const tables: Record<string, Row[]> = {};
  for (const metric of metrics) {
    const [table, rows] = pointRows(metric);
    if (rows.length === 0) continue;
    const existing = tables[table];
    if (existing === undefined) tables[table] = rows;
    else for (const row of rows) existing.push(row);
  }
  return tables;
}

function pointRows(metric: Metric): [table: string, rows: Row[]] {
  const common = metricColumns(metric);
  switch (metric.type) {
    case 'gauge':
      return [
        'otel_metrics_gauge',
        metric.points.map((p) => ({
          ...common,
          ...timed(p),
          ...exemplars(p.exemplars),
          Value: float(p.value),
        })),
      ];
    case 'sum':
      return [
        'otel_metrics_sum',
        metric.points.map((p) => ({
          ...common,
          ...timed(p),
          ...exemplars(p.exemplars),
          Value: float(p.value),
          AggregationTemporality: metric.temporality,
          IsMonotonic: metric.isMonotonic,
        })),
      ];
    case 'histogram':
      return [
        'otel_metrics_histogram',
        metric.points.map((p) => ({
          ...common,
          ...distribution(p),
          AggregationTemporality: metric.temporality,
          BucketCounts: p.bucketCounts,
          ExplicitBounds: p.explicitBounds.map(float),
        })),
      ];
    case 'exponentialHistogram':
      return [
        'otel_metrics_exponential_histogram',
        metric.points.map((p) => ({
          ...common,
          ...distribution(p),
          AggregationTemporality: metric.temporality,
          Scale: p.scale,
          ZeroCount: p.zeroCount,
          PositiveOffset: p.positive.offset,
          PositiveBucketCounts: p.positive.bucketCounts,
          NegativeOffset: p.negative.offset,
          NegativeBucketCounts: p.negative.bucketCounts,
        })),
      ];
    case 'summary':
      return [
        'otel_metrics_summary',
        metric.points.map((p) => ({
          ...common,
          ...timed(p),
          Count: p.count,
          Sum: float(p.sum),
          'ValueAtQuantiles.Quantile': p.quantiles.map((q) => float(q.quantile)),
          'ValueAtQuantiles.Value': p.quantiles.map((q) => float(q.value)),
        })),
      ];
  }
}

function metricColumns(metric: Metric): Row {
  const scope: Scope = metric.scope;
  return {
    ResourceAttributes: metric.resource.attributes,
    ResourceSchemaUrl: metric.resource.schemaUrl,
    ScopeName: scope.name,
    ScopeVersion: scope.version,
    ScopeAttributes: scope.attributes,
    ScopeDroppedAttrCount: scope.droppedAttributesCount,
    ScopeSchemaUrl: scope.schemaUrl,
    ServiceName: serviceName(metric.resource.attributes),
    MetricName: metric.name,
    MetricDescription: metric.description,
    MetricUnit: metric.unit,
  };
}

interface TimedPoint {
  readonly attributes: Attributes;
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  readonly flags: number;
}

function timed(point: TimedPoint): Row {
  return {
    Attributes: point.attributes,
    StartTimeUnix: dateTime64(point.startTimeUnixNano),
    TimeUnix: dateTime64(point.timeUnixNano),
    Flags: point.flags,
  };
}

interface DistributionPoint extends TimedPoint {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly exemplars: readonly Exemplar[];
}

function distribution(point: DistributionPoint): Row {
  return {
    ...timed(point),
    ...exemplars(point.exemplars),
    Count: point.count,
    Sum: float(point.sum),
    Min: float(point.min),
    Max: float(point.max),
  };
}

function exemplars(list: readonly Exemplar[]): Row {
  if (list.length === 0) return {};
  return {
    'Exemplars.FilteredAttributes': list.map((e) => e.attributes),
    'Exemplars.TimeUnix': list.map((e) => dateTime64(e.timeUnixNano)),
    'Exemplars.Value': list.map((e) => float(e.value)),
    'Exemplars.SpanId': list.map((e) => e.spanId),
    'Exemplars.TraceId': list.map((e) => e.traceId),
  };
}
