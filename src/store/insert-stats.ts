import { rowCount } from './row-text.js';
import type { Insert } from './writer.js';

/** Upper bounds of the histogram of insert times, in seconds; what took longer is only in the count. */
export const INSERT_SECONDS_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** What became of the inserts since the store was opened. */
export interface InsertStats {
  /** Inserts that stored their rows. */
  readonly inserts: number;
  /** Inserts that threw. */
  readonly failures: number;
  /** Rows stored, by table. */
  readonly rows: ReadonlyMap<string, number>;
  /** Time that stored inserts took: their sum, and how many took at most each of `INSERT_SECONDS_BOUNDS`. */
  readonly seconds: number;
  readonly secondsAtMost: readonly number[];
}

/** Counts what goes through an insert. */
export interface InsertMeter {
  readonly stats: InsertStats;
  measure(insert: Insert): Insert;
  /** Tells of every insert that stored its rows, from now on. */
  onStored(listener: (table: string) => void): void;
}

/** @param now monotonic, milliseconds */
export function createInsertMeter(now: () => number = () => performance.now()): InsertMeter {
  const rowsByTable = new Map<string, number>();
  const secondsAtMost = INSERT_SECONDS_BOUNDS.map(() => 0);
  const stats = { inserts: 0, failures: 0, rows: rowsByTable, seconds: 0, secondsAtMost };
  const listeners: ((table: string) => void)[] = [];
  return {
    stats,
    onStored: (listener) => void listeners.push(listener),
    measure: (insert) => async (table, rows) => {
      const began = now();
      try {
        await insert(table, rows);
      } catch (error) {
        stats.failures += 1;
        throw error;
      }
      const seconds = (now() - began) / 1000;
      stats.inserts += 1;
      stats.seconds += seconds;
      rowsByTable.set(table, (rowsByTable.get(table) ?? 0) + rowCount(rows));
      INSERT_SECONDS_BOUNDS.forEach((bound, i) => {
        if (seconds <= bound) secondsAtMost[i] = (secondsAtMost[i] ?? 0) + 1;
      });
      for (const listener of listeners) listener(table);
    },
  };
}
