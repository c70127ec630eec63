import { mergeRejections } from '../otlp/batch.js';
import type { Metric, Rejection, TelemetrySink } from '../otlp/model.js';
import { type Engine, openEngine, type StoreLocation } from './engine.js';
import { createInsertMeter, type InsertStats } from './insert-stats.js';
import type { Command } from './migrations.js';
import type { RowText } from './row-text.js';
import { HEADERS, logRows, MAX_REQUEST_TEXT, metricRows, type RowsByTable, spanRows } from './rows.js';
import type { StoreStatus } from './status.js';
import { type Losses, type StoreOptions, startUpkeep } from './upkeep.js';
import { createBatchWriter, type Waited } from './writer.js';

/** Values for the `{name:Type}` places of a query; the engine binds them, they never become SQL text. */
export type QueryParameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | readonly number[]>
>;

/** Reads rows. SQL is ours alone: nothing that came from telemetry or a user may stand in it. */
export type Query = <T>(sql: string, parameters?: QueryParameters) => Promise<T[]>;

/** A row of JSON: one property a column. */
export type Row = Readonly<Record<string, unknown>>;

/** The tables of what is told to others. */
export type NoticeTable = 'telltale_watchers' | 'telltale_notices' | 'telltale_deliveries';

export interface Store {
  readonly sink: TelemetrySink;
  /** Keeps rows of `telltale_changes`; resolves when they are stored, as the sink does. */
  changes(rows: readonly Row[]): Promise<Rejection | undefined>;
  /** Keeps rows of what is told to others, in the same way. */
  notices(table: NoticeTable, rows: readonly Row[]): Promise<Rejection | undefined>;
  readonly query: Query;
  readonly stats: StoreStats;
  /** What is in the store, and what it refused and dropped. */
  status(): Promise<StoreStatus>;
  /** Waits for what was taken, then closes the engine. */
  close(): Promise<void>;
}

/** What the store did since it was opened, and what waits in it now. */
export interface StoreStats {
  readonly inserts: InsertStats;
  waiting(): Waited;
  losses(): Losses;
  /** Tells of every insert that stored its rows, from now on. */
  onStored(listener: (table: string) => void): void;
}

/** Questions to an engine, whatever is in it. */
export function createQuery({ queries }: Engine): Query {
  const connections = queries.map((client) => ({ client, asked: 0 }));
  return async (sql, parameters = {}) => {
    const idlest = connections.reduce((one, other) => (other.asked < one.asked ? other : one));
    idlest.asked += 1;
    try {
      const result = await idlest.client.query({
        query: sql,
        format: 'JSONEachRow',
        query_params: parameters as Record<string, unknown>,
      });
      return await result.json();
    } finally {
      idlest.asked -= 1;
    }
  };
}

/**
 * Opens the store and brings its tables to the present schema.
 *
 * @throws BackendError `engine-missing`, `data-dir-in-use`, `data-dir-unusable`, `clickhouse-unreachable`,
 * `schema-newer`, `schema-unusable`
 */
export async function openStore(location: StoreLocation, options: StoreOptions = {}): Promise<Store> {
  const engine = await openEngine(location);

  const query = createQuery(engine);
  const command: Command = async (sql, parameters = {}) => {
    await engine.admin.command({ query: sql, query_params: parameters as Record<string, unknown> });
  };
  const upkeep = await startUpkeep(command, query, options).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });
  const { inlets } = upkeep.layout;

  const meter = createInsertMeter();
  const insert = meter.measure(async (table, rows) => {
    const texts = rows.map(({ text }) => text);
    const header = HEADERS.get(table);
    if (header === undefined) await engine.insert(table, 'JSONEachRow', texts);
    else await engine.insert(inlets.get(table) ?? table, 'CSVWithNames', [header, ...texts]);
  });
  const writer = createBatchWriter(insert);

  async function write(records: number, tables: RowsByTable | undefined): Promise<Rejection | undefined> {
    if (tables === undefined) return tooLarge(records);
    const writes = await Promise.allSettled([...tables].map(([table, rows]) => writer.write(table, rows)));
    // Only now: whoever is answered gives back the bytes that inserts still hold.
    return writes.map(answerOf).reduce(mergeRejections, undefined);
  }

  let closing: Promise<void> | undefined;
  return {
    sink: upkeep.limit({
      spans: (spans) => write(spans.length, spanRows(spans)),
      logs: (records) => write(records.length, logRows(records)),
      metrics: (metrics) => write(points(metrics), metricRows(metrics)),
    }),
    changes: (rows) => writer.write('telltale_changes', [jsonRows(rows)]),
    notices: (table, rows) => writer.write(table, [jsonRows(rows)]),
    query,
    stats: {
      inserts: meter.stats,
      waiting: writer.waiting,
      losses: upkeep.losses,
      onStored: meter.onStored,
    },
    status: upkeep.status,
    close() {
      closing ??= Promise.all([writer.idle(), upkeep.stop()]).then(() => engine.close());
      return closing;
    },
  };
}

function answerOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

function points(metrics: readonly Metric[]): number {
  return metrics.reduce((sum, metric) => sum + metric.points.length, 0);
}

function jsonRows(rows: readonly Row[]): RowText {
  return { rows: rows.length, text: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')) };
}

function tooLarge(count: number): Rejection {
  const message =
    `As rows these would be more than ${MAX_REQUEST_TEXT / 2 ** 20} MiB, which is the most: resource and scope ` +
    'attributes are stored with every row. Send smaller batches, or shorter attributes.';
  return { count, message };
}
