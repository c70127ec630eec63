import { BackendError } from './backend-error.js';
import { type Layout, localName } from './cluster.js';
import { readLayout } from './collector-tables.js';
import {
  alterTable,
  alterView,
  createInlet,
  createTable,
  createView,
  OURS,
  selectOf,
  viewComment,
} from './ddl.js';
import { TABLES, type Table, VIEWS, type View } from './schema.js';
import type { Query, QueryParameters } from './store.js';

/** Runs a statement that answers nothing. */
export type Command = (sql: string, parameters?: QueryParameters) => Promise<void>;

/** A step from the version before to `version`. It may be taken again: two backends may start at once. */
interface Migration {
  readonly version: number;
  /** What follows `ALTER TABLE name`, table by table; the tables of a collector are left alone. */
  readonly alter: readonly { readonly tables: readonly string[]; readonly change: string }[];
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
    alter: [
      { tables: VERSION_1_TABLES, change: 'MODIFY SETTING ttl_only_drop_parts = 1' },
      { tables: VERSION_1_TABLES, change: 'MODIFY SETTING materialize_ttl_recalculate_only = 1' },
      { tables: VERSION_1_TABLES, change: `MODIFY COMMENT '${OURS}'` },
    ],
  },
];

/** The version that this code makes and understands. */
export const SCHEMA_VERSION: number = Math.max(...MIGRATIONS.map((migration) => migration.version));

const VERSIONS: Table = {
  name: 'telltale_schema',
  columns: `
  version UInt32,
  applied_at DateTime64(3) DEFAULT now64(3)`,
  engine: 'MergeTree',
  time: 'applied_at',
  orderBy: 'version',
  shardBy: 'version',
};

/** The comment of a view whose target lacks what was there before the view. */
const FILLING = `${OURS} filling`;

/** A store before it is brought forward. */
export interface FoundStore {
  /** The schema's, `undefined` where nothing is ours yet. */
  readonly version: number | undefined;
  /** Where the tables stand, or will. */
  readonly layout: Layout;
}

/**
 * Looks at what is there; nothing is made or altered.
 *
 * @throws BackendError `schema-newer` where a newer Telltale made the store, `schema-unusable` where tables under the
 * collector's names cannot be used
 */
export async function findStore(query: Query, cluster: string | undefined): Promise<FoundStore> {
  const version = await schemaVersion(query);
  if (version !== undefined && version > SCHEMA_VERSION) throw newer(version);
  return { version, layout: await readLayout(query, cluster, version) };
}

/**
 * Brings a store to {@link SCHEMA_VERSION}: makes what is missing, alters what older versions made, and puts views
 * in their present form. Several backends may do so at once.
 *
 * @param retentionSeconds of tables that are made now; `undefined` keeps rows for ever
 * @throws BackendError `schema-unusable`
 */
export async function migrate(
  command: Command,
  query: Query,
  { version, layout }: FoundStore,
  retentionSeconds: number | undefined,
): Promise<void> {
  for (const statement of tableStatements(layout, retentionSeconds)) await command(statement);
  for (const migration of MIGRATIONS) {
    if (migration.version <= (version ?? SCHEMA_VERSION)) continue;
    for (const statement of alterations(migration, layout)) await command(statement);
    await recordVersion(command, migration.version);
  }
  for (const view of VIEWS) await putView(view, layout, command, query);
  if (version === undefined) await recordVersion(command, SCHEMA_VERSION);
}

function newer(version: number): BackendError {
  return new BackendError(
    'schema-newer',
    `The store has schema version ${version}; this Telltale knows versions up to ${SCHEMA_VERSION}. Use the newer ` +
      'Telltale that made it, or name another place with --data DIR or --clickhouse URL.',
  );
}

/** The statements that make every table that is missing. */
export function tableStatements(layout: Layout, retentionSeconds: number | undefined): string[] {
  const statements = createTable(VERSIONS, layout, undefined);
  for (const table of TABLES) {
    const inlet = layout.inlets.get(table.name);
    if (!layout.foreign.has(table.name)) statements.push(...createTable(table, layout, retentionSeconds));
    else if (inlet !== undefined) statements.push(...createInlet(table, inlet, layout));
  }
  return statements;
}

function alterations({ alter }: Migration, layout: Layout): string[] {
  return alter.flatMap(({ tables, change }) =>
    tables.filter((table) => !layout.foreign.has(table)).map((table) => alterTable(table, layout, change)),
  );
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

async function putView(view: View, layout: Layout, command: Command, query: Query): Promise<void> {
  const wanted = viewComment(view, layout);
  await command(createView(view, layout, FILLING)).catch((error: unknown) => {
    throw layout.foreign.has(view.from) ? unlikeExporter(view.from, error) : error;
  });
  const [found] = await query<{ comment: string }>(
    'SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {name:String}',
    { name: view.name },
  );
  if (found?.comment === wanted) return;
  if (found?.comment === FILLING) await fillTarget(view, command, query);
  // In place: a view that is dropped and made again misses what comes between.
  else await command(alterView(view, layout, `MODIFY QUERY ${selectOf(view, localName(layout, view.from))}`));
  await command(alterView(view, layout, `MODIFY COMMENT '${wanted}'`));
}

function unlikeExporter(table: string, error: unknown): BackendError {
  return new BackendError(
    'schema-unusable',
    `${table} is not as the collector's clickhouseexporter makes it, and cannot be read: ${(error as Error).message}. ` +
      "Let the exporter's own statement make it, or name another database in --clickhouse URL.",
    error,
  );
}

/** Part by part: one insert of all there is would outlast the client's patience. */
async function fillTarget(view: View, command: Command, query: Query): Promise<void> {
  // A view inserts by name, `INSERT SELECT` by place.
  const columns = await query<{ name: string }>(
    'SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {name:String} ORDER BY position',
    { name: view.name },
  );
  const names = columns.map(({ name }) => name).join(', ');
  const partitions = await query<{ id: string }>(
    `SELECT DISTINCT _partition_id AS id FROM ${view.from} ORDER BY id`,
  );
  const rows = `(SELECT * FROM ${view.from} WHERE _partition_id = {id:String})`;
  for (const { id } of partitions) {
    await command(`INSERT INTO ${view.to} (${names}) ${selectOf(view, rows)}`, { id });
  }
}
