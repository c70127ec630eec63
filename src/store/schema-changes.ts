/**
 * Changes that were told to us, a row each. The same change told twice has the same id, and queries count it once.
 */
const CHANGES = `CREATE TABLE IF NOT EXISTS telltale_changes (
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
  author String
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (flag, service, id)`;

export const CHANGES_SCHEMA: readonly string[] = [CHANGES];
