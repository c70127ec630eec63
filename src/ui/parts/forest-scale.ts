import type { RatioInterval } from '../../server/page/documents.js';
import { ratio } from './format.js';

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

export function forestMarks({ ratio: estimate, low, high }: RatioInterval): ForestMarks | null {
  if (estimate === null && (low === null || low === 0) && high === null) return null;
  const lowest = low ?? 0;
  const highest = high ?? Number.POSITIVE_INFINITY;
  return {
    from: positionOf(lowest),
    to: positionOf(highest),
    estimate: estimate === null ? null : positionOf(estimate),
    isOpenLow: lowest < LOWEST,
    isOpenHigh: highest > HIGHEST,
  };
}

/** Such as `2.4, between 1.1 and 5`. */
export function intervalWords(interval: RatioInterval | undefined): string {
  const { ratio: estimate = null, low = null, high = null } = interval ?? {};
  const isBoundedLow = low !== null && low > 0;
  const value = estimate === null ? 'unknown' : ratio(estimate);
  if (isBoundedLow && high !== null) return `${value}, between ${ratio(low)} and ${ratio(high)}`;
  if (high !== null) return `${value}, at most ${ratio(high)}`;
  if (isBoundedLow) return `${value}, at least ${ratio(low)}`;
  return estimate === null ? 'not known yet' : `${value}, not bounded yet`;
}
