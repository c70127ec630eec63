import type { IncomingMessage } from 'node:http';
import { createBodyBuffer } from './body-buffer.js';
import type { Hold } from './budget.js';
import { appendWithin, type Compression, inflate, tooLarge } from './inflate.js';

/** The client went away before its body was whole: there is nobody to answer. */
export const DISCONNECTED: unique symbol = Symbol('disconnected');

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
  const { maxBytes, hold } = limits;
  const whole = await inflate(body, compression, maxBytes, (bytes) =>
    hold.set(body.buffer.byteLength + bytes),
  );
  hold.set(whole.buffer.byteLength);
  return whole;
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
