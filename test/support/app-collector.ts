import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** One export as it arrived. */
export interface Export {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly exports: Export[];
}

/** An OTLP/HTTP receiver that keeps everything. */
export async function startCollector(): Promise<Collector> {
  const exports: Export[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    exports.push({ path: request.url ?? '', contentType: request.headers['content-type'], body });
    response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'text/plain' });
    response.end(request.headers['content-type'] === 'application/json' ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
