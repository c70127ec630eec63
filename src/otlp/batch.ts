import type { Rejection } from './model.js';

/** What one request held: the good rows, and a count with reasons for the rest. */
export interface Batch<Row> {
  readonly rows: readonly Row[];
  readonly rejection: Rejection | undefined;
}

/** Counts refused records by reason. */
export interface Rejections {
  add(reason: string, count?: number): void;
  result(): Rejection | undefined;
}

/** Reasons carry lengths that came from outside: this many different ones are told, the rest only counted. */
const MAX_REASONS = 5;

/** `noun` in the plural: spans, log records, data points. */
export function createRejections(noun: string): Rejections {
  const reasons = new Map<string, number>();
  let total = 0;
  return {
    add(reason, count = 1) {
      if (count === 0) return;
      total += count;
      if (reasons.has(reason) || reasons.size < MAX_REASONS)
        reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    },
    result() {
      if (total === 0) return undefined;
      const told = [...reasons].map(([reason, count]) => `${count} because ${reason}`);
      const more = total - [...reasons.values()].reduce((sum, count) => sum + count, 0);
      if (more > 0) told.push(`${more} for other reasons`);
      return { count: total, message: `${total} ${noun} refused: ${told.join('; ')}.` };
    },
  };
}

export function mergeRejections(
  first: Rejection | undefined,
  second: Rejection | undefined,
): Rejection | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return { count: first.count + second.count, message: `${first.message} ${second.message}` };
}
