import { type Histogram, isExponential, mergeHistograms, occupied } from '../histogram.js';
import { minimumOf } from '../numerics/minimum.js';
import { insufficient, type Outcome } from '../outcome.js';
import { requireProbability } from '../require.js';
import { betaBinomialPrecision, logBetaBinomialMixture, type Tuning } from './beta-binomial-mixture.js';

/** Evidence that a quantile of two variants differs. */
export interface QuantileEvidence {
  /** ln of the e-value against "the quantile is the same". */
  readonly logEValue: number;
  /** min(1, 1/e): valid at any look. */
  readonly anytimeP: number;
}

/**
 * Tests whether the q-quantile of the durations is the same in both variants, at any look: for each value x that
 * could be the common quantile, both variants' beta-binomial mixtures against "a share q lies at or below x" are
 * multiplied; the smallest product over all x is the e-value (Howard & Ramdas 2022, "Sequential estimation of
 * quantiles with applications to A/B testing and best-arm identification", Bernoulli 28, arXiv 1906.09712v5, the
 * section on A/B testing). Where x lies inside a bucket each share is somewhere between those at its two edges, and
 * is taken where it is least against the null, so that no bucket is split by guessing: coarser buckets can only
 * weaken the evidence. It assumes that the durations do not depend on each other and that their distribution does
 * not drift while the shares of the variants change: shown, never decided on.
 */
export function testQuantile(
  treatment: Histogram,
  control: Histogram,
  q: number,
  tuning: Tuning,
): Outcome<QuantileEvidence> {
  requireProbability('a quantile', q);
  const arms = alignedCounts(treatment, control);
  const precision = betaBinomialPrecision(q, tuning, 'two-sided');
  const a = perBucket(arms[0], q, precision);
  const b = perBucket(arms[1], q, precision);
  if (a === null || b === null) return insufficient('Both variants must have requests.');
  let least = Number.POSITIVE_INFINITY;
  for (const [i, value] of a.entries()) least = Math.min(least, value + (b[i] ?? 0));
  return { kind: 'ok', logEValue: least, anytimeP: Math.min(1, Math.exp(-least)) };
}

/** ln of one variant's mixture for a quantile in each of the buckets; null without requests. */
function perBucket(counts: readonly number[], q: number, precision: number): number[] | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const mixture = (below: number): number =>
    logBetaBinomialMixture(below, total - below, q, precision, 'two-sided');
  // The mixture is convex in the number below: it is least at the edge nearest to its valley, or in it.
  const valley = minimumOf(mixture, 0, total);
  let below = 0;
  return counts.map((count) => {
    const nearest = Math.min(Math.max(valley, below), below + count);
    below += count;
    return mixture(nearest);
  });
}

/** Counts of both histograms by bucket, over every bucket that either has, in ascending order of value. */
function alignedCounts(treatment: Histogram, control: Histogram): [number[], number[]] {
  const merged = mergeHistograms(treatment, control);
  const buckets = [...occupied(merged)].map(({ bucket }) => bucket);
  const counted = (histogram: Histogram): number[] => {
    const counts = new Map<number, number>();
    const same = isExponential(merged)
      ? mergeHistograms(histogram, { scale: merged.scale, zero: 0, buckets: {} })
      : histogram;
    for (const { bucket, count } of occupied(same)) counts.set(bucket, count);
    return buckets.map((bucket) => counts.get(bucket) ?? 0);
  };
  return [counted(treatment), counted(control)];
}
