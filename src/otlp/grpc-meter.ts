import type { Http2Stream } from 'node:http2';
import type { Exporting } from './export.js';
import { Refusal } from './refusal.js';

/** What is held of a call's message until it is whole. */
export interface Meter {
  /** The message is whole, or nobody waits for it any more. */
  release(): void;
  /** Frees what has come of it. Only after a status was sent. */
  abandon(): void;
}

/** What the object takes that grpc-js keeps of each frame until the message is whole: it may hold one byte. */
const FRAME_BYTES = 512;

/**
 * Holds a message out of the budget while it comes: grpc-js collects it by itself, and only hands on the whole.
 *
 * @param onRefused told once, where it is more than is left; may be told at once
 */
export function meterMessage(
  call: object,
  { budget, maxBodyBytes }: Exporting,
  onRefused: (refusal: Refusal) => void,
): Meter {
  const hold = budget.hold();
  const stream = streamOf(call);
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
  const onData = (frame: Buffer): void => take(frame.length + FRAME_BYTES);
  const meter: Meter = {
    release() {
      stream?.off('data', onData);
      hold.release();
    },
    abandon() {
      meter.release();
      // A client that goes on with it would keep what has come of it in memory. Not at once: the status would be dropped.
      setImmediate(() => stream?.close());
    },
  };
  if (stream === undefined) take(maxBodyBytes);
  else stream.on('data', onData);
  return meter;
}

/** grpc-js keeps the stream to itself; where a version calls it otherwise, a message is held at its largest. */
function streamOf(call: object): Http2Stream | undefined {
  if (!('stream' in call)) return undefined;
  const { stream } = call;
  return stream instanceof Object && 'on' in stream && 'off' in stream && 'close' in stream
    ? (stream as Http2Stream)
    : undefined;
}
