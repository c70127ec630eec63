import type { Hold } from './budget.js';
import type { Exporting } from './export.js';
import { type CallInternals, internalsOf } from './grpc-internals.js';
import { type Compression, inflate, isCompression } from './inflate.js';
import { Refusal } from './refusal.js';

/** What is held of a call's message until it is whole. */
export interface Meter {
  /** The message is whole, or nobody waits for it any more. */
  release(): void;
  /** Frees what has come of it. Only after a status was sent. */
  abandon(): void;
  /**
   * Inflates the whole message within the budget; undefined where it is as it is meant.
   *
   * @throws Refusal 413, 429 or 400
   */
  inflated(message: Buffer): Promise<Buffer> | undefined;
}

/** What the object takes that grpc-js keeps of each frame until the message is whole: it may hold one byte. */
const FRAME_BYTES = 512;

/** The first byte of a message that is compressed. */
const COMPRESSED = 1;

/**
 * Holds a message out of the budget while it comes: grpc-js collects it by itself, and only hands on the whole. It would
 * also inflate it, and hold all messages that are whole at their largest at once: it is kept from that.
 *
 * @param onRefused told once, where it is more than is left; may be told at once
 */
export function meterMessage(
  call: object,
  { budget, maxBodyBytes }: Exporting,
  onRefused: (refusal: Refusal) => void,
): Meter {
  const hold = budget.hold();
  const internals = internalsOf(call);
  const stream = internals?.stream;
  const compression = takeCompression(internals);
  let compressed: boolean | undefined;
  const whole: Hold[] = [];
  let released = false;
  let bytes = 0;
  const take = (more: number): void => {
    bytes += more;
    try {
      hold.set(bytes);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      onRefused(error);
      meter.abandon();
    }
  };
  const onData = (frame: Buffer): void => {
    if (frame.length > 0) compressed ??= frame[0] === COMPRESSED;
    take(frame.length + FRAME_BYTES);
  };
  const meter: Meter = {
    release() {
      stream?.off('data', onData);
      hold.release();
      released = true;
      for (const own of whole) own.release();
    },
    abandon() {
      meter.release();
      // A client that goes on with it would keep what has come of it in memory. Not at once: the status would be dropped.
      setImmediate(() => stream?.close());
    },
    inflated(message) {
      if (compression === undefined || compressed !== true) return undefined;
      // A hold of its own: one that is set after its call has ended would never be given back.
      const inflating = budget.hold();
      const inflated = inflate(message, compression, maxBodyBytes, (more) => inflating.set(more));
      // grpc-js keeps what was inflated until the client ends the call, which may be never.
      return inflated.then(
        (bytes) => {
          if (released) inflating.release();
          else whole.push(inflating);
          return bytes;
        },
        (error: unknown) => {
          inflating.release();
          throw error;
        },
      );
    },
  };
  if (stream === undefined) take(maxBodyBytes);
  else stream.on('data', onData);
  return meter;
}

/** Messages with an encoding of ours come as they were sent; one that is not known is left to grpc-js, which refuses it. */
function takeCompression(internals: CallInternals | undefined): Compression | undefined {
  if (internals === undefined || !isCompression(internals.incomingEncoding)) return undefined;
  const compression = internals.incomingEncoding;
  internals.incomingEncoding = 'identity';
  return compression;
}
