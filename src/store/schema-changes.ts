import type { SchemaPart } from './schema.js';

/**
 * Changes that were told to us, a row each. The same change told twice has the same id, and queries count it once.
 */
export const CHANGES: SchemaPart = {
  tables: [
    {
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
      orderBy: 'flag, service, id',
      shardBy: 'cityHash64(id)',
    },
  ],
  views: [],
};
