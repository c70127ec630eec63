import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BackendError } from '../store/backend-error.js';

/** A server that listens, and its address. */
export interface Listener {
  readonly url: string;
  /** Takes no more connections and waits for the requests under way, at most `DRAIN_MS`. */
  close(): Promise<void>;
}

/** Exporters give up after 10 s; a request that is not answered by then is sent again. */
const DRAIN_MS = 10_000;

/** @throws BackendError `cannot-listen`, naming the port and the option that sets it */
export async function listen(
  handler: RequestListener,
  host: string,
  port: number,
  option: string,
): Promise<Listener> {
  const underWay = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    handler(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, option)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${name}:${address.port}`, close: () => drain(server, underWay) };
}

function drain(server: Server, underWay: ReadonlySet<ServerResponse>): Promise<void> {
  // A connection that is kept alive would bring the next request to a server that closes.
  for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(giveUp);
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number, option: string): Error {
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
