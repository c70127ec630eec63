import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { Hold } from './budget.js';
import { type Refusal, refuse } from './refusal.js';

/** The client went away before its body was whole: there is nobody to answer. */
export const DISCONNECTED: unique symbol = Symbol('disconnected');

/** What a Content-Encoding other than identity is undone with. */
export type Compression = 'gzip' | 'deflate';

/** HTTP's `deflate` is zlib's format, with its header and checksum. */
const DECOMPRESS = { gzip: promisify(gunzip), deflate: promisify(inflate) };

export function isCompression(name: string): name is Compression {
  return Object.hasOwn(DECOMPRESS, name);
}

export interface BodyLimits {
  /** Largest body in bytes, as it comes and as it inflates to; inflation stops there. */
  readonly maxBytes: number;
  /** Told of every byte that is held. */
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
  { maxBytes, hold }: BodyLimits,
): Promise<Buffer | typeof DISCONNECTED> {
  // An honest length spares reading what will be refused; a wrong one is caught while reading.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const body = await collect(request, maxBytes, hold);
  if (compression === undefined || body === DISCONNECTED) return body;
  const whole = await decompress(body, compression, maxBytes);
  hold.set(whole.length);
  return whole;
}

async function decompress(body: Buffer, compression: Compression, maxBytes: number): Promise<Buffer> {
  try {
    return await DECOMPRESS[compression](body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) throw tooLarge(maxBytes);
    const reason = error instanceof Error ? error.message : String(error);
    const format = compression === 'gzip' ? 'gzip' : 'zlib';
    throw refuse(
      400,
      `Malformed ${compression}: expected a whole ${format} stream, got ${reason}. Check the Content-Encoding header.`,
    );
  }
}

function collect(
  request: IncomingMessage,
  maxBytes: number,
  hold: Hold,
): Promise<Buffer | typeof DISCONNECTED> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const giveUp = (error: unknown): void => {
      request.off('data', onData);
      request.pause();
      // The answer waits for the sender to stop; this memory need not.
      chunks.length = 0;
      hold.release();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      try {
        if (size > maxBytes) throw tooLarge(maxBytes);
        hold.set(size);
        chunks.push(chunk);
      } catch (error) {
        giveUp(error);
      }
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks, size)));
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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
