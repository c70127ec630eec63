import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Stranger extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Every request as it came: one line for the path, and one for each header. */
  readonly requests: string[];
}

/** A server of somebody else, which keeps all that it is told. */
export async function startStranger(): Promise<Stranger> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { rawHeaders } = request;
    const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
    requests.push([request.url, ...lines].join('\n'));
    response.end('thanks');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
