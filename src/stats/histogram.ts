import { requireFields } from './checks.js';
import { type At, StatisticsError, shown } from './errors.js';

/**
 * Durations in buckets of equal ratio, with OTLP's meaning: with base = 2^(2^-scale), bucket i counts the
 * values in (base^i, base^(i+1)], and `zero` those too small for any bucket.
 */
export interface ExponentialHistogram {
  readonly scale: number;
  readonly zero: number;
  readonly buckets: Readonly<Record<string, number>>;
}

/**
 * Durations in buckets between given edges, with OTLP's meaning: `counts[i]` is for values in
 * (bounds[i-1], bounds[i]], so there is one count more than bounds.
 */
export interface ExplicitHistogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export type Histogram = ExponentialHistogram | ExplicitHistogram;

/** A quantile and the bucket it lies in: all that the histogram knows is `low` to `high`. */
export interface QuantileEstimate {
  /** Interpolated inside the bucket: on a log scale in exponential ones, linearly in explicit ones. */
  readonly value: number;
  readonly low: number;
  /** Upper edge; null in the last explicit bucket, which has none. `value` is then its lower edge. */
  readonly high: number | null;
}

const EXPONENTIAL_FIELDS: ReadonlySet<string> = new Set(['scale', 'zero', 'buckets']);
const EXPLICIT_FIELDS: ReadonlySet<string> = new Set(['bounds', 'counts']);

/** Scales that OTLP's data model uses; finer buckets than 2^20 per doubling have no exact index in a double. */
const SMALLEST_SCALE = -10;
const LARGEST_SCALE = 20;

export function isExponential(histogram: Histogram): histogram is ExponentialHistogram {
  return 'scale' in histogram;
}

/** Throws where the parts of a histogram, apart from its counts, are not well formed. */
export function checkShape(histogram: Histogram, cell: number | null = null): void {
  if (typeof histogram !== 'object' || histogram === null) {
    throw new StatisticsError('bad-histogram', `histogram must be an object, not ${shown(histogram)}.`, cell);
  }
  requireFields(histogram, isExponential(histogram) ? EXPONENTIAL_FIELDS : EXPLICIT_FIELDS, cell);
  if (isExponential(histogram)) {
    const { scale, buckets } = histogram;
    if (!Number.isInteger(scale) || scale < SMALLEST_SCALE || scale > LARGEST_SCALE) {
      const range = `a whole number from ${SMALLEST_SCALE} to ${LARGEST_SCALE}`;
      throw new StatisticsError(
        'bad-histogram',
        `histogram.scale must be ${range}, not ${shown(scale)}.`,
        cell,
      );
    }
    if (typeof buckets !== 'object' || buckets === null || Array.isArray(buckets)) {
      const message = `histogram.buckets must map an index to a count, but is ${shown(buckets)}.`;
      throw new StatisticsError('bad-histogram', message, cell);
    }
    return;
  }
  const { bounds, counts } = histogram;
  if (!Array.isArray(bounds) || !Array.isArray(counts) || counts.length !== bounds.length + 1) {
    const message =
      'histogram must be {scale, zero, buckets} or {bounds, counts} with one count more than bounds.';
    throw new StatisticsError('bad-histogram', message, cell);
  }
  for (let i = 0; i < bounds.length; i++) {
    if (Number.isFinite(bounds[i]) && (i === 0 || bounds[i] > bounds[i - 1])) continue;
    const message = `histogram.bounds must be finite and rise; bound ${i} is ${shown(bounds[i])}. Sort them.`;
    throw new StatisticsError('unordered-bounds', message, cell);
  }
}

/**
 * All counts, and those of the buckets from index `edge` on. One pass that checks each count as it goes: a
 * verdict may read 10,000 histograms of 160 buckets.
 */
export function countFrom(
  histogram: Histogram,
  edge: number,
  cell: number | null = null,
): { total: number; above: number } {
  let total = 0;
  let above = 0;
  if (isExponential(histogram)) {
    const { zero, buckets } = histogram;
    total = checkCount(zero, 'zero', cell);
    // Keys and values apart take half the time of looking each key up.
    const keys = Object.keys(buckets);
    const counts = Object.values(buckets);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? '';
      const index = key === readKeys[i] ? (readIndices[i] ?? 0) : readIndex(key, i, cell);
      const count = checkCount(counts[i], key, cell);
      total += count;
      if (index >= edge) above += count;
    }
  } else {
    const { counts } = histogram;
    for (let i = 0; i < counts.length; i++) {
      const count = checkCount(counts[i], i, cell);
      total += count;
      if (i >= edge) above += count;
    }
  }
  if (total > Number.MAX_SAFE_INTEGER) throw overflow('the counts of a histogram', cell);
  return { total, above };
}

/** Most histograms have the same buckets as the one before, and reading an index takes half the time of the pass. */
const readKeys: string[] = [];
const readIndices: number[] = [];
const READ_AT_MOST = 1_024;

function readIndex(key: string, place: number, cell: number | null): number {
  const index = Number(key);
  if (!Number.isSafeInteger(index) || key === '') throw badIndex(key, cell);
  if (place < READ_AT_MOST) {
    readKeys[place] = key;
    readIndices[place] = index;
  }
  return index;
}

function checkCount(count: number | undefined, bucket: string | number, cell: number | null): number {
  if (count !== undefined && Number.isSafeInteger(count) && count >= 0) return count;
  const message = `histogram bucket ${bucket} must be a whole number from 0 on, not ${shown(count)}.`;
  throw new StatisticsError('bad-count', message, cell);
}

function badIndex(key: string, cell: number | null): StatisticsError {
  return new StatisticsError('bad-histogram', `a bucket's index must be whole, not ${shown(key)}.`, cell);
}

/** Sums above 2^53 lose single requests without a word. */
export function overflow(what: string, at: At | null): StatisticsError {
  const message = `${what} must sum to at most ${Number.MAX_SAFE_INTEGER}; beyond it counts are inexact.`;
  return new StatisticsError('count-overflow', message, at);
}

/** A bucket that is not empty: its index, negative infinity for the values too small for any, and its count. */
export interface OccupiedBucket {
  readonly bucket: number;
  readonly count: number;
}

/** Buckets in ascending order of value, empty ones left out. */
export function* occupied(histogram: Histogram): Generator<OccupiedBucket> {
  if (isExponential(histogram)) {
    if (histogram.zero > 0) yield { bucket: Number.NEGATIVE_INFINITY, count: histogram.zero };
    const entries = Object.entries(histogram.buckets).map(([key, count]) => ({ bucket: Number(key), count }));
    yield* entries.filter(({ count }) => count > 0).sort((a, b) => a.bucket - b.bucket);
  } else {
    for (const [bucket, count] of histogram.counts.entries()) if (count > 0) yield { bucket, count };
  }
}

/**
 * The value below which a share `q` of the requests lies; null for an empty histogram. Shown, never decided
 * on: the interpolated part is a guess, only the bucket's bounds are known.
 */
export function quantileFromHistogram(histogram: Histogram, q: number): QuantileEstimate | null {
  if (!(q >= 0 && q <= 1)) {
    throw new StatisticsError(
      'bad-parameter',
      `a quantile must be from 0 to 1 (0.95, not 95), not ${shown(q)}.`,
    );
  }
  checkShape(histogram);
  const rank = q * countFrom(histogram, 0).total;
  let below = 0;
  let last: QuantileEstimate | null = null;
  for (const { bucket, count } of occupied(histogram)) {
    // Rounding may leave the rank a hair above the total: then the last bucket's upper edge is the answer.
    last = within(histogram, bucket, Math.min(1, Math.max(0, (rank - below) / count)));
    if (rank <= below + count) return last;
    below += count;
  }
  return last;
}

function within(histogram: Histogram, bucket: number, fraction: number): QuantileEstimate {
  const { low, high } = edgesOf(histogram, bucket);
  if (high === null) return { value: low, low, high };
  if (!isExponential(histogram)) return { value: low + (high - low) * fraction, low, high };
  const value = high === 0 ? 0 : 2 ** ((bucket + fraction) / 2 ** histogram.scale);
  return { value, low, high };
}

/** The edges of a bucket; `high` is null in the last explicit one, which has none. */
export function edgesOf(histogram: Histogram, bucket: number): { low: number; high: number | null } {
  if (isExponential(histogram)) {
    if (bucket === Number.NEGATIVE_INFINITY) return { low: 0, high: 0 };
    const perDoubling = 2 ** histogram.scale;
    return { low: 2 ** (bucket / perDoubling), high: 2 ** ((bucket + 1) / perDoubling) };
  }
  const { bounds } = histogram;
  const high = bounds[bucket] ?? null;
  // Durations are not negative, so the first bucket begins at 0 unless its edge says otherwise.
  return { low: bounds[bucket - 1] ?? Math.min(0, high ?? 0), high };
}

/** Both histograms in one; exponential ones at the coarser scale, explicit ones only with equal bounds. */
export function mergeHistograms(a: Histogram, b: Histogram): Histogram {
  checkShape(a);
  checkShape(b);
  const merged = isExponential(a) && isExponential(b) ? mergeExponential(a, b) : mergeExplicit(a, b);
  countFrom(merged, 0);
  return merged;
}

function mergeExponential(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  const scale = Math.min(a.scale, b.scale);
  const buckets: Record<string, number> = {};
  for (const part of [a, b]) {
    // Each step of the scale joins two buckets into one; floor, so that negative indices join as well.
    const joined = 2 ** (part.scale - scale);
    for (const [key, count] of Object.entries(part.buckets)) {
      const index = String(Math.floor(Number(key) / joined));
      buckets[index] = (buckets[index] ?? 0) + count;
    }
  }
  return { scale, zero: a.zero + b.zero, buckets };
}

function mergeExplicit(a: Histogram, b: Histogram): ExplicitHistogram {
  if (isExponential(a) || isExponential(b)) {
    throw new StatisticsError('bad-histogram', 'an exponential and an explicit histogram cannot be merged.');
  }
  if (a.bounds.length !== b.bounds.length || a.bounds.some((bound, i) => bound !== b.bounds[i])) {
    const message = 'explicit histograms merge only with equal bounds; no bucket is split by guessing.';
    throw new StatisticsError('bad-histogram', message);
  }
  return { bounds: a.bounds, counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)) };
}
