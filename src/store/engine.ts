import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { createChdbConnection } from 'chdb/connection';
import { BackendError } from './backend-error.js';
import type { ClickHouseLocation } from './clickhouse-location.js';

/** Where the rows go: a folder for the embedded engine, or a ClickHouse server. */
export type StoreLocation = { readonly dataDir: string } | ClickHouseLocation;

/** Clients of one engine. One connection runs one statement at a time: an insert must not wait behind a query. */
export interface Engine {
  readonly ingest: ClickHouseClient;
  /** Makes and alters tables. */
  readonly admin: ClickHouseClient;
  /** For questions, of which one is asked that has nothing to do: a comparison asks several at once. */
  readonly queries: readonly ClickHouseClient[];
  /**
   * Puts text in one of ClickHouse's formats into a table, through `ingest`'s connection.
   *
   * @throws Error with ClickHouse's name of the fault as its `type`
   */
  insert(table: string, format: InsertFormat, text: readonly Buffer[]): Promise<void>;
  close(): Promise<void>;
}

export type InsertFormat = 'CSVWithNames' | 'JSONEachRow';

/** The user's data folder, as the XDG base directory specification names it. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  return join(base, 'telltale');
}

const MISSING =
  'The backend needs its engine, which the application half does not install. Run:\n' +
  '  npx -p telltale -p chdb -p @clickhouse/client telltale up';

type ClientModule = { createClient: typeof createClient };
type ChdbModule = { createChdbConnection: typeof createChdbConnection };
type ChdbRootModule = { drainPending(): Promise<void> };

// Optional peers, so they are looked up when needed and their absence can say what to do.
function load<T>(name: string): T {
  try {
    return createRequire(import.meta.url)(name) as T;
  } catch (error) {
    throw new BackendError('engine-missing', `${name} could not be loaded. ${MISSING}`, error);
  }
}

/** `ClickHouseLogLevel.OFF`; the package is loaded late, so its enum cannot be imported. */
const LOG_OFF = 127 as ClickHouseLogLevel;

/**
 * One insert may carry rows of many days; ClickHouse refuses more than 100 partitions at once by default. It has had its
 * own buffer for small inserts on by default since 26; ours are batches already, and an acknowledgement must mean stored.
 */
const INGEST_SETTINGS = { max_partitions_per_insert_block: '0', async_insert: 0 } as const;

/**
 * A server's profile that sets these otherwise would have rows acknowledged that are nowhere, not yet or never, or would
 * refuse the columns that an older exporter's table lacks, or the empty fields of empty arrays and maps.
 */
const SERVER_INGEST_SETTINGS = {
  ...INGEST_SETTINGS,
  distributed_foreground_insert: 1,
  input_format_allow_errors_num: '0',
  input_format_allow_errors_ratio: 0,
  input_format_csv_empty_as_default: 1,
  input_format_skip_unknown_fields: 1,
  materialized_views_ignore_errors: 0,
} as const;

/** Each runs one query at a time, on one core mostly: as many as a comparison asks at once. */
const QUERY_CONNECTIONS = 2;

export async function openEngine(location: StoreLocation): Promise<Engine> {
  return 'dataDir' in location ? openEmbedded(location.dataDir) : openServer(location);
}

async function openEmbedded(dataDir: string): Promise<Engine> {
  const { createClient: create } = load<ClientModule>('@clickhouse/client');
  const { createChdbConnection: connect } = load<ChdbModule>('chdb/connection');
  const { drainPending } = load<ChdbRootModule>('chdb');
  try {
    makeFolder(resolve(dataDir));
  } catch (error) {
    throw new BackendError(
      'data-dir-unusable',
      `The data folder ${dataDir} cannot be made: ${(error as Error).message}. Name another with --data DIR.`,
      error,
    );
  }
  const open = (): { client: ClickHouseClient; connection: ReturnType<typeof connect> } => {
    try {
      const connection = connect({ path: dataDir });
      // chDB declares the connection of its own copy of the client's types; the objects are the same.
      const client = create({ connection } as unknown as Parameters<typeof create>[0]);
      return { client, connection };
    } catch (error) {
      throw new BackendError(
        'data-dir-in-use',
        `The data folder ${dataDir} cannot be opened. If another \`telltale up\` uses it, stop that one or name ` +
          'another folder with --data DIR; else check that the folder can be written.',
        error,
      );
    }
  };
  const { client: ingest, connection } = open();
  const queries = Array.from({ length: QUERY_CONNECTIONS }, () => open().client);
  // The embedded engine has no settings of a request, only of the session.
  for (const [name, value] of Object.entries(INGEST_SETTINGS)) {
    await ingest.command({ query: `SET ${name} = ${value}` });
  }
  return {
    ingest,
    admin: ingest,
    queries,
    async insert(table, format, text) {
      // The client would make a string of it, and the engine bytes again.
      const values = Buffer.concat(text);
      try {
        await connection.chdb.rawInsert({ table, format, values });
      } catch (error) {
        throw named(error);
      }
    },
    async close() {
      await drainPending();
      await Promise.all([ingest, ...queries].map((client) => client.close()));
      await drainPending();
    },
  };
}

/** As the client's errors are: ClickHouse ends its message with the name of the fault. */
function named(error: unknown): unknown {
  const message = error instanceof Error ? error.message : '';
  const type = [...message.matchAll(/\(([A-Z][A-Z_0-9]+)\)/g)].at(-1)?.[1];
  return type === undefined ? error : Object.assign(error as Error, { type });
}

/** Node's own recursive form never ends under /proc, and takes no signal meanwhile (Node 24.21). */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder);
  }
}

/** Longest silence of a statement that alters tables: a cluster waits for all its nodes, filling a view takes a while. */
const ADMIN_TIMEOUT_MS = 3_600_000;

async function openServer({ clickhouseUrl: url, ...access }: ClickHouseLocation): Promise<Engine> {
  const { createClient: create } = load<ClientModule>('@clickhouse/client');
  // What goes wrong is said once, by us.
  const log = { level: LOG_OFF };
  const ingest = create({ url, ...access, log, clickhouse_settings: SERVER_INGEST_SETTINGS });
  const admin = create({
    url,
    ...access,
    log,
    clickhouse_settings: SERVER_INGEST_SETTINGS,
    request_timeout: ADMIN_TIMEOUT_MS,
  });
  const query = create({ url, ...access, log });
  const answer = await query.ping({ select: true });
  if (!answer.success) {
    await Promise.all([ingest.close(), admin.close(), query.close()]);
    throw new BackendError(
      'clickhouse-unreachable',
      `ClickHouse at ${withoutPassword(url)} did not answer: ${answer.error.message}. Check --clickhouse URL.`,
      answer.error,
    );
  }
  return {
    ingest,
    admin,
    queries: [query],
    async insert(table, format, text) {
      // The client's `insert` takes text for CSV alone; JSON it would make itself, of objects.
      const { stream } = await ingest.exec({
        query: `INSERT INTO ${table} FORMAT ${format}`,
        values: Readable.from(text, { objectMode: false }),
        // Replicated tables drop an insert that equals an earlier one, as a retry; two batches may be equal by right.
        clickhouse_settings: { insert_deduplication_token: randomUUID() },
      });
      await finished(stream.resume());
    },
    async close() {
      await Promise.all([ingest.close(), admin.close(), query.close()]);
    },
  };
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.toString();
}
