import { CHANGES } from './schema-changes.js';
import { COLLECTOR } from './schema-collector.js';
import { EVIDENCE } from './schema-evidence.js';
import { EXPOSURES } from './schema-exposures.js';
import { FLAGS } from './schema-flags.js';
import { NOTICES_PART } from './schema-notices.js';

/** A table as this version makes it. */
export interface Table {
  readonly name: string;
  /** What stands in the parentheses of `CREATE TABLE`. */
  readonly columns: string;
  /**
   * `ReplacingMergeTree` where a view writes: a row may come twice (a retry, a view that is filled again), so
   * `orderBy` must tell rows apart and queries must count each once.
   */
  readonly engine: 'MergeTree' | 'ReplacingMergeTree';
  /** The column that says how old a row is: partitions are its days, retention and the disk cap go by it. */
  readonly time: string;
  readonly orderBy: string;
  /** Few rows that people told, which are history: no retention and no disk cap. */
  readonly keptForEver?: true;
  /** On a cluster, rows with the same value are on the same shard. */
  readonly shardBy: string;
}

/**
 * A materialized view: `SELECT columns FROM from rest`. It is changed in place where its text changes, and one
 * that is new to a store is filled from what `from` holds already.
 */
export interface View {
  readonly name: string;
  /** A table of the schema, with the columns that are selected. */
  readonly to: string;
  readonly columns: string;
  /** A table of the schema. */
  readonly from: string;
  /** What follows `FROM table`: `WHERE ...`, or `ARRAY JOIN ... WHERE ...`. */
  readonly rest: string;
}

/** Tables and views that belong together, in a file of their own. */
export interface SchemaPart {
  readonly tables: readonly Table[];
  readonly views: readonly View[];
}

/**
 * Everything in the store. To add to it, write a `schema-*.ts` that exports a `SchemaPart` and name it here: a table
 * or view that is missing is made when a store is opened. A table that changes needs an entry in `migrations.ts` too.
 */
const PARTS: readonly SchemaPart[] = [COLLECTOR, FLAGS, CHANGES, EVIDENCE, EXPOSURES, NOTICES_PART];

export const TABLES: readonly Table[] = PARTS.flatMap((part) => part.tables);
export const VIEWS: readonly View[] = PARTS.flatMap((part) => part.views);
