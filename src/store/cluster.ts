import { BackendError } from './backend-error.js';

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

/** A system table; on a cluster of one replica of each shard. */
export function systemTable({ cluster }: Pick<Layout, 'cluster'>, name: string): string {
  return cluster === undefined ? `system.${name}` : `cluster(${cluster}, system.${name})`;
}

/**
 * A cluster's name stands in statements as it is, so it must be a plain identifier.
 *
 * @throws BackendError `usage`
 */
export function clusterName(text: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text)) return text;
  throw new BackendError(
    'usage',
    `--cluster must be a cluster's name as in system.clusters, of letters, digits and _; it is ${JSON.stringify(text)}.`,
  );
}
