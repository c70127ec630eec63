import type { Metric, Rejection, TelemetrySink } from '../otlp/model.js';
import { openEngine, type StoreLocation } from './engine.js';
import { createInsertMeter, type InsertStats } from './insert-stats.js';
import { type Command, migrate } from './migrations.js';
import { logRows, metricRows, type Row, type RowsByTable, spanRows } from './rows.js';
import { metricsText, recordsText } from './text-size.js';
import { createBatchWriter, type Waited } from './writer.js';

/** Values for the `{name:Type}` places of a query; the engine binds them, they never become SQL text. */
export type QueryParameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | readonly number[]>
>;

/** Reads rows. SQL is ours alone: nothing that came from telemetry or a user may stand in it. */
export type Query = <T>(sql: string, parameters?: QueryParameters) => Promise<T[]>;

/** Rows of one request, as characters of JSON: what takes more can never be stored, so it must not be sent again. */
const MAX_REQUEST_TEXT = 256 * 2 ** 20;

export interface Store {
  readonly sink: TelemetrySink;
  /** Keeps rows of `telltale_changes`; resolves when they are stored, as the sink does. */
  changes(rows: readonly Row[]): Promise<Rejection | undefined>;
  readonly query: Query;
  readonly stats: StoreStats;
  /** Waits for what was taken, then closes the engine. */
  close(): Promise<void>;
}

/** What the store did since it was opened, and what waits in it now. */
export interface StoreStats {
  readonly inserts: InsertStats;
  waiting(): Waited;
}

/**
 * Opens the store and brings its tables to the present schema.
 *
 * @throws BackendError `engine-missing`, `data-dir-in-use`, `data-dir-unusable`, `clickhouse-unreachable`,
 * `schema-newer`, `schema-unusable`
 */
export async function openStore(location: StoreLocation): Promise<Store> {
  const engine = await openEngine(location);

  const query: Query = async (sql, parameters = {}) => {
    const result = await engine.query.query({
      query: sql,
      format: 'JSONEachRow',
      query_params: parameters as Record<string, unknown>,
    });
    return result.json();
  };
  const command: Command = async (sql, parameters = {}) => {
    await engine.ingest.command({ query: sql, query_params: parameters as Record<string, unknown> });
  };
  const { inlets } = await migrate(command, query).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });

  const meter = createInsertMeter();
  const insert = meter.measure(async (table, rows) => {
    await engine.ingest.insert({
      table: inlets.get(table) ?? table,
      values: rows as Row[],
      format: 'JSONEachRow',
    });
  });
  const writer = createBatchWriter(insert);

  async function write(
    records: number,
    text: number,
    rowsOf: () => RowsByTable,
  ): Promise<Rejection | undefined> {
    if (text > MAX_REQUEST_TEXT) return tooLarge(records, text);
    const tables = Object.entries(rowsOf());
    const all = tables.reduce((sum, [, rows]) => sum + rows.length, 0);
    const rejections = await Promise.all(
      tables.map(([table, rows]) => writer.write(table, rows, Math.ceil((text * rows.length) / all))),
    );
    return rejections.reduce(addRejections, undefined);
  }

  let closing: Promise<void> | undefined;
  return {
    sink: {
      spans: (spans) => write(spans.length, recordsText(spans), () => spanRows(spans)),
      logs: (records) => write(records.length, recordsText(records), () => logRows(records)),
      metrics: (metrics) => write(points(metrics), metricsText(metrics), () => metricRows(metrics)),
    },
    changes: (rows) => write(rows.length, JSON.stringify(rows).length, () => ({ telltale_changes: rows })),
    query,
    stats: { inserts: meter.stats, waiting: writer.waiting },
    close() {
      closing ??= writer.idle().then(() => engine.close());
      return closing;
    },
  };
}

function points(metrics: readonly Metric[]): number {
  return metrics.reduce((sum, metric) => sum + metric.points.length, 0);
}

function tooLarge(count: number, text: number): Rejection {
  const size = Math.ceil(text / 2 ** 20);
  const message =
    `As rows these would be ${size} MiB, and ${MAX_REQUEST_TEXT / 2 ** 20} MiB is the most: resource and scope ` +
    'attributes are stored with every row. Send smaller batches, or shorter attributes.';
  return { count, message };
}

function addRejections(a: Rejection | undefined, b: Rejection | undefined): Rejection | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { count: a.count + b.count, message: `${a.message} ${b.message}` };
}
