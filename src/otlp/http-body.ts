import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { type BodyBuffer, createBodyBuffer } from './body-buffer.js';
import type { Hold } from './budget.js';
import { Refusal, refuse } from './refusal.js';

/** The client went away before its body was whole: there is nobody to answer. */
export const DISCONNECTED: unique symbol = Symbol('disconnected');

/** What a Content-Encoding other than identity is undone with. */
export type Compression = 'gzip' | 'deflate';

/** HTTP's `deflate` is zlib's format, with its header and checksum. */
const DECOMPRESS = { gzip: createGunzip, deflate: createInflate };

export function isCompression(name: string): name is Compression {
  return Object.hasOwn(DECOMPRESS, name);
}

export interface BodyLimits {
  /** Largest body in bytes, as it comes and as it inflates to; inflation stops there. */
  readonly maxBytes: number;
  /** Told of the memory that is taken, compressed and inflated. */
  readonly hold: Hold;
}

/**
 * The body, decompressed.
 *
 * @throws Refusal 413, 429 or 400
 */
export async function readBody(
  request: IncomingMessage,
  compression: Compression | undefined,
  limits: BodyLimits,
): Promise<Buffer | typeof DISCONNECTED> {
  const announced = Number(request.headers['content-length'] ?? 0);
  // An honest length spares reading what will be refused; a wrong one is caught while reading.
  if (announced > limits.maxBytes) throw tooLarge(limits.maxBytes);
  const body = await collect(request, announced, limits);
  if (compression === undefined || body === DISCONNECTED) return body;
  const whole = await decompress(body, compression, limits);
  limits.hold.set(whole.buffer.byteLength);
  return whole;
}

async function decompress(
  body: Buffer,
  compression: Compression,
  { maxBytes, hold }: BodyLimits,
): Promise<Buffer> {
  const reserve = (bytes: number): void => hold.set(body.buffer.byteLength + bytes);
  const whole = createBodyBuffer({ maxBytes, announced: 0, reserve });
  const stream = DECOMPRESS[compression]();
  stream.end(body);
  try {
    // Leaving the loop destroys the stream: nothing is inflated beyond what is refused.
    for await (const chunk of stream as AsyncIterable<Buffer>) appendWithin(whole, chunk, maxBytes);
    return whole.bytes();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const format = compression === 'gzip' ? 'gzip' : 'zlib';
    throw refuse(
      400,
      `Malformed ${compression}: expected a whole ${format} stream, got ${reason}. Check the Content-Encoding header.`,
    );
  }
}

/** @throws Refusal 413, 429 */
function appendWithin(body: BodyBuffer, chunk: Buffer, maxBytes: number): void {
  if (body.bytes().length + chunk.length > maxBytes) throw tooLarge(maxBytes);
  body.append(chunk);
}

function collect(
  request: IncomingMessage,
  announced: number,
  { maxBytes, hold }: BodyLimits,
): Promise<Buffer | typeof DISCONNECTED> {
  return new Promise((resolve, reject) => {
    const body = createBodyBuffer({ maxBytes, announced, reserve: (bytes) => hold.set(bytes) });
    const giveUp = (error: unknown): void => {
      request.off('data', onData);
      request.pause();
      // The answer waits for the sender to stop; this memory need not.
      body.discard();
      hold.release();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      try {
        appendWithin(body, chunk, maxBytes);
      } catch (error) {
        giveUp(error);
      }
    };
    request.on('data', onData);
    request.once('end', () => resolve(body.bytes()));
    // 'close' comes last in every case, and settling twice does nothing. Node keeps the 'error' of a broken
    // connection to itself where nobody listens, but does not promise to; unheard it would end the process.
    request.on('error', () => resolve(DISCONNECTED));
    request.once('close', () => resolve(DISCONNECTED));
  });
}

function tooLarge(maxBytes: number): Refusal {
  return refuse(
    413,
    `Expected a body of at most ${maxBytes} bytes after decompression, got more. Send smaller batches.`,
  );
}
