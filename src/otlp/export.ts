import { type Budget, createBudget } from './budget.js';
import { isOtlpDecodeError } from './decode-error.js';
import { DEFAULT_MAX_BODY_BYTES, DEFAULT_MAX_HELD_BYTES } from './limits.js';
import type { TelemetrySink } from './model.js';
import { refuse, refuseForNow } from './refusal.js';
import type { Delivery, Encoding, Signal, SignalName } from './signals.js';

/** What the receivers share, whatever a request came by. */
export interface Exporting {
  /** Where the rows go. A request is only answered after its promise has settled. */
  readonly sink: TelemetrySink;
  /** Largest body in bytes, after decompression. */
  readonly maxBodyBytes: number;
  readonly budget: Budget;
  /** Told what the sink threw, and any fault of the receiver itself. Must not throw. */
  readonly report: (error: unknown) => void;
  /** Told of every request that was answered. Must not throw. */
  readonly observe: (request: AnsweredRequest) => void;
}

export interface ReceiverOptions {
  readonly sink: TelemetrySink;
  /** Largest body in bytes, after decompression. @default 16 MiB */
  readonly maxBodyBytes?: number;
  /** Largest sum of the bodies of all requests under way, in bytes. @default 64 MiB */
  readonly maxHeldBytes?: number;
  /**
   * Told what the sink threw (answered with 503), and any fault of a receiver itself (500). It has no
   * other way out: the sender only learns that it should try again.
   */
  readonly onError?: (error: unknown) => void;
  readonly onRequest?: (request: AnsweredRequest) => void;
}

/** What several receivers of one process share: they hold bytes out of one budget. */
export function createExporting(options: ReceiverOptions): Exporting {
  const { sink, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, maxHeldBytes = DEFAULT_MAX_HELD_BYTES } = options;
  for (const [name, bytes] of Object.entries({ maxBodyBytes, maxHeldBytes })) {
    if (!Number.isSafeInteger(bytes) || bytes < 1) {
      throw new RangeError(`${name}: expected a whole number of bytes above 0, got ${bytes}.`);
    }
  }
  return {
    sink,
    maxBodyBytes,
    budget: createBudget(maxHeldBytes),
    report: guarded(options.onError),
    observe: guarded(options.onRequest),
  };
}

/** A broken log is no reason to leave a sender without answer. */
function guarded<T>(listener: ((value: T) => void) | undefined): (value: T) => void {
  return (value) => {
    try {
      listener?.(value);
    } catch {
      // Nobody is left to tell.
    }
  };
}

/** One export request, as it was answered. */
export interface AnsweredRequest {
  readonly protocol: 'http' | 'grpc';
  /** null where it was refused before that was known. */
  readonly signal: SignalName | null;
  /** The status of HTTP; that of gRPC has the same meanings. */
  readonly status: number;
  /** The body after decompression; 0 where it was not read. */
  readonly bytes: number;
  /** null where nothing of the request was stored. */
  readonly delivery: Delivery | null;
}

/**
 * Decodes a body and hands it to the sink.
 *
 * @throws Refusal 400 or 413 for a body that will never be accepted, 429 where too much waits for the store, 503 where
 * the store failed
 */
export async function exportBody(
  signal: Signal,
  body: Uint8Array,
  encoding: Encoding,
  { sink, report }: Exporting,
): Promise<Delivery> {
  const deliver = decode(signal, body, encoding);
  try {
    return await deliver(sink);
  } catch (error) {
    if (isQueueFull(error)) {
      throw refuseForNow(429, 'Too much waits for the store. Send this batch again later.');
    }
    report(error);
    throw refuseForNow(
      503,
      'The store could not take this batch now; nothing of it is acknowledged. Send it again.',
    );
  }
}

function decode(signal: Signal, body: Uint8Array, encoding: Encoding): ReturnType<Signal['decode']> {
  try {
    return signal.decode(body, encoding);
  } catch (error) {
    if (!isOtlpDecodeError(error)) throw error;
    throw refuse(error.code === 'too-many' ? 413 : 400, error.message);
  }
}

/** See `TelemetrySink`: it is no fault, and the queue's own numbers tell of it. */
function isQueueFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'queue-full';
}
