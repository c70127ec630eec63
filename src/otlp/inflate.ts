import { createGunzip, createInflate } from 'node:zlib';
import { type BodyBuffer, createBodyBuffer } from './body-buffer.js';
import { Refusal, refuse } from './refusal.js';

/** What a body may be compressed with, as the headers of HTTP and gRPC name it. */
export type Compression = 'gzip' | 'deflate';

/** `deflate` is zlib's format, with its header and checksum. */
const DECOMPRESS = { gzip: createGunzip, deflate: createInflate };

export function isCompression(name: string): name is Compression {
  return Object.hasOwn(DECOMPRESS, name);
}

/**
 * A whole body, decompressed.
 *
 * @param maxBytes inflation stops there
 * @param reserve told how many bytes of memory are taken beside the body, before they are. May throw.
 * @throws Refusal 413, 400, or what `reserve` throws
 */
export async function inflate(
  body: Buffer,
  compression: Compression,
  maxBytes: number,
  reserve: (bytes: number) => void,
): Promise<Buffer> {
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
      `Malformed ${compression}: expected a whole ${format} stream, got ${reason}. Send it compressed as its header says.`,
    );
  }
}

/** @throws Refusal 413, and what the buffer's `reserve` throws */
export function appendWithin(body: BodyBuffer, chunk: Buffer, maxBytes: number): void {
  if (body.bytes().length + chunk.length > maxBytes) throw tooLarge(maxBytes);
  body.append(chunk);
}

export function tooLarge(maxBytes: number): Refusal {
  return refuse(
    413,
    `Expected a body of at most ${maxBytes} bytes after decompression, got more. Send smaller batches.`,
  );
}
