import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createClient } from '@clickhouse/client';
import { Session } from 'chdb';
import { createChdbConnection } from 'chdb/connection';
import { type Engine, type InsertFormat, openEngine } from '../../src/store/engine.js';
import { answerNative, insertNative } from './clickhouse-native.js';

/** A certificate authority for these tests, and what it signed. */
export const TLS_FOLDER: string = new URL('../fixtures/tls/', import.meta.url).pathname;

/**
 * A stand-in for a ClickHouse server: its HTTP interface in front of chDB, which is the same engine. Knows what
 * `@clickhouse/client` sends: a statement in the body or, before the rows of an insert, in the URL; values of parameters
 * and settings, which hold for the request. Of Go's client, which a collector has, it knows the format without compression. It can be gone, and come back on the same port.
 */
export interface ClickHouseFront {
  readonly url: string;
  readonly engine: Engine;
  /** How each request so far asked to be let in: `user:password`, or `user by certificate`. */
  readonly users: ReadonlySet<string>;
  /** As a server that was killed: connections break, and no new one is taken. */
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
  /** The next insert is done, and its answer is lost. */
  loseNextAnswer(): void;
  close(): Promise<void>;
}

export async function clickHouseFront(
  dataDir: string,
  options: {
    readonly tls?: boolean;
    readonly cluster?: boolean;
    /** Settings that the user has where a request does not say otherwise. */
    readonly profile?: Readonly<Record<string, string>>;
  } = {},
): Promise<ClickHouseFront> {
  const tls = options.tls === true;
  const cluster = options.cluster === true ? knowCluster(dataDir) : undefined;
  const engine = await openEngine({ dataDir });
  const users = new Set<string>();
  let server: Server;
  let port = 0;
  let losesAnswer = false;

  const answer: RequestListener = (request, response) => {
    users.add(userOf(request));
    run(dataDir, request, options.profile).then(
      ({ body, inserted }) => {
        const lost = inserted && losesAnswer;
        if (lost) losesAnswer = false;
        if (lost) request.socket.destroy();
        else response.end(body);
      },
      (error: Error) => {
        response
          .writeHead(500)
          .end(`Code: 1. DB::Exception: ${error.message} (${'type' in error ? error.type : 'UNKNOWN'})`);
      },
    );
  };
  const start = async (): Promise<void> => {
    server = tls ? createTlsServer(tlsOptions(), answer) : createServer(answer);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await start();
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    engine,
    users,
    stop,
    start,
    loseNextAnswer() {
      losesAnswer = true;
    },
    async close() {
      if (server.listening) await stop();
      await engine.close();
      cluster?.close();
    },
  };
}

/** The one cluster that `cluster: true` gives. */
export const CLUSTER = 'main';

/**
 * The engine takes a configuration with its first session: a cluster of one shard, which is itself. It has no Keeper, so
 * `ON CLUSTER` and `Replicated` are taken out of statements; `Distributed` tables are real.
 */
function knowCluster(dataDir: string): Session {
  const file = join(dataDir, 'cluster.xml');
  const replica = '<replica><host>127.0.0.1</host><port>9000</port></replica>';
  const servers = `<remote_servers><${CLUSTER}><shard>${replica}</shard></${CLUSTER}></remote_servers>`;
  writeFileSync(file, `<clickhouse><tcp_port>9000</tcp_port>${servers}</clickhouse>`);
  return new Session(dataDir, { connectionArgs: [`--config-file=${file}`] });
}

function withoutKeeper(statement: string): string {
  return statement.replaceAll(` ON CLUSTER ${CLUSTER}`, '').replaceAll('ENGINE = Replicated', 'ENGINE = ');
}

function tlsOptions(): Parameters<typeof createTlsServer>[0] {
  const pem = (name: string): Buffer => readFileSync(`${TLS_FOLDER}${name}.pem`);
  const own = { ca: pem('ca'), cert: pem('server'), key: pem('server-key') };
  return { ...own, requestCert: true, rejectUnauthorized: true };
}

function userOf({ headers }: IncomingMessage): string {
  if (headers['x-clickhouse-ssl-certificate-auth'] === 'on') {
    return `${headers['x-clickhouse-user']} by certificate`;
  }
  return Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
}

/** What the address says beside parameters and settings. */
const NO_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'client_protocol_version',
  'compress',
]);

/** In a session of its own, which is how settings end with the request. */
async function run(
  dataDir: string,
  request: IncomingMessage,
  profile: Readonly<Record<string, string>> = {},
): Promise<{ body: Buffer; inserted: boolean }> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://front');
  const body = await buffer(request);
  if (pathname === '/ping') return { body: Buffer.from('Ok.\n'), inserted: false };
  const statement = searchParams.get('query');
  const inserted = statement !== null && body.length > 0;
  const connection = createChdbConnection({ path: dataDir });
  const client = createClient({ connection } as unknown as Parameters<typeof createClient>[0]);
  try {
    for (const [name, value] of [...Object.entries(profile), ...searchParams]) {
      if (NO_SETTINGS.has(name)) continue;
      const text = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
      await client.command({ query: `SET ${name} = '${text}'` });
    }
    if (searchParams.get('default_format') === 'Native') {
      if (!inserted) return { body: await answerNative(client, body.toString()), inserted };
      await insertNative(client, statement, body);
      return { body: Buffer.alloc(0), inserted };
    }
    if (inserted) {
      const [, table = '', format = ''] = /^INSERT INTO (\S+) FORMAT (\w+)/.exec(statement.trim()) ?? [];
      await connection.chdb.rawInsert({ table, format: format as InsertFormat, values: body });
      return { body: Buffer.alloc(0), inserted };
    }
    const { stream } = await client.exec({ query: withoutKeeper(statement ?? body.toString()) });
    return { body: await buffer(stream), inserted };
  } finally {
    await client.close();
  }
}
