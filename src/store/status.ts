import { type Layout, localName, systemTable } from './cluster.js';
import type { DroppedTotals } from './disk.js';
import { SCHEMA_VERSION, schemaVersion } from './migrations.js';
import { readRetention } from './retention.js';
import { TABLES } from './schema.js';
import type { Query } from './store.js';
import type { RefusedTimes } from './time-limits.js';

/** What is in a store. Sizes are of data as it stands on disk, on a cluster of one replica of each shard. */
export interface StoreContent {
  /** The schema's version, `null` where nothing is there yet. */
  readonly schemaVersion: number | null;
  /** The version that the Telltale that answers makes. */
  readonly knownVersion: number;
  readonly rows: number;
  readonly bytes: number;
  readonly tables: readonly TableContent[];
}

export interface TableContent {
  readonly name: string;
  /** Whose table it is: a collector's is never altered, and has a retention of its own. */
  readonly madeBy: 'telltale' | 'collector';
  readonly rows: number;
  readonly bytes: number;
  /** ISO times of rows, `null` where there are none. */
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly bytesPerRow: number | null;
  /** `null` where rows are kept for ever. */
  readonly retentionSeconds: number | null;
}

/** What is in a store that runs, and what it does. */
export interface StoreStatus extends StoreContent {
  readonly retentionSeconds: number | null;
  readonly maxDiskBytes: number | null;
  /** Since the start. */
  readonly refused: RefusedTimes;
  readonly dropped: DroppedTotals;
}

/** Reads what is in a store; nothing is made or altered. */
export async function readContent(query: Query, layout: Layout): Promise<StoreContent> {
  const version = (await schemaVersion(query)) ?? null;
  const sizes = await readSizes(query, layout);
  const retention = await readRetention(query);
  const tables: TableContent[] = [];
  for (const { name, time } of TABLES) {
    const local = localName(layout, name);
    const size = sizes.get(local);
    if (size === undefined) continue;
    const { rows, bytes } = size;
    tables.push({
      name,
      madeBy: layout.foreign.has(name) ? 'collector' : 'telltale',
      rows,
      bytes,
      ...(rows === 0 ? { oldest: null, newest: null } : await readTimes(query, name, time)),
      bytesPerRow: rows === 0 ? null : bytes / rows,
      retentionSeconds: retention.get(local) ?? null,
    });
  }
  return {
    schemaVersion: version,
    knownVersion: SCHEMA_VERSION,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    bytes: tables.reduce((sum, table) => sum + table.bytes, 0),
    tables,
  };
}

/** By local name; a table without rows is there, one that was never made is not. */
async function readSizes(
  query: Query,
  layout: Layout,
): Promise<ReadonlyMap<string, { rows: number; bytes: number }>> {
  const locals = TABLES.map(({ name }) => localName(layout, name));
  const rows = await query<{ name: string; rows: number; bytes: number }>(
    `SELECT name, toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes)) AS bytes FROM (
      SELECT name, 0 AS rows, 0 AS bytes FROM system.tables WHERE database = currentDatabase()
      UNION ALL
      SELECT table AS name, rows, bytes_on_disk AS bytes FROM ${systemTable(layout, 'parts')}
      WHERE active AND database = (SELECT currentDatabase())
    ) WHERE name IN {locals:Array(String)} GROUP BY name`,
    { locals },
  );
  return new Map(rows.map(({ name, rows: count, bytes }) => [name, { rows: count, bytes }]));
}

async function readTimes(
  query: Query,
  table: string,
  time: string,
): Promise<{ oldest: string | null; newest: string | null }> {
  const [row] = await query<{ oldest: number; newest: number }>(
    `SELECT toFloat64(min(${time})) AS oldest, toFloat64(max(${time})) AS newest FROM ${table}`,
  );
  return { oldest: iso(row?.oldest), newest: iso(row?.newest) };
}

function iso(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString();
}
