import { checkShape, countFrom, edgesOf, type Histogram, occupied } from './histogram.js';
import type { Interval } from './outcome.js';
import { requireNotBelow } from './require.js';

/** The share of requests up to an edge, with the band around it. */
export interface CumulativeShare extends Interval {
  /** Seconds; null above the last edge. */
  readonly edge: number | null;
  readonly share: number;
}

/**
 * The distribution function of a histogram at the upper edges of its buckets, where it is known exactly, with a band
 * of the half-width given (`bandAtOneLook`, `bandAtEveryLook`). Empty without requests.
 */
export function cumulativeShares(histogram: Histogram, halfWidth: number): CumulativeShare[] {
  checkShape(histogram);
  requireNotBelow('the half-width of a band', halfWidth, 0);
  const { total } = countFrom(histogram, 0);
  let below = 0;
  return [...occupied(histogram)].map(({ bucket, count }) => {
    below += count;
    const share = below / total;
    const edge = edgesOf(histogram, bucket).high;
    return { edge, share, low: Math.max(0, share - halfWidth), high: Math.min(1, share + halfWidth) };
  });
}
