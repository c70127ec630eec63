import { createHash } from 'node:crypto';
import type { Table, View } from './schema.js';

/** Stands in the comment of the tables that we made: those of a collector are never altered. */
export const OURS = 'telltale';

export function createTable(table: Table): string {
  return `CREATE TABLE IF NOT EXISTS ${table.name} (${table.columns}
)
ENGINE = ${table.engine}
PARTITION BY toDate(${table.time})
ORDER BY (${table.orderBy})
SETTINGS ttl_only_drop_parts = 1
COMMENT '${OURS}'`;
}

export function selectOf(view: View, from: string = view.from): string {
  return `SELECT ${view.columns}\nFROM ${from}\n${view.rest}`;
}

/** @param comment what {@link viewComment} gives, or what says that the view is not filled yet */
export function createView(view: View, comment: string): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${view.name} TO ${view.to}
AS ${selectOf(view)}
COMMENT '${comment}'`;
}

/** Names the text of a view: another text is another comment. */
export function viewComment(view: View): string {
  return `${OURS} ${createHash('sha256').update(selectOf(view)).digest('hex').slice(0, 16)}`;
}
