import type { IncomingMessage } from 'node:http';
import { type BodyBuffer, createBodyBuffer, type Hold } from '../otlp/index.js';
import { BackendError } from '../store/backend-error.js';

/** Of a body that is refused so much is read and thrown away, so that the answer reaches an honest sender. */
const MAX_REFUSED_BYTES = 16 * 2 ** 20;

export interface BodyLimits {
  /** Largest body, in bytes. */
  readonly maxBytes: number;
  /** Told of the memory that is taken. */
  readonly hold: Hold;
}

/**
 * The whole body, as it came.
 *
 * @throws BackendError `too-large`, `overloaded`, `bad-request` where the sender went away
 */
export async function readRequestBody(
  request: IncomingMessage,
  { maxBytes, hold }: BodyLimits,
): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const body = createBodyBuffer({ maxBytes, announced, reserve: (bytes) => hold.set(bytes) });
  let size = 0;
  let refusal: BackendError | undefined;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      refusal ??= append(body, chunk, maxBytes);
      if (refusal === undefined) continue;
      body.discard();
      hold.release();
      if (size > maxBytes + MAX_REFUSED_BYTES) break;
    }
  } catch (error) {
    throw new BackendError('bad-request', 'The connection ended before the body did; send it again.', error);
  }
  if (refusal !== undefined) throw refusal;
  return body.bytes();
}

function append(body: BodyBuffer, chunk: Buffer, maxBytes: number): BackendError | undefined {
  if (body.bytes().length + chunk.length > maxBytes) {
    return new BackendError('too-large', `The body may have ${maxBytes} bytes at most; it has more.`);
  }
  try {
    body.append(chunk);
    return undefined;
  } catch (error) {
    return new BackendError(
      'overloaded',
      'Too many bodies are on their way; send this one again later.',
      error,
    );
  }
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
