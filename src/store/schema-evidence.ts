import type { SchemaPart, Table, View } from './schema.js';
import { FLAG_METRICS } from './schema-flag-points.js';
import { SERVICE } from './schema-flags.js';
import { firstOf, PREFIX, STATUS } from './schema-fragments.js';

/**
 * What operations are counted from where there is no `telltale.operation.duration`: metrics of others, and
 * `telltale_entry_spans`, one row for each entry span, with `telltale_flag_events`, one for each evaluation that a flag
 * SDK's hook wrote within a trace.
 */

/**
 * `time` is the span's end. Spans of one trace come out of order and late, so evaluations are joined to them when
 * they are read, by `trace`. `weight` is how many operations it stands for; 0: not known.
 */
const ENTRY_SPANS: Table = {
  name: 'telltale_entry_spans',
  columns: `
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  route LowCardinality(String),
  outcome LowCardinality(String),
  failed Bool,
  weight Float64,
  flags Map(LowCardinality(String), String),
  trace UInt64,
  span UInt64,
  time DateTime64(9),
  duration UInt64,
  INDEX idx_flags mapKeys(flags) TYPE bloom_filter(0.01) GRANULARITY 1`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy: 'service, time, trace, span',
  shardBy: 'trace',
};

const FLAG_EVENTS: Table = {
  name: 'telltale_flag_events',
  columns: `
  flag LowCardinality(String),
  variant LowCardinality(String),
  assignment LowCardinality(String),
  flag_version LowCardinality(String),
  service LowCardinality(String),
  trace UInt64,
  time DateTime64(9)`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy: 'flag, service, trace, time, variant, assignment, flag_version',
  shardBy: 'trace',
};

/** OpenTelemetry's consistent probability sampling: of 2^56 random numbers, those below the threshold are dropped. */
const THRESHOLD = `extract(extract(TraceState, '(?:^|,)[ \\\\t]*ot=([^,]*)'), '(?:^|;)th:([0-9a-f]{1,14})(?:;|[ \\\\t]*$)')`;

const PROBABILITY = "toFloat64OrZero(SpanAttributes['sampling.probability'])";
const SAMPLE_RATE = "toFloat64OrZero(SpanAttributes['SampleRate'])";

/**
 * How many operations a span stands for: by its threshold, else as Honeycomb's and other samplers write it. More than
 * a threshold can say is none of ours.
 */
const WEIGHT = `multiIf(
    ${THRESHOLD} != '', 72057594037927936. /
      (72057594037927936. - reinterpretAsUInt64(reverse(unhex(rightPad(${THRESHOLD}, 14, '0'))))),
    ${PROBABILITY} BETWEEN exp2(-56) AND 1, 1 / ${PROBABILITY},
    ${SAMPLE_RATE} BETWEEN 1 AND exp2(56), ${SAMPLE_RATE}, 0.)`;

/** A root that calls another service is no operation that is served. */
const ENTRY_SPANS_VIEW: View = {
  name: 'telltale_entry_spans_traces',
  to: ENTRY_SPANS.name,
  columns: `
  ${SERVICE},
  ${firstOf("SpanAttributes['http.route']", 'SpanName')} AS route,
  SpanAttributes['telltale.outcome'] AS outcome,
  StatusCode = 'Error' OR ${STATUS('SpanAttributes')} AS failed,
  ${WEIGHT} AS weight,
  CAST(mapApply((k, v) -> (substring(k, length('${PREFIX}') + 1), v),
    mapFilter((k, v) -> startsWith(k, '${PREFIX}'), SpanAttributes)), 'Map(LowCardinality(String), String)') AS flags,
  cityHash64(TraceId) AS trace,
  cityHash64(SpanId) AS span,
  fromUnixTimestamp64Nano(toInt64(least(toUInt64(toUnixTimestamp64Nano(Timestamp)) + least(Duration, 9223372036854775807), 9223372036854775807)), 'UTC') AS time,
  Duration AS duration`,
  from: 'otel_traces',
  rest: "WHERE SpanKind IN ('Server', 'Consumer') OR (ParentSpanId = '' AND SpanKind IN ('Internal', 'Unspecified'))",
};

/**
 * The variant by its name; of LaunchDarkly's hook the variation's index; else a boolean value is its own name, and
 * any other value none.
 */
export const VARIANT = (map: string): string =>
  firstOf(
    `${map}['feature_flag.result.variant']`,
    `${map}['feature_flag.variant']`,
    `${map}['feature_flag.result.variationIndex']`,
    `if(${map}['feature_flag.result.value'] IN ('true', 'false'), ${map}['feature_flag.result.value'], '')`,
  );

/**
 * What the reason says, as our own hooks read it. LaunchDarkly's fall-through, which a percentage rollout may stand
 * behind, is `default` in the words of the semantic conventions.
 */
export const ASSIGNMENT = (map: string): string => {
  const reason = `lower(${map}['feature_flag.result.reason'])`;
  return `multiIf(${map}['error.type'] != '' OR ${reason} = 'error', 'error',
    ${reason} IN ('override', 'target_match'), 'override',
    ${reason} IN ('static', 'disabled', 'off', 'prerequisite_failed', 'defaultvalue')
      OR (${reason} = 'default' AND ${map}['feature_flag.provider.name'] NOT ILIKE '%launchdarkly%'), 'default',
    'assigned')`;
};

/** @param map where the evaluation's attributes are */
function eventsView(name: string, from: string, map: string, time: string, rest: string): View {
  return {
    name,
    to: FLAG_EVENTS.name,
    columns: `
  ${map}['feature_flag.key'] AS flag,
  ${VARIANT(map)} AS variant,
  ${ASSIGNMENT(map)} AS assignment,
  ${map}['feature_flag.version'] AS flag_version,
  ServiceName AS service,
  cityHash64(TraceId) AS trace,
  ${time} AS time`,
    from,
    rest,
  };
}

const EVALUATED = (map: string): string => `TraceId != '' AND ${map}['feature_flag.key'] != ''`;

const EVENTS_VIEWS: readonly View[] = [
  eventsView(
    'telltale_flag_events_spans',
    'otel_traces',
    'attributes',
    'at',
    `ARRAY JOIN Events.Name AS name, Events.Attributes AS attributes, Events.Timestamp AS at
WHERE name IN ('feature_flag.evaluation', 'feature_flag') AND ${EVALUATED('attributes')}`,
  ),
  eventsView(
    'telltale_flag_events_own_spans',
    'otel_traces',
    'SpanAttributes',
    'Timestamp',
    // OpenFeature's SpanHook makes a span of each.
    `WHERE SpanName = 'feature_flag.evaluation' AND ${EVALUATED('SpanAttributes')}`,
  ),
  eventsView(
    'telltale_flag_events_logs',
    'otel_logs',
    'LogAttributes',
    'Timestamp',
    // Older collectors have no column for the name of an event, and other records may name a flag.
    `WHERE ${EVALUATED('LogAttributes')} AND (${VARIANT('LogAttributes')} != ''
    OR LogAttributes['feature_flag.result.reason'] != '' OR LogAttributes['error.type'] != '')`,
  ),
];

export const EVIDENCE: SchemaPart = {
  tables: [...FLAG_METRICS.tables, ENTRY_SPANS, FLAG_EVENTS],
  views: [...FLAG_METRICS.views, ENTRY_SPANS_VIEW, ...EVENTS_VIEWS],
};
