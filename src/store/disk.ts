import { type Layout, localName, systemTable } from './cluster.js';
import { alterTable } from './ddl.js';
import type { Command } from './migrations.js';
import { agingTables } from './retention.js';
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
  /**
   * Drops the oldest days while our tables hold more than the cap. One that cannot be dropped is passed over.
   *
   * @throws Error at the end, where days could not be dropped
   */
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
      const failures: string[] = [];
      for (const partition of partitions.toSorted(oldestFirst)) {
        if (bytes <= maxBytes) break;
        const { table, id } = partition;
        try {
          await command(alterTable(table, layout, dropPartition(id)));
        } catch (error) {
          failures.push(`${id} of ${table}: ${(error as Error).message}`);
          continue;
        }
        onDropped(partition, bytes);
        bytes -= partition.bytes;
        dropped.partitions += 1;
        dropped.rows += partition.rows;
        dropped.bytes += partition.bytes;
      }
      if (failures.length === 0) return;
      throw new Error(
        `days of a table that could not be dropped: ${failures.length}; the first, ${failures[0]}`,
      );
    },
  };
}

/** ClickHouse refuses to drop more than 50 GB at once, against mistakes; its nodes get the setting with the statement. */
export function dropPartition(id: string): string {
  return `DROP PARTITION ID '${id}' SETTINGS max_partition_size_to_drop = 0`;
}

/** Days of the tables that we made; on a cluster of one replica of each shard. */
async function readPartitions(query: Query, layout: Layout): Promise<Partition[]> {
  const names = new Map(agingTables(layout).map(({ name }) => [localName(layout, name), name]));
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
