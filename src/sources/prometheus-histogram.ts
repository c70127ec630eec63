import type { ExplicitHistogram, ExponentialHistogram } from '../stats/index.js';
import type { NativeBuckets } from './prometheus-client.js';

/** A bound that went through text, or through another way of computing 2^x, may be off by its last digit. */
const TOLERANCE = 1e-9;

interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/**
 * A native histogram with the bucket indices of OpenTelemetry. Its answer names bounds, not the scale: that follows
 * from the ratio of a bucket's bounds. Undefined where buckets have other bounds, as Prometheus makes them of explicit
 * ones if told to.
 */
export function exponentialHistogram(native: NativeBuckets): ExponentialHistogram | undefined {
  const all = bucketsOf(native);
  if (all.some(({ lower }) => lower === Number.NEGATIVE_INFINITY)) return undefined;
  // Nothing takes less than no time: what is at or below zero is the bucket around it.
  const zero = all
    .filter(({ lower, upper }) => lower < 0 || upper <= 0)
    .reduce((sum, { count }) => sum + count, 0);
  const positive = all.filter(({ lower, upper }) => lower >= 0 && upper > 0);
  const scale = scaleOf(positive);
  if (scale === undefined) return undefined;
  const buckets = positive.map(({ upper, count }): [number, number] => [indexOf(upper, scale) - 1, count]);
  return { scale, zero, buckets: Object.fromEntries(buckets) };
}

function bucketsOf(native: NativeBuckets): Bucket[] {
  return native.map(([, lower, upper, count]) => ({ ...bounds(lower, upper), count: Number(count) }));
}

function bounds(lower: string, upper: string): { lower: number; upper: number } {
  return { lower: numberOf(lower), upper: numberOf(upper) };
}

/** A number as Prometheus writes it. */
export function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** The scale at which every bound is an edge; 0 where there is no bucket, undefined where there is no such scale. */
function scaleOf(buckets: readonly Bucket[]): number | undefined {
  const [first] = buckets;
  if (first === undefined) return 0;
  const scale = Math.round(-Math.log2(Math.log2(first.upper / first.lower)));
  const fits = buckets.every(({ lower, upper }) => {
    const [low, high] = [Math.log2(lower) * 2 ** scale, Math.log2(upper) * 2 ** scale];
    return Math.abs(high - low - 1) < 1e-6 && Math.abs(high - Math.round(high)) < 1e-6;
  });
  return fits ? scale : undefined;
}

function indexOf(upper: number, scale: number): number {
  return Math.round(Math.log2(upper) * 2 ** scale);
}

/** Bounds of the buckets that hold anything in any of these. */
export function boundsOf(histograms: readonly NativeBuckets[]): number[] {
  const all = histograms.flatMap(bucketsOf).flatMap(({ lower, upper }) => [lower, upper]);
  return [...new Set(all.filter(Number.isFinite))].sort((a, b) => a - b);
}

/** A native histogram of explicit buckets; the bounds are its own and those of its like, so that they add up. */
export function explicitHistogram(native: NativeBuckets, bounds: readonly number[]): ExplicitHistogram {
  const counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  for (const { upper, count } of bucketsOf(native)) {
    const index = bounds.indexOf(upper);
    const place = index < 0 ? bounds.length : index;
    counts[place] = (counts[place] ?? 0) + count;
  }
  return { bounds, counts };
}

/** A histogram of `le` and cumulative counts. */
export function classicHistogram(
  buckets: readonly { readonly le: number; readonly count: number }[],
): ExplicitHistogram {
  const sorted = [...buckets].sort((a, b) => a.le - b.le);
  const counts = sorted.map(({ count }, i) => Math.max(0, count - (sorted[i - 1]?.count ?? 0)));
  const finite = sorted.map(({ le }) => le).filter(Number.isFinite);
  return { bounds: finite, counts: counts.length > finite.length ? counts : [...counts, 0] };
}

/** Edges between which it is not known whether durations were above `seconds`; both are `seconds` if it is an edge. */
export interface Edges {
  readonly low: number;
  readonly high: number;
}

/** The edges around a threshold, over all these histograms. */
export function edgesAround(seconds: number, native: readonly NativeBuckets[]): Edges {
  let [low, high] = [seconds, seconds];
  for (const buckets of native) {
    for (const [, lowerText, upperText] of buckets) {
      const { lower, upper } = bounds(lowerText, upperText);
      if (lower >= seconds * (1 - TOLERANCE) || upper <= seconds * (1 + TOLERANCE)) continue;
      low = Math.min(low, lower);
      high = Math.max(high, upper);
    }
  }
  return { low, high };
}

/** The `le` labels next to a threshold, below and above; the same one where the threshold is an edge. */
export function labelsAround(
  seconds: number,
  labels: readonly string[],
): { low: string | undefined; high: string } {
  const edges = labels.map((label) => ({ label, le: numberOf(label) })).sort((a, b) => a.le - b.le);
  const low = edges.findLast(({ le }) => le <= seconds * (1 + TOLERANCE));
  const high = edges.find(({ le }) => le >= seconds * (1 - TOLERANCE));
  return { low: low?.label, high: high?.label ?? '+Inf' };
}
