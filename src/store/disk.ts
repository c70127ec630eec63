import { type Layout, localName, systemTable } from './cluster.js';
import { alterTable } from './ddl.js';
import type { Command } from './migrations.js';
import { TABLES } from './schema.js';
import { COLLECTOR } from './schema-collector.js';
import type { Query } from './store.js';

/** One day of one table. */
export interface Partition {
  readonly table: string;
  /** ClickHouse's id of it: the day, as `20261125`. */
  readonly id: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What the cap has dropped since the start. */
export interface DroppedTotals {
  readonly partitions: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface DiskCap {
  readonly dropped: DroppedTotals;
  /** Drops the oldest days while our tables hold more than the cap. */
  check(): Promise<void>;
}

/** @param onDropped told of each day of a table after it is gone, and of how much there was before */
export function createDiskCap(
  command: Command,
  query: Query,
  layout: Layout,
  maxBytes: number,
  onDropped: (partition: Partition, bytesBefore: number) => void,
): DiskCap {
  const dropped = { partitions: 0, rows: 0, bytes: 0 };
  return {
    dropped,
    async check() {
      const partitions = await readPartitions(query, layout);
      let bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
      for (const partition of partitions.toSorted(oldestFirst)) {
        if (bytes <= maxBytes) return;
        await command(alterTable(partition.table, layout, `DROP PARTITION ID '${partition.id}'`));
        onDropped(partition, bytes);
        bytes -= partition.bytes;
        dropped.partitions += 1;
        dropped.rows += partition.rows;
        dropped.bytes += partition.bytes;
      }
    },
  };
}

/** Days of the tables that we made, on all nodes of a cluster. */
async function readPartitions(query: Query, layout: Layout): Promise<Partition[]> {
  const ours = TABLES.filter(({ keptForEver }) => keptForEver !== true)
    .map(({ name }) => name)
    .filter((name) => !layout.foreign.has(name));
  const names = new Map(ours.map((name) => [localName(layout, name), name]));
  const rows = await query<{ local: string; id: string; rows: number; bytes: number }>(
    `SELECT table AS local, partition_id AS id, toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS bytes
    FROM ${systemTable(layout, 'parts')}
    WHERE active AND database = (SELECT currentDatabase()) AND table IN {locals:Array(String)}
      AND match(partition_id, '^[0-9]{8}$')
    GROUP BY table, partition_id`,
    { locals: [...names.keys()] },
  );
  return rows.map(({ local, ...partition }) => ({ ...partition, table: names.get(local) ?? local }));
}

const RAW = new Set(COLLECTOR.tables.map(({ name }) => name));

/** Within a day what was received goes before what comparisons are made from; it is also far larger. */
function oldestFirst(a: Partition, b: Partition): number {
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  if (RAW.has(a.table) !== RAW.has(b.table)) return RAW.has(a.table) ? -1 : 1;
  return b.bytes - a.bytes;
}
