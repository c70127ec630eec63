import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { WireReader } from '../../src/otlp/wire.js';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Call {
  readonly port: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Opens a request and leaves the body to `write`. Resolves at the reply's end, whether or not all was written. */
export function open(call: Call, write: (request: ClientRequest) => void): Promise<Reply> {
  const { port, method = 'POST', path = '/v1/traces', headers = {} } = call;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        request.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    request.on('error', reject);
    write(request);
  });
}

export function post(call: Call, body: Uint8Array | string): Promise<Reply> {
  return open(call, (request) => request.end(body));
}

/** A google.rpc.Status from either encoding. */
export function statusOf(reply: Reply): { code: number; message: string } {
  if (reply.headers['content-type'] === 'application/json') return JSON.parse(reply.body.toString());
  const reader = new WireReader(reply.body);
  const status = { code: 0, message: '' };
  while (reader.next()) {
    if (reader.field === 1) status.code = reader.int32();
    else if (reader.field === 2) status.message = reader.string();
    else throw new Error(`unexpected field ${reader.field} in a Status`);
  }
  return status;
}
