import { BackendError } from './backend-error.js';
import { createTable, createView, OURS, selectOf, viewComment } from './ddl.js';
import { TABLES, VIEWS, type View } from './schema.js';
import type { Query } from './store.js';

/** Runs a statement that answers nothing. */
export type Command = (sql: string) => Promise<void>;

/** A step from the version before to `version`. Its statements may be run again: two backends may start at once. */
interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/** The tables of version 1, which had no table of versions. */
const VERSION_1_TABLES = [
  'otel_traces',
  'otel_logs',
  'otel_metrics_gauge',
  'otel_metrics_sum',
  'otel_metrics_histogram',
  'otel_metrics_exponential_histogram',
  'otel_metrics_summary',
  'telltale_points',
  'telltale_units',
  'telltale_failures',
];

/** In order of versions. A table or view that is only added needs none; see `schema.ts`. */
const MIGRATIONS: readonly Migration[] = [
  {
    // Tables say who made them, and whole days go when they are old.
    version: 2,
    statements: VERSION_1_TABLES.flatMap((table) => [
      `ALTER TABLE ${table} MODIFY SETTING ttl_only_drop_parts = 1`,
      `ALTER TABLE ${table} MODIFY COMMENT '${OURS}'`,
    ]),
  },
];

/** The version that this code makes and understands. */
export const SCHEMA_VERSION: number = Math.max(...MIGRATIONS.map((migration) => migration.version));

const VERSIONS = `CREATE TABLE IF NOT EXISTS telltale_schema (
  version UInt32,
  applied_at DateTime64(3) DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY version
COMMENT '${OURS}'`;

/** The comment of a view whose target lacks what was there before the view. */
const FILLING = `${OURS} filling`;

/**
 * Brings a store to {@link SCHEMA_VERSION}: makes what is missing, alters what older versions made, and puts views
 * in their present form. Several backends may do so at once.
 *
 * @throws BackendError `schema-newer` where a newer Telltale made the store
 */
export async function migrate(command: Command, query: Query): Promise<void> {
  const version = await schemaVersion(query);
  if (version !== undefined && version > SCHEMA_VERSION) {
    throw new BackendError(
      'schema-newer',
      `The store has schema version ${version}; this Telltale knows versions up to ${SCHEMA_VERSION}. Use the newer ` +
        'Telltale that made it, or name another place with --data DIR or --clickhouse URL.',
    );
  }
  await command(VERSIONS);
  for (const table of TABLES) await command(createTable(table));
  for (const migration of MIGRATIONS) {
    if (migration.version <= (version ?? SCHEMA_VERSION)) continue;
    for (const statement of migration.statements) await command(statement);
    await recordVersion(command, migration.version);
  }
  for (const view of VIEWS) await putView(view, command, query);
  if (version === undefined) await recordVersion(command, SCHEMA_VERSION);
}

/** `undefined` where nothing of ours is in the store. */
export async function schemaVersion(query: Query): Promise<number | undefined> {
  const tables = await query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN ('telltale_schema', 'telltale_points')`,
  );
  const names = new Set(tables.map(({ name }) => name));
  if (names.has('telltale_schema')) {
    const [row] = await query<{ version: number }>('SELECT max(version) AS version FROM telltale_schema');
    if (row !== undefined && row.version > 0) return row.version;
  }
  return names.has('telltale_points') ? 1 : undefined;
}

async function recordVersion(command: Command, version: number): Promise<void> {
  await command(`INSERT INTO telltale_schema (version) VALUES (${version})`);
}

async function putView(view: View, command: Command, query: Query): Promise<void> {
  const wanted = viewComment(view);
  await command(createView(view, FILLING));
  const [found] = await query<{ comment: string }>(
    'SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {name:String}',
    { name: view.name },
  );
  if (found?.comment === wanted) return;
  if (found?.comment === FILLING) await fillTarget(view, command, query);
  // In place: a view that is dropped and made again misses what comes between.
  else await command(`ALTER TABLE ${view.name} MODIFY QUERY ${selectOf(view)}`);
  await command(`ALTER TABLE ${view.name} MODIFY COMMENT '${wanted}'`);
}

async function fillTarget(view: View, command: Command, query: Query): Promise<void> {
  // A view inserts by name, `INSERT SELECT` by place.
  const columns = await query<{ name: string }>(
    'SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {name:String} ORDER BY position',
    { name: view.name },
  );
  await command(`INSERT INTO ${view.to} (${columns.map(({ name }) => name).join(', ')}) ${selectOf(view)}`);
}
