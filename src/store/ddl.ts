import { createHash } from 'node:crypto';
import { type Layout, localName, onCluster } from './cluster.js';
import type { Table, View } from './schema.js';

/** Stands in the comment of what we made: the tables of a collector are never altered. */
export const OURS = 'telltale';

/**
 * The statements that make a table: on a cluster the local one and the `Distributed` one over it.
 *
 * @param retentionSeconds `undefined` keeps rows for ever
 */
export function createTable(table: Table, layout: Layout, retentionSeconds: number | undefined): string[] {
  const local = localName(layout, table.name);
  const engine = layout.cluster === undefined ? table.engine : `Replicated${table.engine}`;
  // From the first moment: a table without one would be taken for one that keeps its rows for ever.
  const ttl =
    retentionSeconds === undefined || table.keptForEver === true
      ? ''
      : `\nTTL ${expiry(table.time, retentionSeconds)}`;
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${local}${onCluster(layout)} (${table.columns}
)
ENGINE = ${engine}
PARTITION BY toDate(${table.time})
ORDER BY (${table.orderBy})${ttl}
SETTINGS ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1
COMMENT '${OURS}'`,
  ];
  if (layout.cluster !== undefined) {
    statements.push(`CREATE TABLE IF NOT EXISTS ${table.name}${onCluster(layout)} AS ${local}
ENGINE = Distributed(${layout.cluster}, currentDatabase(), ${local}, ${table.shardBy})
COMMENT '${OURS}'`);
  }
  return statements;
}

/**
 * When a row is too old, as it stands after `TTL`.
 *
 * @param time the column that says how old a row is
 */
export function expiry(time: string, seconds: number): string {
  return `toDateTime(${time}) + toIntervalSecond(${Math.round(seconds)})`;
}

/** Keeps nothing: what is inserted goes on into the collector's table, with its times in whole seconds. */
export function createInlet(table: Table, inlet: string, layout: Layout): string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${inlet}${onCluster(layout)} (${table.columns}
)
ENGINE = Null
COMMENT '${OURS}'`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${inlet}_view${onCluster(layout)} TO ${table.name}
AS SELECT * FROM ${inlet}`,
  ];
}

/** An alteration of what holds a table's rows. */
export function alterTable(table: string, layout: Layout, change: string): string {
  return `ALTER TABLE ${localName(layout, table)}${onCluster(layout)} ${change}`;
}

/** @param comment what {@link viewComment} gives, or what says that the view is not filled yet */
export function createView(view: View, layout: Layout, comment: string): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${view.name}${onCluster(layout)} TO ${localName(layout, view.to)}
AS ${selectOf(view, localName(layout, view.from))}
COMMENT '${comment}'`;
}

export function alterView(view: View, layout: Layout, change: string): string {
  return `ALTER TABLE ${view.name}${onCluster(layout)} ${change}`;
}

/** @param from what to read from, as it stands after `FROM` */
export function selectOf(view: View, from: string): string {
  return `SELECT ${view.columns}\nFROM ${from}\n${view.rest}`;
}

/** Names the text of a view: another text is another comment. */
export function viewComment(view: View, layout: Layout): string {
  const text = selectOf(view, localName(layout, view.from));
  return `${OURS} ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
