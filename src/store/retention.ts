import { type Layout, localName } from './cluster.js';
import { alterTable, expiry } from './ddl.js';
import type { Command } from './migrations.js';
import { TABLES, type Table } from './schema.js';
import type { Query } from './store.js';

/**
 * Sets how long rows are kept, on every table that we made and that is not kept for ever; a table that has it already is left alone. ClickHouse
 * removes a day when its last row is too old, so a row may stay up to a day longer.
 *
 * @param seconds `undefined` keeps rows for ever
 */
export async function applyRetention(
  command: Command,
  query: Query,
  layout: Layout,
  seconds: number | undefined,
): Promise<void> {
  const kept = await readRetention(query);
  for (const { name, time, keptForEver } of TABLES) {
    const wanted = keptForEver === true ? undefined : seconds;
    if (layout.foreign.has(name) || kept.get(localName(layout, name)) === wanted) continue;
    const change = wanted === undefined ? 'REMOVE TTL' : ttlChange(time, wanted);
    await command(alterTable(name, layout, change));
  }
}

/** @param time the column that says how old a row is */
export function ttlChange(time: string, seconds: number): string {
  return `MODIFY TTL ${expiry(time, seconds)}`;
}

/** Tables that we made and whose rows go with time. */
export function agingTables({ foreign }: Layout): Table[] {
  return TABLES.filter(({ name, keptForEver }) => keptForEver !== true && !foreign.has(name));
}

/**
 * How long the store that is there keeps rows, in seconds, `Infinity` for ever; the longest where its tables differ.
 *
 * @returns `undefined` where there is none yet
 */
export async function presentRetention(query: Query, layout: Layout): Promise<number | undefined> {
  const tables = await query<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN {locals:Array(String)}',
    { locals: agingTables(layout).map(({ name }) => localName(layout, name)) },
  );
  if (tables.length === 0) return undefined;
  const kept = await readRetention(query);
  return Math.max(...tables.map(({ name }) => kept.get(name) ?? Number.POSITIVE_INFINITY));
}

/** What tables of this database keep, in seconds, as their definitions say; those that keep rows for ever are left out. */
export async function readRetention(query: Query): Promise<ReadonlyMap<string, number>> {
  const rows = await query<{ name: string; amount: number; unit: string }>(
    `SELECT name, toUInt32(parts[2]) AS amount, parts[1] AS unit FROM (
      SELECT name, extractGroups(engine_full, ' TTL .*toInterval(Second|Minute|Hour|Day)\\\\((\\\\d+)\\\\)') AS parts
      FROM system.tables WHERE database = currentDatabase()
    ) WHERE notEmpty(parts)`,
  );
  return new Map(rows.map(({ name, amount, unit }) => [name, amount * (SECONDS[unit] ?? 1)]));
}

/** The units that the collector's exporter and we write. */
const SECONDS: Readonly<Record<string, number>> = { Second: 1, Minute: 60, Hour: 3600, Day: 86_400 };
