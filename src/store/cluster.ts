/**
 * Where a store's tables stand. Without a cluster a table is what its name says. On one, the name is a `Distributed`
 * table over local, replicated ones; everything that is altered, and what views read and write, is local.
 */
export interface Layout {
  readonly cluster: string | undefined;
  /** Tables that a collector made, which are never altered, and what views must read instead of them. */
  readonly foreign: ReadonlyMap<string, string>;
  /**
   * Tables of a collector that cannot take our rows, and the tables that take them instead. The exporter keeps times
   * of metrics in whole seconds, and ClickHouse reads no fraction into such a column.
   */
  readonly inlets: ReadonlyMap<string, string>;
}

/** A table's rows on one node. */
export function localName({ cluster, foreign }: Layout, table: string): string {
  return foreign.get(table) ?? (cluster === undefined ? table : `${table}_local`);
}

/** Follows the name of what is made or altered. */
export function onCluster({ cluster }: Layout): string {
  return cluster === undefined ? '' : ` ON CLUSTER ${cluster}`;
}
