import type { SchemaPart, Table, View } from './schema.js';
import { SORTED } from './schema-flags.js';
import { firstOf, POINT_COLUMNS, PREFIX, STATUS } from './schema-fragments.js';

/**
 * `telltale_flag_points`: one row for each data point and flag of metrics of others that are split by
 * `feature_flags.<key>`, for services without `telltale.operation.duration`.
 */

/** Told apart and counted once as in `telltale_points`; durations are in seconds whatever their unit was. */
const FLAG_POINTS: Table = {
  name: 'telltale_flag_points',
  columns: `
  metric LowCardinality(String),
  flag LowCardinality(String),
  variant LowCardinality(String),
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  route LowCardinality(String),
  failed Bool,
  overflow Bool,
  ${POINT_COLUMNS}`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy: 'flag, metric, service, series, start, time',
  shardBy: 'series',
};

/** A collector's connector may leave the resource out, and has the service among its dimensions. */
const DIMENSIONS = `${firstOf('ServiceName', "Attributes['service.name']")} AS service,
  ${firstOf("ResourceAttributes['service.version']", "Attributes['service.version']")} AS service_version,
  ${firstOf(
    "ResourceAttributes['deployment.environment.name']",
    "ResourceAttributes['deployment.environment']",
    "Attributes['deployment.environment.name']",
    "Attributes['deployment.environment']",
  )} AS environment`;

/** A point that a limit folded together has lost its flag, and may be of any. */
const FLAG_KEYS = `ARRAY JOIN if(Attributes['otel.metric.overflow'] = 'true', CAST([''], 'Array(LowCardinality(String))'),
  arrayFilter(name -> startsWith(name, '${PREFIX}'), mapKeys(Attributes))) AS key`;

/** Only of entry spans, as a `span_metrics` connector says it. */
const ENTRY_SPANS = `(Attributes['span.kind'] IN ('SPAN_KIND_SERVER', 'SPAN_KIND_CONSUMER')
    OR Attributes['otel.metric.overflow'] = 'true')`;

/**
 * A connector multiplies each span by its sampling threshold, and says so where it is asked to: these are no
 * operations that were seen, and would count one as many.
 */
const SEEN = `bitAnd(Flags, 1) = 0 AND Attributes['sampling.method'] != 'extrapolated'`;

const DURATIONS = `${SEEN} AND (MetricName = 'http.server.request.duration'
    OR (MetricName = 'traces.span.metrics.duration' AND ${ENTRY_SPANS}))`;

const CALLS = `${SEEN} AND MetricName = 'traces.span.metrics.calls' AND ${ENTRY_SPANS}
    AND Value BETWEEN 0 AND 9007199254740991`;

function pointsView(name: string, from: string, shape: string, where: string): View {
  return {
    name: `telltale_flag_points_${name}`,
    to: FLAG_POINTS.name,
    columns: `
  MetricName AS metric,
  substring(key, length('${PREFIX}') + 1) AS flag,
  Attributes[key] AS variant,
  ${DIMENSIONS},
  ${firstOf("Attributes['http.route']", "Attributes['span.name']")} AS route,
  Attributes['status.code'] = 'STATUS_CODE_ERROR' OR Attributes['otel.status_code'] = 'ERROR'
    OR ${STATUS('Attributes')} AS failed,
  Attributes['otel.metric.overflow'] = 'true' AS overflow,
  cityHash64(MetricName, key, ${SORTED('Attributes')}, ${SORTED('ResourceAttributes')}, ScopeName, ScopeVersion) AS series,
  StartTimeUnix AS start,
  TimeUnix AS time,
  AggregationTemporality AS temporality,
  ${shape}`,
    from,
    rest: `${FLAG_KEYS}\nWHERE ${where}`,
  };
}

const NO_BUCKETS = `0 AS scale,
  0 AS zero_count,
  CAST(map(), 'Map(Int32, UInt64)') AS buckets`;

const EXPLICIT = `Count AS count,
  ${NO_BUCKETS},
  if(MetricUnit = 'ms', arrayMap(bound -> bound / 1000, ExplicitBounds), ExplicitBounds) AS bounds,
  BucketCounts AS bucket_counts`;

/** Powers of two in milliseconds are none in seconds: such buckets are kept by their bounds. */
const EXPONENTIAL = `Count AS count,
  Scale AS scale,
  if(MetricUnit = 'ms', 0, ZeroCount) AS zero_count,
  CAST(if(MetricUnit = 'ms', map(), mapFilter((i, n) -> n > 0, mapFromArrays(
    arrayMap(i -> toInt32(PositiveOffset + i), range(length(PositiveBucketCounts))), PositiveBucketCounts))),
    'Map(Int32, UInt64)') AS buckets,
  if(MetricUnit = 'ms', arrayMap(i -> exp2((PositiveOffset + i) * exp2(-Scale)) / 1000,
    range(length(PositiveBucketCounts) + 1)), []) AS bounds,
  if(MetricUnit = 'ms', arrayConcat([ZeroCount], PositiveBucketCounts, [toUInt64(0)]), []) AS bucket_counts`;

const COUNT_ALONE = `toUInt64(Value) AS count,
  ${NO_BUCKETS},
  CAST([], 'Array(Float64)') AS bounds,
  CAST([], 'Array(UInt64)') AS bucket_counts`;

export const FLAG_METRICS: SchemaPart = {
  tables: [FLAG_POINTS],
  views: [
    pointsView('explicit', 'otel_metrics_histogram', EXPLICIT, DURATIONS),
    pointsView('exponential', 'otel_metrics_exponential_histogram', EXPONENTIAL, DURATIONS),
    pointsView('calls', 'otel_metrics_sum', COUNT_ALONE, CALLS),
  ],
};
