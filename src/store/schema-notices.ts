import type { SchemaPart, Table } from './schema.js';

/**
 * What is told to others, and who tells it: rows of these tables are what several backends on one ClickHouse, and one
 * after its restart, know of each other.
 */

/** Claims to be the one backend that looks and tells; the time is the server's, whose clock is the same for all. */
const WATCHERS: Table = {
  name: 'telltale_watchers',
  columns: `
  claim String,
  released Bool,
  time DateTime64(6) DEFAULT now64(6)`,
  engine: 'MergeTree',
  time: 'time',
  orderBy: 'time, claim',
  shardBy: 'cityHash64(claim)',
};

/** Verdicts that turned and changes, a row each; `silent` where it is only remembered. The same one has the same id. */
const NOTICES: Table = {
  name: 'telltale_notices',
  columns: `
  id String,
  kind LowCardinality(String),
  flag LowCardinality(String),
  service LowCardinality(String),
  environment LowCardinality(String),
  treatment LowCardinality(String),
  version String,
  verdict LowCardinality(String),
  origin LowCardinality(String),
  at DateTime64(6),
  silent Bool,
  document String,
  created DateTime64(6)`,
  engine: 'ReplacingMergeTree',
  time: 'created',
  keptForEver: true,
  orderBy: 'kind, id',
  shardBy: 'cityHash64(id)',
};

/** What became of a notice at a target. A row without an id says since when the target is told anything. */
const DELIVERIES: Table = {
  name: 'telltale_deliveries',
  columns: `
  target String,
  id String,
  outcome LowCardinality(String),
  time DateTime64(6)`,
  engine: 'ReplacingMergeTree',
  time: 'time',
  keptForEver: true,
  orderBy: 'target, id',
  shardBy: 'cityHash64(id)',
};

export const NOTICES_PART: SchemaPart = { tables: [WATCHERS, NOTICES, DELIVERIES], views: [] };
