/** Collects a body as it comes. */
export interface BodyBuffer {
  /** @throws what `reserve` throws; nothing was added then */
  append(chunk: Uint8Array): void;
  /** What has come so far. */
  bytes(): Buffer;
  /** Lets go of what has come. */
  discard(): void;
}

export interface BodyBufferOptions {
  /** The most that will be appended, in bytes. */
  readonly maxBytes: number;
  /** How many bytes the sender announced; 0 where it did not. */
  readonly announced: number;
  /** Told how many bytes of memory are taken, before they are. May throw. */
  readonly reserve: (bytes: number) => void;
}

/** No more is taken for what is only announced. */
const MAX_FIRST_BYTES = 64 * 1024;

const EMPTY = Buffer.alloc(0);

/**
 * One buffer that doubles. A list of chunks would take what the sender likes: each is an object of some hundreds of bytes,
 * and may hold one byte.
 */
export function createBodyBuffer({ maxBytes, announced, reserve }: BodyBufferOptions): BodyBuffer {
  const most = announced > 0 ? Math.min(announced, maxBytes) : maxBytes;
  let held = EMPTY;
  let length = 0;
  const grow = (needed: number): void => {
    const wanted = length === 0 ? Math.min(announced, MAX_FIRST_BYTES) : 2 * held.length;
    const capacity = Math.max(needed, Math.min(wanted, most));
    reserve(capacity);
    const larger = Buffer.allocUnsafeSlow(capacity);
    larger.set(held.subarray(0, length));
    held = larger;
  };
  return {
    append(chunk) {
      const needed = length + chunk.length;
      if (needed > held.length) grow(needed);
      held.set(chunk, length);
      length = needed;
    },
    bytes: () => held.subarray(0, length),
    discard() {
      held = EMPTY;
      length = 0;
    },
  };
}
