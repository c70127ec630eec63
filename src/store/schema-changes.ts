import type { SchemaPart, Table, View } from './schema.js';
import { SERVICE, SORTED } from './schema-flags.js';

/**
 * Changes that were told to us, a row each. The same change told twice has the same id, and queries count it once.
 */
const TOLD: Table = {
  name: 'telltale_changes',
  columns: `
  id String,
  kind LowCardinality(String),
  origin LowCardinality(String),
  time DateTime64(9),
  flag LowCardinality(String),
  service LowCardinality(String),
  environment LowCardinality(String),
  version String,
  shares Map(String, Float64),
  shares_before Map(String, Float64),
  variations Array(String),
  description String,
  author String`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  keptForEver: true,
  orderBy: 'flag, service, id',
  shardBy: 'cityHash64(id)',
};

/** One row a data point of `feature_flag.evaluations`, told apart and counted once as in `telltale_points`. */
const EVALUATIONS: Table = {
  name: 'telltale_evaluations',
  columns: `
  flag LowCardinality(String),
  variant LowCardinality(String),
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  overflow Bool,
  series UInt64,
  start DateTime64(9),
  time DateTime64(9),
  temporality UInt8,
  count UInt64`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy: 'flag, service, series, start, time',
  shardBy: 'series',
};

const EVALUATIONS_VIEW: View = {
  name: 'telltale_evaluations_sum',
  to: 'telltale_evaluations',
  columns: `
  Attributes['feature_flag.key'] AS flag,
  Attributes['feature_flag.result.variant'] AS variant,
  ${SERVICE},
  Attributes['otel.metric.overflow'] = 'true' AS overflow,
  cityHash64(${SORTED('Attributes')}, ${SORTED('ResourceAttributes')}, ScopeName, ScopeVersion) AS series,
  StartTimeUnix AS start,
  TimeUnix AS time,
  AggregationTemporality AS temporality,
  toUInt64(Value) AS count`,
  from: 'otel_metrics_sum',
  rest: `WHERE MetricName = 'feature_flag.evaluations' AND bitAnd(Flags, 1) = 0 AND Value BETWEEN 0 AND 9007199254740991`,
};

export const CHANGES: SchemaPart = { tables: [TOLD, EVALUATIONS], views: [EVALUATIONS_VIEW] };
