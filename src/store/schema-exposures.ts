import type { SchemaPart, Table, View } from './schema.js';
import { ASSIGNMENT, VARIANT } from './schema-evidence.js';
import { SERVICE } from './schema-flags.js';

/**
 * `telltale_exposures`, one row for each record of an evaluation that Telltale wrote in an application: who was exposed
 * to which variant first, over days, processes and restarts, which no counter tells.
 */

/**
 * `unit` is a hash, to tell units apart, and 0 where the record names none: such rows say how many operations have a
 * record at all. `trace` is 0 outside of one.
 */
const TABLE: Table = {
  name: 'telltale_exposures',
  columns: `
  flag LowCardinality(String),
  variant LowCardinality(String),
  assignment LowCardinality(String),
  flag_version LowCardinality(String),
  service LowCardinality(String),
  service_version LowCardinality(String),
  environment LowCardinality(String),
  unit UInt64,
  trace UInt64,
  time DateTime64(9)`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  orderBy:
    'flag, service, unit, time, trace, variant, assignment, flag_version, service_version, environment',
  shardBy: 'unit',
};

/** Of others' hooks ids may be the same users' under another name, and a unit would count twice. */
const LOGS_VIEW: View = {
  name: 'telltale_exposures_logs',
  to: TABLE.name,
  columns: `
  LogAttributes['feature_flag.key'] AS flag,
  ${VARIANT('LogAttributes')} AS variant,
  if(LogAttributes['telltale.assignment'] = '', ${ASSIGNMENT('LogAttributes')}, LogAttributes['telltale.assignment']) AS assignment,
  LogAttributes['feature_flag.version'] AS flag_version,
  ${SERVICE},
  if(LogAttributes['feature_flag.context.id'] = '', toUInt64(0), sipHash64(LogAttributes['feature_flag.context.id'])) AS unit,
  if(TraceId = '', toUInt64(0), cityHash64(TraceId)) AS trace,
  Timestamp AS time`,
  from: 'otel_logs',
  rest: "WHERE ScopeName = 'telltale' AND LogAttributes['feature_flag.key'] != ''",
};

export const EXPOSURES: SchemaPart = { tables: [TABLE], views: [LOGS_VIEW] };
