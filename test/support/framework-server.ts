import {
  type Agent,
  createServer,
  request as httpRequest,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FrameworkApp } from './framework-routes.js';

export interface Reply {
  readonly status: number | undefined;
  readonly body: string;
  /** Whether it came over a connection that had served another request. */
  readonly reused: boolean;
}

export interface AskOptions {
  readonly method?: string;
  /** Sent one by one, each once the one before has left. */
  readonly body?: readonly string[];
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

export interface FrameworkServer extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  ask(path: string, options?: AskOptions): Promise<Reply>;
  /** Resolves once that many responses, in all, have closed and every listener has seen it. */
  closed(count: number): Promise<void>;
}

/** Serves an application in this process, on a free port. */
export async function serveFramework(app: FrameworkApp): Promise<FrameworkServer> {
  let closed = 0;
  let checks: (() => void)[] = [];
  const server = createServer((request, response) => {
    // Listens before the middleware does, hence the turn in between.
    response.on('close', () => setImmediate(noteClosed));
    app.listener(request, response);
  });
  const noteClosed = (): void => {
    closed += 1;
    for (const check of checks) check();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    ask: (path, options = {}) => ask(port, path, options),
    closed: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (closed >= count) resolve();
        };
        checks = [...checks, check];
        check();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await app.close?.();
    },
  };
}

/** Serves one request, until its response has closed. */
export async function serve(
  listener: RequestListener,
  path: string,
  options: AskOptions = {},
): Promise<Reply> {
  await using server = await serveFramework({ listener });
  const reply = await server.ask(path, options);
  await server.closed(1);
  return reply;
}

async function ask(port: number, path: string, options: AskOptions): Promise<Reply> {
  const { method = 'GET', body = [], agent, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: body.length === 0 ? {} : { 'content-type': 'text/plain' },
    ...(agent === undefined ? {} : { agent }),
    ...(signal === undefined ? {} : { signal }),
  });
  request.on('error', reject);
  request.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('error', reject);
    response.on('end', () =>
      resolve({ status: response.statusCode, body: text, reused: request.reusedSocket }),
    );
  });
  for (const part of body) await new Promise((sent) => request.write(part, sent));
  request.end();
  return promise;
}
