import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Engine, type InsertFormat, openEngine } from '../../src/store/engine.js';

/**
 * A stand-in for a ClickHouse server: its HTTP interface in front of chDB, which is the same engine. Knows what
 * `@clickhouse/client` sends: a statement in the body or, before the rows of an insert, in the URL; values of parameters;
 * settings, which it ignores. It can be gone, and come back on the same port.
 */
export interface ClickHouseFront {
  readonly url: string;
  readonly engine: Engine;
  /** As a server that was killed: connections break, and no new one is taken. */
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
  /** The next insert is done, and its answer is lost. */
  loseNextAnswer(): void;
  close(): Promise<void>;
}

export async function clickHouseFront(dataDir: string): Promise<ClickHouseFront> {
  const engine = await openEngine({ dataDir });
  let server: Server;
  let port = 0;
  let losesAnswer = false;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://front');
    const body = await buffer(request);
    if (pathname === '/ping') return void response.end('Ok.\n');
    const statement = searchParams.get('query');
    if (statement !== null && body.length > 0) {
      const [, table = '', format = ''] = /^INSERT INTO (\S+) FORMAT (\w+)/.exec(statement.trim()) ?? [];
      await engine.insert(table, format as InsertFormat, [body]);
      if (losesAnswer) {
        losesAnswer = false;
        request.socket.destroy();
        return;
      }
      response.end();
      return;
    }
    const parameters = [...searchParams].filter(([name]) => name.startsWith('param_'));
    const { stream } = await engine.query.exec({
      query: statement ?? body.toString(),
      query_params: Object.fromEntries(
        parameters.map(([name, value]) => [name.slice('param_'.length), value]),
      ),
    });
    response.end(await buffer(stream));
  }

  const start = async (): Promise<void> => {
    server = createServer((request, response) => {
      answer(request, response).catch((error: Error) => {
        response
          .writeHead(500)
          .end(`Code: 1. DB::Exception: ${error.message} (${'type' in error ? error.type : 'UNKNOWN'})`);
      });
    });
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
    url: `http://127.0.0.1:${port}`,
    engine,
    stop,
    start,
    loseNextAnswer() {
      losesAnswer = true;
    },
    async close() {
      if (server.listening) await stop();
      await engine.close();
    },
  };
}
