import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { refuse } from './http-refusal.js';

const inflate = promisify(gunzip);

/** The client went away before its body was whole: there is nobody to answer. */
export const DISCONNECTED: unique symbol = Symbol('disconnected');

/**
 * The body, decompressed. Never holds more than `maxBytes` of what came and as much of what it inflates to;
 * inflation stops at the limit.
 *
 * @throws HttpRefusal 413 or 400
 */
export async function readBody(
  request: IncomingMessage,
  compressed: boolean,
  maxBytes: number,
): Promise<Buffer | typeof DISCONNECTED> {
  // An honest length spares reading what will be refused; a wrong one is caught while reading.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const body = await collect(request, maxBytes);
  if (!compressed || body === DISCONNECTED) return body;
  try {
    return await inflate(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) throw tooLarge(maxBytes);
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(
      400,
      `Malformed gzip: expected a whole gzip stream, got ${reason}. Check the Content-Encoding header.`,
    );
  }
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer | typeof DISCONNECTED> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData);
      request.pause();
      // The answer waits for the sender to stop; this memory need not.
      chunks.length = 0;
      reject(tooLarge(maxBytes));
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks, size)));
    // 'close' comes last in every case, and settling twice does nothing. Node keeps the 'error' of a broken
    // connection to itself where nobody listens, but does not promise to; unheard it would end the process.
    request.on('error', () => resolve(DISCONNECTED));
    request.once('close', () => resolve(DISCONNECTED));
  });
}

function tooLarge(maxBytes: number): Error {
  return refuse(
    413,
    `Expected a body of at most ${maxBytes} bytes after decompression, got more. Send smaller batches.`,
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
