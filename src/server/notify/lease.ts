import { randomUUID } from 'node:crypto';
import type { Store } from '../../store/store.js';

/** How long a claim holds without being renewed, how often it is, and how long to wait for claims made at the same time. */
export interface LeaseTimes {
  readonly holdMs: number;
  readonly renewMs: number;
  readonly settleMs: number;
}

/** Being the one backend of those on a store that looks and tells. */
export interface Lease {
  readonly isHeld: boolean;
  /**
   * Claims it where nobody holds it, renews it where it is held; to be called again and again.
   *
   * @throws Error where the store cannot be asked: it is not held then
   */
  hold(): Promise<void>;
  /** Lets another one have it at once. */
  release(): Promise<void>;
}

/**
 * ClickHouse has no lock: a claim is a row, and of those that hold the first by the server's clock wins. Who claims waits
 * and looks again before it acts, so that two that claim at once see each other. Two can hold it at one time only where an
 * insert took longer than the wait to be seen, or a process slept beyond its claim; what is told twice then has the same id.
 *
 * @param now milliseconds, of a clock that never jumps
 * @param wait resolves after so many milliseconds
 */
export function createLease(
  store: Pick<Store, 'query' | 'notices'>,
  { holdMs, renewMs, settleMs }: LeaseTimes,
  now: () => number,
  wait: (ms: number) => Promise<void>,
): Lease {
  let claim: string | undefined;
  let renewedMs = 0;
  let isHeld = false;

  /** Claims that hold, the first one first. */
  async function claims(): Promise<string[]> {
    const rows = await store.query<{ claim: string }>(
      `SELECT claim FROM telltale_watchers WHERE time > now64(6) - toIntervalMillisecond({hold:UInt32})
      GROUP BY claim HAVING NOT max(released) ORDER BY min(time), claim`,
      { hold: holdMs },
    );
    return rows.map((row) => row.claim);
  }

  async function write(of: string, released: boolean): Promise<void> {
    await store.notices('telltale_watchers', [{ claim: of, released }]);
    renewedMs = now();
  }

  async function withdraw(): Promise<void> {
    isHeld = false;
    if (claim !== undefined) await write(claim, true);
    claim = undefined;
  }

  async function keep(): Promise<void> {
    const [first] = await claims();
    if (first === undefined) {
      claim = randomUUID();
      await write(claim, false);
      await wait(settleMs);
      isHeld = (await claims())[0] === claim;
    } else {
      isHeld = first === claim;
    }
    if (!isHeld) await withdraw();
    else if (claim !== undefined && now() - renewedMs >= renewMs) await write(claim, false);
  }

  return {
    get isHeld() {
      // Renewed too late, it may be another's already.
      return isHeld && now() - renewedMs < holdMs;
    },
    async hold() {
      try {
        await keep();
      } catch (error) {
        isHeld = false;
        throw error;
      }
    },
    release: withdraw,
  };
}
