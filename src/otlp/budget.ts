import { type Refusal, refuseForNow } from './refusal.js';

/** Bytes of request bodies that are held at one time, over all requests. */
export interface Budget {
  readonly held: number;
  hold(): Hold;
}

/** What one request holds. */
export interface Hold {
  /**
   * From now on so many bytes, instead of what was held before.
   *
   * @throws Refusal 429 where that is more than is left; what was held stays held
   */
  set(bytes: number): void;
  release(): void;
}

/** As rows a body takes several times its size, so memory is bounded by a multiple of this. */
export function createBudget(maxBytes: number): Budget {
  let held = 0;
  return {
    get held() {
      return held;
    },
    hold() {
      let own = 0;
      return {
        set(bytes) {
          if (held - own + bytes > maxBytes) throw overloaded(maxBytes);
          held += bytes - own;
          own = bytes;
        },
        release() {
          held -= own;
          own = 0;
        },
      };
    },
  };
}

function overloaded(maxBytes: number): Refusal {
  return refuseForNow(
    429,
    `Requests of ${maxBytes} bytes are being stored already, and no more is held at one time. Send this one again later.`,
  );
}
