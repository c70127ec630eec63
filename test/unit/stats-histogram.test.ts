import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ExponentialHistogram,
  type Histogram,
  isStatisticsError,
  mergeHistograms,
  quantileFromHistogram,
  snapThreshold,
} from '../../src/stats/index.js';

function codeOf(run: () => unknown): string | null {
  try {
    run();
  } catch (error) {
    if (isStatisticsError(error)) return error.code;
    throw error;
  }
  return null;
}

/** A histogram counted value by value, from the definition of the buckets. */
function exponential(scale: number, values: readonly number[]): ExponentialHistogram {
  const buckets: Record<string, number> = {};
  let zero = 0;
  for (const value of values) {
    if (value === 0) {
      zero++;
      continue;
    }
    const index = Math.ceil(Math.log2(value) * 2 ** scale) - 1;
    buckets[index] = (buckets[index] ?? 0) + 1;
  }
  return { scale, zero, buckets };
}

const sorted = (histogram: Histogram): Histogram =>
  'scale' in histogram
    ? { ...histogram, buckets: Object.fromEntries(Object.entries(histogram.buckets).sort()) }
    : histogram;

const duration = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e4, noNaN: true }));
const histogram = fc
  .tuple(fc.integer({ min: -3, max: 8 }), fc.array(duration, { maxLength: 30 }))
  .map(([scale, values]) => exponential(scale, values));

describe('a quantile', () => {
  it('is interpolated on a log scale inside its exponential bucket', () => {
    // Scale 0: bucket 1 is (2, 4]; half of its requests lie below their geometric mean.
    const half = quantileFromHistogram({ scale: 0, zero: 0, buckets: { '1': 10 } }, 0.5);
    expect(half).toEqual({ value: 2 ** 1.5, low: 2, high: 4 });
  });

  it('is interpolated linearly inside its explicit bucket', () => {
    const explicit = { bounds: [0.1, 0.2], counts: [0, 4, 0] };
    expect(quantileFromHistogram(explicit, 0.25)).toMatchObject({ low: 0.1, high: 0.2 });
    expect(quantileFromHistogram(explicit, 0.25)?.value).toBeCloseTo(0.125, 14);
  });

  it('in the first explicit bucket starts from 0, in the last has no upper edge', () => {
    expect(quantileFromHistogram({ bounds: [0.1], counts: [2, 0] }, 0.5)).toEqual({
      value: 0.05,
      low: 0,
      high: 0.1,
    });
    expect(quantileFromHistogram({ bounds: [0.1], counts: [0, 2] }, 0.5)).toEqual({
      value: 0.1,
      low: 0.1,
      high: null,
    });
  });

  it('among the values too small for a bucket is 0', () => {
    const mostlyZero = { scale: 2, zero: 9, buckets: { '-4': 1 } };
    expect(quantileFromHistogram(mostlyZero, 0.5)).toEqual({ value: 0, low: 0, high: 0 });
    expect(quantileFromHistogram(mostlyZero, 1)?.high).toBe(2 ** -0.75);
  });

  it('of an empty histogram is null', () => {
    expect(quantileFromHistogram({ scale: 2, zero: 0, buckets: {} }, 0.5)).toBeNull();
    expect(quantileFromHistogram({ bounds: [1], counts: [0, 0] }, 0.5)).toBeNull();
  });

  it('takes buckets in the order of their values, whatever the order of their keys', () => {
    const mixed = { scale: 0, zero: 0, buckets: { '2': 1, '0': 1, '-1': 1, '-2': 1 } };
    expect(quantileFromHistogram(mixed, 0.25)?.high).toBe(0.5);
    expect(quantileFromHistogram(mixed, 1)).toEqual({ value: 8, low: 4, high: 8 });
  });

  it('lies in a bucket that holds the true one', () => {
    const cases = fc.tuple(
      fc.array(duration, { minLength: 1, maxLength: 40 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(cases, ([values, q]) => {
        const estimate = quantileFromHistogram(exponential(3, values), q);
        const truth = [...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? Number.NaN;
        expect(estimate?.low).toBeLessThanOrEqual(truth * (1 + 1e-12));
        expect(estimate?.high).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
        expect(estimate?.value).toBeGreaterThanOrEqual(estimate?.low ?? 0);
        expect(estimate?.value).toBeLessThanOrEqual((estimate?.high ?? 0) * (1 + 1e-12));
      }),
    );
  });

  it('outside 0 to 1 is refused', () => {
    expect(codeOf(() => quantileFromHistogram({ bounds: [], counts: [1] }, 95))).toBe('bad-parameter');
    expect(codeOf(() => quantileFromHistogram({ bounds: [], counts: [1] }, Number.NaN))).toBe(
      'bad-parameter',
    );
  });
});

describe('merging', () => {
  it('goes to the coarser scale, negative indices downwards', () => {
    const fine = { scale: 1, zero: 1, buckets: { '-1': 1, '-2': 2, '-3': 4, '0': 8, '1': 16 } };
    const coarse = { scale: 0, zero: 2, buckets: { '0': 100 } };
    expect(mergeHistograms(fine, coarse)).toEqual({
      scale: 0,
      zero: 3,
      buckets: { '-2': 4, '-1': 3, '0': 124 },
    });
  });

  it('at the coarser scale is the same as counting there', () => {
    fc.assert(
      fc.property(fc.array(duration, { maxLength: 30 }), fc.array(duration, { maxLength: 30 }), (a, b) => {
        const merged = mergeHistograms(exponential(6, a), exponential(2, b));
        expect(merged).toEqual(sorted(exponential(2, [...a, ...b])));
      }),
    );
  });

  it('is associative and commutative, and changes neither part', () => {
    fc.assert(
      fc.property(histogram, histogram, histogram, (a, b, c) => {
        const before = JSON.stringify([a, b, c]);
        const left = mergeHistograms(mergeHistograms(a, b), c);
        expect(mergeHistograms(a, mergeHistograms(b, c))).toEqual(left);
        expect(mergeHistograms(mergeHistograms(c, b), a)).toEqual(left);
        expect(JSON.stringify([a, b, c])).toBe(before);
      }),
    );
  });

  it('adds explicit counts of equal bounds, and refuses others', () => {
    const a = { bounds: [1, 2], counts: [1, 2, 3] };
    expect(mergeHistograms(a, a)).toEqual({ bounds: [1, 2], counts: [2, 4, 6] });
    expect(codeOf(() => mergeHistograms(a, { bounds: [1, 3], counts: [1, 2, 3] }))).toBe('bad-histogram');
    expect(codeOf(() => mergeHistograms(a, { scale: 0, zero: 0, buckets: {} }))).toBe('bad-histogram');
  });

  it('refuses sums that are not exact', () => {
    const full = { scale: 0, zero: Number.MAX_SAFE_INTEGER, buckets: {} };
    expect(codeOf(() => mergeHistograms(full, { ...full, zero: 0, buckets: { '3': 1 } }))).toBe(
      'count-overflow',
    );
    expect(codeOf(() => mergeHistograms(full, { ...full, zero: 1 }))).toBe('bad-count');
    expect(codeOf(() => mergeHistograms(full, { ...full, zero: 0 }))).toBeNull();
  });
});

describe('a threshold', () => {
  it('is snapped down to an edge 2^(k/4)', () => {
    expect(snapThreshold(0.3)).toEqual({ index: -7, edge: 2 ** -1.75 });
    expect(snapThreshold(0.25)).toEqual({ index: -8, edge: 0.25 });
    expect(snapThreshold(0.2499)).toEqual({ index: -9, edge: 2 ** -2.25 });
  });

  it('that is an edge stays itself, after any number of roundings', () => {
    for (let k = -80; k <= 60; k++) {
      const edge = 2 ** (k / 4);
      for (const written of [
        edge,
        Math.exp(Math.log(edge)),
        Number(edge.toPrecision(15)),
        (edge * 1000) / 1000,
      ]) {
        expect(snapThreshold(written)).toEqual({ index: k, edge });
      }
    }
  });

  it('must be seconds above 0', () => {
    for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(codeOf(() => snapThreshold(seconds))).toBe('bad-parameter');
    }
  });
});
