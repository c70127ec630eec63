import { type ExponentialHistogram, type Histogram, mergeHistograms } from '../stats/index.js';
import type { VariantLatency } from './source.js';

/** Buckets of a variant: to be added, or where `sign` is -1, taken off. */
export interface BucketRow {
  variant: string;
  sign: number;
  scale: number;
  bounds: number[];
  zero: number | string;
  buckets: Record<string, number | string>;
  counts: (number | string)[];
}

/**
 * One histogram a variant: exponential ones merged at the coarsest scale. Where a variant has only explicit
 * buckets, those with the bounds that hold most of its operations; other bounds are left out of percentiles.
 */
export function mergeLatencies(rows: readonly BucketRow[]): VariantLatency[] {
  const variants = [...new Set(rows.map((row) => row.variant))].sort();
  return variants.flatMap((variant) => {
    const own = rows.filter((row) => row.variant === variant);
    const histogram = exponential(own) ?? explicit(own);
    return histogram === undefined ? [] : [{ variant, histogram }];
  });
}

/** The rows' histograms merged, those at the beginning of the window taken off those at its end. */
function exponential(rows: readonly BucketRow[]): Histogram | undefined {
  const own = rows.filter((row) => Object.keys(row.buckets).length > 0 || Number(row.zero) > 0);
  if (own.length === 0) return undefined;
  const scale = Math.min(...own.map((row) => row.scale));
  const merged = (sign: number): ExponentialHistogram =>
    own
      .filter((row) => row.sign === sign)
      .map((row) => ({ scale: row.scale, zero: Number(row.zero), buckets: numbers(row.buckets) }))
      .reduce(mergeExponential, { scale, zero: 0, buckets: {} });
  const end = merged(1);
  const { zero, buckets } = merged(-1);
  const left = Object.entries(end.buckets).map(([i, n]): [string, number] => [i, n - (buckets[i] ?? 0)]);
  return {
    scale,
    zero: Math.max(0, end.zero - zero),
    buckets: Object.fromEntries(left.filter(([, n]) => n > 0)),
  };
}

function mergeExponential(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  return mergeHistograms(a, b) as ExponentialHistogram;
}

function numbers(buckets: Readonly<Record<string, number | string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(buckets).map(([index, n]) => [index, Number(n)]));
}

function explicit(rows: readonly BucketRow[]): Histogram | undefined {
  const layouts = new Map<string, { bounds: number[]; counts: number[] }>();
  for (const row of rows) {
    if (row.counts.length === 0) continue;
    const key = row.bounds.join(' ');
    const layout = layouts.get(key) ?? { bounds: row.bounds, counts: row.counts.map(() => 0) };
    layouts.set(key, layout);
    row.counts.forEach((count, i) => {
      layout.counts[i] = (layout.counts[i] ?? 0) + row.sign * Number(count);
    });
  }
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const [most] = [...layouts.values()].sort((a, b) => total(b.counts) - total(a.counts));
  return most && { bounds: most.bounds, counts: most.counts.map((count) => Math.max(0, count)) };
}
