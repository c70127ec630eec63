import type { IncomingMessage } from 'node:http';
import { BackendError } from '../store/backend-error.js';

/** Of a body that is refused so much is read and thrown away, so that the answer reaches an honest sender. */
const MAX_REFUSED_BYTES = 16 * 2 ** 20;

/**
 * The whole body, as it came.
 *
 * @throws BackendError `too-large`, `bad-request` where the sender went away
 */
export async function readRequestBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > maxBytes + MAX_REFUSED_BYTES) break;
    }
  } catch (error) {
    throw new BackendError('bad-request', 'The connection ended before the body did; send it again.', error);
  }
  if (size > maxBytes) {
    throw new BackendError('too-large', `The body may have ${maxBytes} bytes at most; it has more.`);
  }
  return Buffer.concat(chunks, size);
}

/** @throws BackendError `bad-request` where it is no JSON object in UTF-8 */
export function parseJsonObject(body: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new BackendError(
      'bad-request',
      `The body must be JSON in UTF-8: ${(error as Error).message}.`,
      error,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BackendError('bad-request', 'The body must be a JSON object.');
  }
  return value as Readonly<Record<string, unknown>>;
}
