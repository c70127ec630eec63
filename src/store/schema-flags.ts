import type { SchemaPart, Table, View } from './schema.js';
import { POINT_COLUMNS } from './schema-fragments.js';

/**
 * Our own tables, written by materialized views in the same insert as what they are made from: `telltale_points`, one
 * narrow row for each data point of `telltale.operation.duration`, `telltale_units`, one for each of
 * `telltale.unit.*`, and `telltale_failures`, one for each failed operation of a known unit and flag.
 */

/**
 * One row a data point. `series` names the stream of points (attributes, resource and scope); with `start` it
 * names one life of that stream, so that a restart is not a drop. A point sent twice (a retry after a lost
 * answer) has the same (series, start, time) and is counted once by every query.
 */
const POINTS: Table = {
  name: 'telltale_points',
  columns: `
  flag LowCardinality(String),
  variant LowCardinality(String),
  assignment LowCardinality(String),
  outcome LowCardinality(String),
  flag_version LowCardinality(String),
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  route LowCardinality(String),
  error_type LowCardinality(String),
  overflow Bool,
  ${POINT_COLUMNS}`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy: 'flag, service, series, start, time',
  shardBy: 'series',
};

/** One row a data point of a counter of units, told apart and counted once as in `telltale_points`. */
const UNITS: Table = {
  name: 'telltale_units',
  columns: `
  flag LowCardinality(String),
  counter LowCardinality(String),
  variant LowCardinality(String),
  assignment LowCardinality(String),
  bucket UInt8,
  threshold Float64,
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  overflow Bool,
  process UInt64,
  series UInt64,
  start DateTime64(9),
  time DateTime64(9),
  temporality UInt8,
  count UInt64`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy: 'flag, counter, service, series, start, time',
  shardBy: 'series',
};

/** One row a failed operation, unit and flag. Of the unit only a hash: it is to be told apart, never to be named. */
const FAILURES: Table = {
  name: 'telltale_failures',
  columns: `
  flag LowCardinality(String),
  variant LowCardinality(String),
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  unit UInt64,
  time DateTime64(9)`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy: 'flag, service, unit, time, variant, service_version, environment',
  shardBy: 'unit',
};

export const SERVICE = `ServiceName AS service,
  ResourceAttributes['service.version'] AS service_version,
  if(ResourceAttributes['deployment.environment.name'] != '', ResourceAttributes['deployment.environment.name'],
     ResourceAttributes['deployment.environment']) AS environment`;

export const SORTED = (map: string): string =>
  `arraySort(CAST(mapApply((k, v) -> (toString(k), v), ${map}), 'Array(Tuple(String, String))'))`;

/** A materialized view from one of the collector's histogram tables into `telltale_points`. */
function pointsView(name: string, from: string, shape: string): View {
  return {
    name,
    to: 'telltale_points',
    columns: `
  Attributes['feature_flag.key'] AS flag,
  Attributes['feature_flag.result.variant'] AS variant,
  Attributes['telltale.assignment'] AS assignment,
  Attributes['telltale.outcome'] AS outcome,
  Attributes['feature_flag.version'] AS flag_version,
  ${SERVICE},
  if(Attributes['http.route'] != '', Attributes['http.route'], Attributes['telltale.operation.name']) AS route,
  Attributes['error.type'] AS error_type,
  Attributes['otel.metric.overflow'] = 'true' AS overflow,
  cityHash64(${SORTED('Attributes')}, ${SORTED('ResourceAttributes')}, ScopeName, ScopeVersion) AS series,
  StartTimeUnix AS start,
  TimeUnix AS time,
  AggregationTemporality AS temporality,
  Count AS count,
  ${shape}`,
    from,
    rest: "WHERE MetricName = 'telltale.operation.duration' AND bitAnd(Flags, 1) = 0",
  };
}

const EXPONENTIAL_SHAPE = `Scale AS scale,
  ZeroCount AS zero_count,
  CAST(mapFilter((i, n) -> n > 0, mapFromArrays(
    arrayMap(i -> toInt32(PositiveOffset + i), range(length(PositiveBucketCounts))), PositiveBucketCounts)),
    'Map(Int32, UInt64)') AS buckets,
  CAST([], 'Array(Float64)') AS bounds,
  CAST([], 'Array(UInt64)') AS bucket_counts`;

const EXPLICIT_SHAPE = `0 AS scale,
  0 AS zero_count,
  CAST(map(), 'Map(Int32, UInt64)') AS buckets,
  ExplicitBounds AS bounds,
  BucketCounts AS bucket_counts`;

/** A value that is no count of doubles' exact range is none of ours; 255 is no bucket. */
const UNITS_VIEW: View = {
  name: 'telltale_units_sum',
  to: 'telltale_units',
  columns: `
  Attributes['feature_flag.key'] AS flag,
  substring(MetricName, length('telltale.unit.') + 1) AS counter,
  Attributes['feature_flag.result.variant'] AS variant,
  Attributes['telltale.assignment'] AS assignment,
  toUInt8OrDefault(Attributes['telltale.unit.bucket'], toUInt8(255)) AS bucket,
  toFloat64OrZero(Attributes['telltale.threshold']) AS threshold,
  ${SERVICE},
  Attributes['otel.metric.overflow'] = 'true' AS overflow,
  cityHash64(${SORTED('ResourceAttributes')}) AS process,
  cityHash64(MetricName, ${SORTED('Attributes')}, ${SORTED('ResourceAttributes')}, ScopeName, ScopeVersion) AS series,
  StartTimeUnix AS start,
  TimeUnix AS time,
  AggregationTemporality AS temporality,
  toUInt64(Value) AS count`,
  from: 'otel_metrics_sum',
  rest: `WHERE MetricName IN ('telltale.unit.operations', 'telltale.unit.errors', 'telltale.unit.slow', 'telltale.unit.exposed')
  AND bitAnd(Flags, 1) = 0 AND Value BETWEEN 0 AND 9007199254740991`,
};

/** Found by its attributes: the tables of older collectors have no column for the name of an event. */
const FAILURES_VIEW: View = {
  name: 'telltale_failures_logs',
  to: 'telltale_failures',
  columns: `
  substring(key, length('feature_flags.') + 1) AS flag,
  LogAttributes[key] AS variant,
  ${SERVICE},
  sipHash64(LogAttributes['telltale.unit.id']) AS unit,
  Timestamp AS time`,
  from: 'otel_logs',
  rest: `ARRAY JOIN arrayFilter(name -> startsWith(name, 'feature_flags.'), mapKeys(LogAttributes)) AS key
WHERE LogAttributes['telltale.unit.id'] != '' AND LogAttributes['error.type'] != ''`,
};

export const FLAGS: SchemaPart = {
  tables: [POINTS, UNITS, FAILURES],
  views: [
    pointsView('telltale_points_exponential', 'otel_metrics_exponential_histogram', EXPONENTIAL_SHAPE),
    pointsView('telltale_points_explicit', 'otel_metrics_histogram', EXPLICIT_SHAPE),
    UNITS_VIEW,
    FAILURES_VIEW,
  ],
};
