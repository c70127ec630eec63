import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { BackendError } from '../store/backend-error.js';

/** A server that listens, and its address. */
export interface Listener {
  readonly url: string;
  /** Takes no more connections and waits for the requests under way, at most `DRAIN_MS`. */
  close(): Promise<void>;
}

/** Exporters give up after 10 s; a request that is not answered by then is sent again. */
export const DRAIN_MS = 10_000;

/** Of one port; those beyond are closed at once, and their senders try again. */
const MAX_CONNECTIONS = 2000;

/** How long a client may take for what it sends. */
interface Patience {
  readonly headersMs: number;
  /** Head and body. */
  readonly requestMs: number;
}

/** An exporter gives up on a request after 10 s; what takes longer holds a connection for nothing. */
const PATIENCE: Patience = { headersMs: 10_000, requestMs: 30_000 };

/** Late requests are looked for at this share of the patience, so that they end soon after it. */
const CHECKS = 10;

/** Why a connection was closed that no request came of. */
export type RefusedConnection = 'too_many' | 'timeout' | 'malformed';

/** Where to listen. */
export interface Place {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The option that sets the port, for messages. */
  readonly option: string;
  readonly onRefused?: (why: RefusedConnection) => void;
}

/** @throws BackendError `cannot-listen`, naming the port and the option that sets it */
export async function listen(
  handler: RequestListener,
  place: Place,
  { headersMs, requestMs }: Patience = PATIENCE,
): Promise<Listener> {
  const underWay = new Set<ServerResponse>();
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.ceil(headersMs / CHECKS),
    },
    (request, response) => {
      underWay.add(response);
      response.once('close', () => underWay.delete(response));
      handler(request, response);
    },
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuseClient(error, socket, place.onRefused),
  );
  await bind(server, place);
  return {
    url: `http://${addressOf(server)}`,
    close() {
      // A connection that is kept alive would bring the next request to a server that closes.
      for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
      return new Promise((resolve) => {
        const giveUp = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(giveUp);
          resolve();
        });
      });
    },
  };
}

/** What Node answers by itself where nobody listens, and counted. */
function refuseClient(error: NodeJS.ErrnoException, socket: Duplex, onRefused: Place['onRefused']): void {
  const timeout = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  // A client that went away is neither.
  if (timeout || error.code?.startsWith('HPE_') === true) onRefused?.(timeout ? 'timeout' : 'malformed');
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = timeout ? '408 Request Timeout' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}

/** @throws BackendError `cannot-listen` */
export function bind(server: NetServer, place: Place): Promise<void> {
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', () => place.onRefused?.('too_many'));
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, place)));
    server.listen(place.port, place.host, resolve);
  });
}

/** Host and port, as a URL has them. */
export function addressOf(server: NetServer): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function listenError(error: NodeJS.ErrnoException, { host, port, option }: Place): Error {
  const where = `port ${port} of ${host}`;
  if (error.code === 'EADDRINUSE') {
    return new BackendError(
      'cannot-listen',
      `${where} is in use. Stop what listens there, name another with ${option} PORT, or ${option} 0 for a free one.`,
    );
  }
  if (error.code === 'EACCES')
    return new BackendError(
      'cannot-listen',
      `${where} may not be used by this user; name another with ${option} PORT.`,
    );
  return new BackendError(
    'cannot-listen',
    `Cannot listen on ${where}: ${error.message}. Check ${option} and --host.`,
  );
}
