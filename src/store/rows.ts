import type {
  Exemplar,
  ExponentialHistogramMetric,
  ExponentialHistogramPoint,
  HistogramMetric,
  HistogramPoint,
  LogRecord,
  Metric,
  NumberPoint,
  Span,
  SummaryPoint,
} from '../otlp/model.js';
import type { TextWriter } from '../otlp/text-writer.js';
import {
  array,
  type Column,
  float,
  header,
  map,
  mapValue,
  type Owner,
  type RowText,
  RowWriter,
  type Table,
  time,
  timeValue,
} from './row-text.js';

/** Text of the rows of one request, by table. */
export type RowsByTable = ReadonlyMap<string, readonly RowText[]>;

/**
 * Rows of one request, as bytes of text: what takes more can never be stored, so it must not be sent again.
 * Resource and scope are one message for many records on the wire, and a copy in every row: 2,000 spans with one
 * attribute of 4 MB are 8 GB.
 */
export const MAX_REQUEST_TEXT: number = 256 * 2 ** 20;

const SPAN_KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUS_CODES = ['Unset', 'Ok', 'Error'];

const SERVICE: readonly Column<Owner>[] = [
  ['ServiceName', (text, { resource }) => text.field(resource.attributes['service.name'] ?? '')],
  ['ResourceAttributes', (text, { resource }) => map(text, resource.attributes)],
  ['ScopeName', (text, { scope }) => text.field(scope.name)],
  ['ScopeVersion', (text, { scope }) => text.field(scope.version)],
];

const SCHEMAS: readonly Column<Owner>[] = [
  ['ResourceSchemaUrl', (text, { resource }) => text.field(resource.schemaUrl)],
  ['ScopeSchemaUrl', (text, { scope }) => text.field(scope.schemaUrl)],
  ['ScopeAttributes', (text, { scope }) => map(text, scope.attributes)],
];

const TRACES: Table<Span, Span> = {
  name: 'otel_traces',
  owner: SERVICE,
  group: [],
  row: [
    ['Timestamp', (text, span) => time(text, span.startTimeUnixNano)],
    ['TraceId', (text, span) => text.field(span.traceId)],
    ['SpanId', (text, span) => text.field(span.spanId)],
    ['ParentSpanId', (text, span) => text.field(span.parentSpanId)],
    ['TraceState', (text, span) => text.field(span.traceState)],
    ['SpanName', (text, span) => text.field(span.name)],
    ['SpanKind', (text, span) => text.field(SPAN_KINDS[span.kind] ?? 'Unspecified')],
    ['SpanAttributes', (text, span) => map(text, span.attributes)],
    ['Duration', (text, span) => duration(text, span)],
    ['StatusCode', (text, span) => text.field(STATUS_CODES[span.statusCode] ?? 'Unset')],
    ['StatusMessage', (text, span) => text.field(span.statusMessage)],
    [
      'Events.Timestamp',
      (text, { events }) => array(text, events, (t, event) => timeValue(t, event.timeUnixNano)),
    ],
    ['Events.Name', (text, { events }) => array(text, events, (t, event) => t.value(event.name))],
    [
      'Events.Attributes',
      (text, { events }) => array(text, events, (t, event) => mapValue(t, event.attributes)),
    ],
    ['Links.TraceId', (text, { links }) => array(text, links, (t, link) => t.value(link.traceId))],
    ['Links.SpanId', (text, { links }) => array(text, links, (t, link) => t.value(link.spanId))],
    ['Links.TraceState', (text, { links }) => array(text, links, (t, link) => t.value(link.traceState))],
    ['Links.Attributes', (text, { links }) => array(text, links, (t, link) => mapValue(t, link.attributes))],
  ],
};

function duration(text: TextWriter, span: Span): void {
  const nanos = span.endTimeUnixNano - span.startTimeUnixNano;
  text.ascii(nanos < 0n ? '0' : nanos.toString());
}

const LOGS: Table<LogRecord, LogRecord> = {
  name: 'otel_logs',
  owner: [...SERVICE, ...SCHEMAS],
  group: [],
  row: [
    [
      'Timestamp',
      (text, log) => time(text, log.timeUnixNano > 0n ? log.timeUnixNano : log.observedTimeUnixNano),
    ],
    ['TraceId', (text, log) => text.field(log.traceId)],
    ['SpanId', (text, log) => text.field(log.spanId)],
    ['TraceFlags', (text, log) => text.integer(log.flags & 0xff)],
    ['SeverityText', (text, log) => text.field(log.severityText)],
    ['SeverityNumber', (text, log) => text.integer(log.severityNumber & 0xff)],
    ['Body', (text, log) => text.field(log.body)],
    ['LogAttributes', (text, log) => map(text, log.attributes)],
    ['EventName', (text, log) => text.field(log.eventName)],
  ],
};

const METRIC_OWNER: readonly Column<Owner>[] = [
  ...SERVICE,
  ...SCHEMAS,
  ['ScopeDroppedAttrCount', (text, { scope }) => text.integer(scope.droppedAttributesCount)],
];

const METRIC: readonly Column<Metric>[] = [
  ['MetricName', (text, metric) => text.field(metric.name)],
  ['MetricDescription', (text, metric) => text.field(metric.description)],
  ['MetricUnit', (text, metric) => text.field(metric.unit)],
];

type OfType<Type extends Metric['type']> = Extract<Metric, { readonly type: Type }>;

const TEMPORALITY: readonly Column<OfType<'sum'> | HistogramMetric | ExponentialHistogramMetric>[] = [
  ['AggregationTemporality', (text, metric) => text.integer(metric.temporality)],
];

const POINT: readonly Column<NumberPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint>[] = [
  ['Attributes', (text, point) => map(text, point.attributes)],
  ['StartTimeUnix', (text, point) => time(text, point.startTimeUnixNano)],
  ['TimeUnix', (text, point) => time(text, point.timeUnixNano)],
  ['Flags', (text, point) => text.integer(point.flags)],
];

const EXEMPLARS: readonly Column<{ readonly exemplars: readonly Exemplar[] }>[] = [
  [
    'Exemplars.FilteredAttributes',
    (text, { exemplars }) => array(text, exemplars, (t, e) => mapValue(t, e.attributes)),
  ],
  [
    'Exemplars.TimeUnix',
    (text, { exemplars }) => array(text, exemplars, (t, e) => timeValue(t, e.timeUnixNano)),
  ],
  ['Exemplars.Value', (text, { exemplars }) => array(text, exemplars, (t, e) => float(t, e.value))],
  ['Exemplars.SpanId', (text, { exemplars }) => array(text, exemplars, (t, e) => t.value(e.spanId))],
  ['Exemplars.TraceId', (text, { exemplars }) => array(text, exemplars, (t, e) => t.value(e.traceId))],
];

const NUMBER: readonly Column<NumberPoint>[] = [
  ...POINT,
  ['Value', (text, point) => float(text, point.value)],
  ...EXEMPLARS,
];

const DISTRIBUTION: readonly Column<HistogramPoint | ExponentialHistogramPoint>[] = [
  ...POINT,
  ['Count', (text, point) => text.integer(point.count)],
  ['Sum', (text, point) => float(text, point.sum)],
  ['Min', (text, point) => float(text, point.min)],
  ['Max', (text, point) => float(text, point.max)],
  ...EXEMPLARS,
];

const integers = (text: TextWriter, numbers: readonly number[]): void =>
  array(text, numbers, (t, number) => t.integer(number));

/** By the type of the metric. */
const METRICS: { readonly [Type in Metric['type']]: Table<OfType<Type>, OfType<Type>['points'][number]> } = {
  gauge: { name: 'otel_metrics_gauge', owner: METRIC_OWNER, group: METRIC, row: NUMBER },
  sum: {
    name: 'otel_metrics_sum',
    owner: METRIC_OWNER,
    group: [
      ...METRIC,
      ...TEMPORALITY,
      ['IsMonotonic', (text, metric) => text.ascii(String(metric.isMonotonic))],
    ],
    row: NUMBER,
  },
  histogram: {
    name: 'otel_metrics_histogram',
    owner: METRIC_OWNER,
    group: [...METRIC, ...TEMPORALITY],
    row: [
      ...DISTRIBUTION,
      ['BucketCounts', (text, point) => integers(text, point.bucketCounts)],
      ['ExplicitBounds', (text, point) => array(text, point.explicitBounds, float)],
    ],
  },
  exponentialHistogram: {
    name: 'otel_metrics_exponential_histogram',
    owner: METRIC_OWNER,
    group: [...METRIC, ...TEMPORALITY],
    row: [
      ...DISTRIBUTION,
      ['Scale', (text, point) => text.integer(point.scale)],
      ['ZeroCount', (text, point) => text.integer(point.zeroCount)],
      ['PositiveOffset', (text, point) => text.integer(point.positive.offset)],
      ['PositiveBucketCounts', (text, point) => integers(text, point.positive.bucketCounts)],
      ['NegativeOffset', (text, point) => text.integer(point.negative.offset)],
      ['NegativeBucketCounts', (text, point) => integers(text, point.negative.bucketCounts)],
    ],
  },
  summary: {
    name: 'otel_metrics_summary',
    owner: METRIC_OWNER,
    group: METRIC,
    row: [
      ...POINT,
      ['Count', (text, point) => text.integer(point.count)],
      ['Sum', (text, point) => float(text, point.sum)],
      [
        'ValueAtQuantiles.Quantile',
        (text, { quantiles }) => array(text, quantiles, (t, q) => float(t, q.quantile)),
      ],
      [
        'ValueAtQuantiles.Value',
        (text, { quantiles }) => array(text, quantiles, (t, q) => float(t, q.value)),
      ],
    ],
  },
};

/** The first line of an insert into a table. */
export const HEADERS: ReadonlyMap<string, Buffer> = new Map(
  [TRACES, LOGS, ...Object.values(METRICS)].map((table) => [table.name, header(table)]),
);

/** Rows for `otel_traces`; undefined where they take more than {@link MAX_REQUEST_TEXT}. */
export function spanRows(spans: readonly Span[]): RowsByTable | undefined {
  return recordRows(TRACES, spans);
}

/** Rows for `otel_logs`; undefined as for {@link spanRows}. */
export function logRows(records: readonly LogRecord[]): RowsByTable | undefined {
  return recordRows(LOGS, records);
}

function recordRows<Record extends Owner>(
  table: Table<Record, Record>,
  records: readonly Record[],
): RowsByTable | undefined {
  const writer = writerOf(table);
  writer.discard();
  for (const record of records) {
    writer.add(record, record);
    if (writer.bytes <= MAX_REQUEST_TEXT) continue;
    writer.discard();
    return undefined;
  }
  return new Map([[table.name, writer.finish()]]);
}

/** Rows for the five `otel_metrics_*` tables; tables without rows are left out. Undefined as for {@link spanRows}. */
export function metricRows(metrics: readonly Metric[]): RowsByTable | undefined {
  const used = new Map<string, RowWriter<Metric, Metric['points'][number]>>();
  let bytes = 0;
  for (const metric of metrics) {
    const table = METRICS[metric.type] as unknown as Table<Metric, Metric['points'][number]>;
    const writer = writerOf(table);
    if (!used.has(table.name)) writer.discard();
    used.set(table.name, writer);
    const others = bytes - writer.bytes;
    for (const point of metric.points) {
      writer.add(metric, point);
      if (others + writer.bytes <= MAX_REQUEST_TEXT) continue;
      for (const one of used.values()) one.discard();
      return undefined;
    }
    bytes = others + writer.bytes;
  }
  return new Map([...used].map(([name, writer]) => [name, writer.finish()]));
}

/** One writer a table for all requests: rows are written to their end before the next request's begin. */
const writers = new Map<string, unknown>();

function writerOf<Group extends Owner, From>(table: Table<Group, From>): RowWriter<Group, From> {
  const known = writers.get(table.name) as RowWriter<Group, From> | undefined;
  if (known !== undefined) return known;
  const writer = new RowWriter(table);
  writers.set(table.name, writer);
  return writer;
}
