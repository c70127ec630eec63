import { CHANGES_SCHEMA } from './schema-changes.js';

/**
 * The tables. Traces, logs and metrics keep the column names of the collector's `clickhouseexporter`, so a
 * ClickHouse that a collector fills and one that we fill answer the same queries. Our own tables stand beside
 * them, written by materialized views in the same insert as what they are made from: `telltale_points`, one narrow
 * row for each data point of `telltale.operation.duration`, `telltale_units`, one for each of `telltale.unit.*`, and
 * `telltale_failures`, one for each failed operation of a known unit and flag.
 */

/** Columns shared by every metric table of the collector's exporter. */
const METRIC_COLUMNS = `
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
  TimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1))`;

const EXEMPLARS = `
  Exemplars Nested (
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9),
    Value Float64,
    SpanId String,
    TraceId String
  ) CODEC(ZSTD(1))`;

const HISTOGRAM_COLUMNS = `
  Count UInt64 CODEC(Delta, ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  Min Float64 CODEC(ZSTD(1)),
  Max Float64 CODEC(ZSTD(1)),
  AggregationTemporality Int32 CODEC(ZSTD(1))`;

const METRIC_ENGINE = `ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, Attributes, toUnixTimestamp64Nano(TimeUnix))`;

function metricTable(name: string, columns: readonly string[]): string {
  return `CREATE TABLE IF NOT EXISTS ${name} (${[METRIC_COLUMNS, ...columns].join(',')}\n) ${METRIC_ENGINE}`;
}

const TRACES = `CREATE TABLE IF NOT EXISTS otel_traces (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  Duration UInt64 CODEC(ZSTD(1)),
  StatusCode LowCardinality(String) CODEC(ZSTD(1)),
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested (
    Timestamp DateTime64(9),
    Name LowCardinality(String),
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
  Links Nested (
    TraceId String,
    SpanId String,
    TraceState String,
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))`;

const LOGS = `CREATE TABLE IF NOT EXISTS otel_logs (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TimestampTime DateTime DEFAULT toDateTime(Timestamp),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  TraceFlags UInt8,
  SeverityText LowCardinality(String) CODEC(ZSTD(1)),
  SeverityNumber UInt8,
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  Body String CODEC(ZSTD(1)),
  ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  EventName LowCardinality(String) CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(TimestampTime)
ORDER BY (ServiceName, TimestampTime, Timestamp)`;

/**
 * One row a data point. `series` names the stream of points (attributes, resource and scope); with `start` it
 * names one life of that stream, so that a restart is not a drop. A point sent twice (a retry after a lost
 * answer) has the same (series, start, time) and is counted once by every query.
 */
const POINTS = `CREATE TABLE IF NOT EXISTS telltale_points (
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
  series UInt64,
  start DateTime64(9),
  time DateTime64(9),
  temporality UInt8,
  count UInt64,
  scale Int32,
  zero_count UInt64,
  buckets Map(Int32, UInt64),
  bounds Array(Float64),
  bucket_counts Array(UInt64)
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (flag, service, series, start, time)`;

/** One row a data point of a counter of units, told apart and counted once as in `telltale_points`. */
const UNITS = `CREATE TABLE IF NOT EXISTS telltale_units (
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
  count UInt64
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (flag, counter, service, series, start, time)`;

/** One row a failed operation, unit and flag. Of the unit only a hash: it is to be told apart, never to be named. */
const FAILURES = `CREATE TABLE IF NOT EXISTS telltale_failures (
  flag LowCardinality(String),
  variant LowCardinality(String),
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  unit UInt64,
  time DateTime64(9)
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (flag, service, unit, time, variant, service_version, environment)`;

const SERVICE = `ServiceName AS service,
  ResourceAttributes['service.version'] AS service_version,
  if(ResourceAttributes['deployment.environment.name'] != '', ResourceAttributes['deployment.environment.name'],
     ResourceAttributes['deployment.environment']) AS environment`;

const SORTED = (map: string): string =>
  `arraySort(CAST(mapApply((k, v) -> (toString(k), v), ${map}), 'Array(Tuple(String, String))'))`;

/** A materialized view from one of the collector's histogram tables into `telltale_points`. */
function pointsView(name: string, table: string, shape: string): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name} TO telltale_points AS SELECT
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
  ${shape}
FROM ${table}
WHERE MetricName = 'telltale.operation.duration' AND bitAnd(Flags, 1) = 0`;
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
const UNITS_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS telltale_units_sum TO telltale_units AS SELECT
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
  toUInt64(Value) AS count
FROM otel_metrics_sum
WHERE MetricName IN ('telltale.unit.operations', 'telltale.unit.errors', 'telltale.unit.slow', 'telltale.unit.exposed')
  AND bitAnd(Flags, 1) = 0 AND Value BETWEEN 0 AND 9007199254740991`;

/** Found by its attributes: the tables of older collectors have no column for the name of an event. */
const FAILURES_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS telltale_failures_logs TO telltale_failures AS SELECT
  substring(key, length('feature_flags.') + 1) AS flag,
  LogAttributes[key] AS variant,
  ${SERVICE},
  sipHash64(LogAttributes['telltale.unit.id']) AS unit,
  Timestamp AS time
FROM otel_logs
ARRAY JOIN arrayFilter(name -> startsWith(name, 'feature_flags.'), mapKeys(LogAttributes)) AS key
WHERE LogAttributes['telltale.unit.id'] != '' AND LogAttributes['error.type'] != ''`;

/** Statements that make the schema, in order; each may be run again on a store that has it already. */
export const SCHEMA: readonly string[] = [
  TRACES,
  LOGS,
  metricTable('otel_metrics_gauge', ['Value Float64 CODEC(ZSTD(1))', EXEMPLARS]),
  metricTable('otel_metrics_sum', [
    'Value Float64 CODEC(ZSTD(1))',
    'AggregationTemporality Int32 CODEC(ZSTD(1))',
    'IsMonotonic Boolean CODEC(Delta, ZSTD(1))',
    EXEMPLARS,
  ]),
  metricTable('otel_metrics_histogram', [
    HISTOGRAM_COLUMNS,
    'BucketCounts Array(UInt64) CODEC(ZSTD(1))',
    'ExplicitBounds Array(Float64) CODEC(ZSTD(1))',
    EXEMPLARS,
  ]),
  metricTable('otel_metrics_exponential_histogram', [
    HISTOGRAM_COLUMNS,
    'Scale Int32 CODEC(ZSTD(1))',
    'ZeroCount UInt64 CODEC(ZSTD(1))',
    'PositiveOffset Int32 CODEC(ZSTD(1))',
    'PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1))',
    'NegativeOffset Int32 CODEC(ZSTD(1))',
    'NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1))',
    EXEMPLARS,
  ]),
  metricTable('otel_metrics_summary', [
    'Count UInt64 CODEC(Delta, ZSTD(1))',
    'Sum Float64 CODEC(ZSTD(1))',
    'ValueAtQuantiles Nested (Quantile Float64, Value Float64) CODEC(ZSTD(1))',
  ]),
  POINTS,
  pointsView('telltale_points_exponential', 'otel_metrics_exponential_histogram', EXPONENTIAL_SHAPE),
  pointsView('telltale_points_explicit', 'otel_metrics_histogram', EXPLICIT_SHAPE),
  UNITS,
  UNITS_VIEW,
  FAILURES,
  FAILURES_VIEW,
  ...CHANGES_SCHEMA,
];
