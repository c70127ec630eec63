import type { Rejection, TelemetrySink } from '../otlp/model.js';
import { openEngine, type StoreLocation } from './engine.js';
import { logRows, metricRows, type RowsByTable, spanRows } from './rows.js';
import { SCHEMA } from './schema.js';
import { createBatchWriter } from './writer.js';

/** Values for the `{name:Type}` places of a query; the engine binds them, they never become SQL text. */
export type QueryParameters = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Reads rows. SQL is ours alone: nothing that came from telemetry or a user may stand in it. */
export type Query = <T>(sql: string, parameters?: QueryParameters) => Promise<T[]>;

export interface Store {
  readonly sink: TelemetrySink;
  readonly query: Query;
  /** Waits for what was taken, then closes the engine. */
  close(): Promise<void>;
}

/**
 * Opens the store and makes its tables where they are missing.
 *
 * @throws BackendError `engine-missing`, `data-dir-in-use`, `data-dir-unusable`, `clickhouse-unreachable`
 */
export async function openStore(location: StoreLocation): Promise<Store> {
  const engine = await openEngine(location);
  for (const statement of SCHEMA) await engine.ingest.command({ query: statement });
  if ('dataDir' in location) {
    // The embedded engine has no settings of a request, only of the session.
    await engine.ingest.command({ query: 'SET max_partitions_per_insert_block = 0' });
  }

  const writer = createBatchWriter(async (table, rows) => {
    await engine.ingest.insert({ table, values: rows as Row[], format: 'JSONEachRow' });
  });

  async function write(tables: RowsByTable): Promise<Rejection | undefined> {
    const rejections = await Promise.all(
      Object.entries(tables).map(([table, rows]) => writer.write(table, rows)),
    );
    return rejections.reduce(addRejections, undefined);
  }

  const query: Query = async (sql, parameters = {}) => {
    const result = await engine.query.query({
      query: sql,
      format: 'JSONEachRow',
      query_params: parameters as Record<string, unknown>,
    });
    return result.json();
  };

  let closing: Promise<void> | undefined;
  return {
    sink: {
      spans: (rows) => write(spanRows(rows)),
      logs: (rows) => write(logRows(rows)),
      metrics: (rows) => write(metricRows(rows)),
    },
    query,
    close() {
      closing ??= writer.idle().then(() => engine.close());
      return closing;
    },
  };
}

type Row = Record<string, unknown>;

function addRejections(a: Rejection | undefined, b: Rejection | undefined): Rejection | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { count: a.count + b.count, message: `${a.message} ${b.message}` };
}
