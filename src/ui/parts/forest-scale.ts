import type { RatioInterval } from '../../server/page/documents.js';

/** Ratios at both ends of every forest plot, so that all on a page can be held against each other. */
const LOWEST = 1 / 20;
const HIGHEST = 20;

/** Where a ratio lies between the ends: 0 to 1, by its logarithm. */
export function positionOf(ratio: number): number {
  const place = Math.log(ratio / LOWEST) / Math.log(HIGHEST / LOWEST);
  return Math.min(1, Math.max(0, place));
}

/** An interval on the scale; null: nothing is known of it. */
export interface ForestMarks {
  readonly from: number;
  readonly to: number;
  /** null: no estimate, as the control has none. */
  readonly estimate: number | null;
  /** Whether it goes on beyond an end, or has no bound there. */
  readonly isOpenLow: boolean;
  readonly isOpenHigh: boolean;
}

export function forestMarks({ ratio, low, high }: RatioInterval): ForestMarks | null {
  if (ratio === null && (low === null || low === 0) && high === null) return null;
  const lowest = low ?? 0;
  const highest = high ?? Number.POSITIVE_INFINITY;
  return {
    from: positionOf(lowest),
    to: positionOf(highest),
    estimate: ratio === null ? null : positionOf(ratio),
    isOpenLow: lowest < LOWEST,
    isOpenHigh: highest > HIGHEST,
  };
}

/** Such as `2.4, between 1.1 and 5`. */
export function intervalWords(
  { ratio, low, high }: RatioInterval,
  digits: (value: number) => string,
): string {
  const isBoundedLow = low !== null && low > 0;
  const value = ratio === null ? 'unknown' : digits(ratio);
  if (isBoundedLow && high !== null) return `${value}, between ${digits(low)} and ${digits(high)}`;
  if (high !== null) return `${value}, at most ${digits(high)}`;
  if (isBoundedLow) return `${value}, at least ${digits(low)}`;
  return ratio === null ? 'not known yet' : `${value}, not bounded yet`;
}
