import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cumulativeShares } from '../../src/stats/cumulative-shares.js';
import { chiSquareOfShares, chiSquareOfTable } from '../../src/stats/fixed/chi-square.js';
import { type EventTable, mantelHaenszel } from '../../src/stats/fixed/mantel-haenszel.js';
import { type Moments, momentsFromSums, momentsOfEvents } from '../../src/stats/fixed/moments.js';
import { newcombeDifference, wilsonInterval } from '../../src/stats/fixed/newcombe.js';
import { sampleQuantile } from '../../src/stats/fixed/percentile.js';
import { stratifiedDifference } from '../../src/stats/fixed/stratified-mean.js';
import { welchTest } from '../../src/stats/fixed/welch.js';
import { type ExponentialHistogram, isStatisticsError, mergeHistograms } from '../../src/stats/index.js';
import { logDurationMoments } from '../../src/stats/log-durations.js';
import type { Outcome } from '../../src/stats/outcome.js';
import { asymptoticSequence } from '../../src/stats/sequential/asymptotic.js';
import { rateConfidenceSequence } from '../../src/stats/sequential/beta-binomial-mixture.js';
import { bandAtEveryLook, bandAtOneLook } from '../../src/stats/sequential/distribution-bands.js';
import {
  logNormalMixture,
  normalMixtureBound,
  normalMixturePrecision,
} from '../../src/stats/sequential/normal-mixture.js';
import { testQuantile } from '../../src/stats/sequential/quantile-test.js';
import { stitchedBound } from '../../src/stats/sequential/stitching.js';
import { mannWhitneyShift } from '../support/mann-whitney.js';
import { numbersIn } from '../support/stats-evidence.js';

function known<T>(outcome: Outcome<T>): { readonly kind: 'ok' } & T {
  if (outcome.kind === 'insufficient') throw new Error(outcome.missing);
  return outcome;
}

function codeOf(run: () => unknown): string | null {
  try {
    run();
  } catch (error) {
    if (isStatisticsError(error)) return error.code;
    throw error;
  }
  return null;
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const count = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_000_000_000 }));
const moments: fc.Arbitrary<Moments> = fc.record({
  n: fc.integer({ min: 2, max: 1e9 }),
  mean: between(-100, 100),
  variance: between(1e-3, 1e3),
});

describe('boundaries that hold at every look', () => {
  const level = between(1e-6, 0.4);
  const time = between(0.01, 1e6);

  it('are where their mixture reaches 1/alpha, on one side and on two', () => {
    fc.assert(
      fc.property(time, time, level, fc.constantFrom('one-sided', 'two-sided'), (v, vOpt, alpha, sides) => {
        const precision = normalMixturePrecision(vOpt, alpha, sides);
        const bound = normalMixtureBound(v, alpha, precision, sides);
        expect(logNormalMixture(bound, v, precision, sides)).toBeCloseTo(-Math.log(alpha), 9);
      }),
    );
  });

  it('a stitched boundary grows with time and with certainty', () => {
    fc.assert(
      fc.property(time, level, between(0, 5), (v, alpha, c) => {
        const bound = stitchedBound(v, alpha, { vMin: 1, c });
        expect(stitchedBound(v * 1.1, alpha, { vMin: 1, c })).toBeGreaterThanOrEqual(bound);
        expect(stitchedBound(v, alpha / 2, { vMin: 1, c })).toBeGreaterThan(bound);
      }),
    );
  });

  it('the sequence of a rate holds its share, narrows with trials, and mirrors its failures', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), between(0, 1), (trials, share) => {
        const successes = Math.round(share * trials);
        const { low, high } = rateConfidenceSequence(successes, trials, 0.05, { trials: 1000 });
        expect(low).toBeLessThanOrEqual(successes / trials);
        expect(high).toBeGreaterThanOrEqual(successes / trials);
        const more = rateConfidenceSequence(successes * 100, trials * 100, 0.05, { trials: 1000 });
        expect(more.high - more.low).toBeLessThan(high - low + 1e-12);
        const mirrored = rateConfidenceSequence(trials - successes, trials, 0.05, { trials: 1000 });
        expect(mirrored.low).toBeCloseTo(1 - high, 12);
      }),
    );
  });

  it('the sequence of a rate without trials, or with one success in two, refutes nothing', () => {
    expect(rateConfidenceSequence(0, 0, 0.05, { trials: 50 })).toEqual({ low: 0, high: 1 });
    expect(rateConfidenceSequence(1, 2, 0.05, { trials: 50 })).toEqual({ low: 0, high: 1 });
    expect(rateConfidenceSequence(2e9, 2e9, 0.05, { trials: 50 })).toMatchObject({ high: 1 });
  });

  it('a band at every look is wider than one at one look, and says nothing before the first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 1e9 }), between(1e-6, 0.5), (n, alpha) => {
        const every = bandAtEveryLook(n, alpha, 100);
        expect(every).toBeGreaterThan(bandAtOneLook(n, alpha));
        expect(every).toBeLessThan(0.1);
      }),
      { numRuns: 30 },
    );
    expect(bandAtEveryLook(99, 0.05, 100)).toBe(1);
  });

  it('an asymptotic sequence is wider than Welch’s interval, agrees with its p, and one-sided is nearer', () => {
    fc.assert(
      fc.property(moments, moments, between(1e-4, 0.2), (treatment, control, alpha) => {
        const options = { alpha, tuning: 10_000, kind: 'difference' } as const;
        const sequence = known(asymptoticSequence(treatment, control, options));
        const { estimate, low, high, anytimeP, lowerBound, upperBound } = sequence;
        if (Math.min(treatment.n, control.n) > 1000) {
          const welch = known(welchTest(treatment, control, alpha, 'difference'));
          expect(high - low).toBeGreaterThan(welch.high - welch.low);
        }
        expect(low <= 0 && high >= 0).toBe(anytimeP >= alpha);
        expect(lowerBound).toBeLessThan(estimate);
        expect(upperBound - estimate).toBeCloseTo(estimate - lowerBound, 9);
      }),
    );
    const options = { alpha: 0.05, tuning: 10_000, kind: 'difference' } as const;
    const arm = { n: 5000, mean: 0, variance: 1 };
    const { low, lowerBound } = known(asymptoticSequence(arm, arm, options));
    expect(lowerBound).toBeGreaterThan(low);
  });
});

const buckets = fc.dictionary(
  fc.integer({ min: -12, max: 12 }).map(String),
  fc.integer({ min: 1, max: 1000 }),
  { maxKeys: 12 },
);
const histogram: fc.Arbitrary<ExponentialHistogram> = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 }), buckets)
  .map(([scale, zero, counts]) => ({ scale, zero, buckets: counts }));
const tuning = { trials: 1000 };

describe('the quantile test on buckets', () => {
  const slower = (h: ExponentialHistogram, by: number): ExponentialHistogram => ({
    ...h,
    buckets: Object.fromEntries(Object.entries(h.buckets).map(([i, n]) => [Number(i) + by, n])),
  });

  it('is never evidence against equal histograms', () => {
    fc.assert(
      fc.property(histogram, between(0.01, 0.99), (h, q) => {
        const outcome = testQuantile(h, h, q, tuning);
        if (outcome.kind === 'ok') expect(outcome.logEValue).toBeLessThanOrEqual(1e-9);
      }),
    );
  });

  it('coarser buckets never add evidence, and the order of the variants does not matter', () => {
    fc.assert(
      fc.property(histogram, histogram, between(0.05, 0.95), (a, b, q) => {
        const fine = testQuantile(a, b, q, tuning);
        if (fine.kind !== 'ok') return;
        const coarsest = { scale: -2, zero: 0, buckets: {} };
        const coarse = known(testQuantile(mergeHistograms(a, coarsest), b, q, tuning));
        expect(coarse.logEValue).toBeLessThanOrEqual(fine.logEValue + 1e-9);
        expect(known(testQuantile(b, a, q, tuning)).logEValue).toBeCloseTo(fine.logEValue, 9);
      }),
    );
  });

  it('finds a shift of a few buckets, and stays finite at 10^12 requests', () => {
    const control = { scale: 2, zero: 0, buckets: { '-8': 4e11, '-6': 5e11, '0': 1e11 } };
    const { logEValue, anytimeP } = known(testQuantile(slower(control, 3), control, 0.5, tuning));
    expect(logEValue).toBeGreaterThan(1e9);
    expect(Number.isFinite(logEValue)).toBe(true);
    expect(anytimeP).toBe(0);
  });

  it('takes no side inside a bucket: a quantile that may be equal is no evidence', () => {
    // Medians in one bucket, however different the shares below it.
    const a = { bounds: [1, 2], counts: [490, 500, 10] };
    const b = { bounds: [1, 2], counts: [10, 500, 490] };
    expect(known(testQuantile(a, b, 0.5, tuning)).logEValue).toBeLessThan(0);
    expect(known(testQuantile(a, b, 0.9, tuning)).logEValue).toBeGreaterThan(10);
  });

  it('without requests of one variant says so', () => {
    const none = { scale: 0, zero: 0, buckets: {} };
    const some = { scale: 0, zero: 1, buckets: {} };
    for (const [a, b] of [
      [none, some],
      [some, none],
      [none, none],
    ] as const) {
      expect(testQuantile(a, b, 0.5, tuning).kind).toBe('insufficient');
    }
  });
});

describe('durations on a log scale', () => {
  it('are taken at the middle of their buckets', () => {
    const { n, mean, variance, leftOut, atEdge } = known(
      logDurationMoments({ scale: 0, zero: 7, buckets: { '0': 1, '2': 1 } }),
    );
    expect({ n, leftOut, atEdge }).toEqual({ n: 2, leftOut: 7, atEdge: 0 });
    expect(mean).toBeCloseTo(1.5 * Math.LN2, 14);
    expect(variance).toBeCloseTo(2 * Math.LN2 ** 2, 14);
  });

  it('at the edge where a bucket has one only', () => {
    const moments = known(logDurationMoments({ bounds: [1, 4], counts: [1, 2, 3] }));
    expect(moments).toMatchObject({ n: 6, atEdge: 4, leftOut: 0 });
    expect(moments.mean).toBeCloseTo((2 * Math.log(2) + 3 * Math.log(4)) / 6, 14);
  });

  it('of merged histograms are the merged moments', () => {
    fc.assert(
      fc.property(buckets, buckets, (first, second) => {
        const [a, b] = [first, second].map((counts) => ({ scale: 2, zero: 0, buckets: counts }));
        if (a === undefined || b === undefined) return;
        const [left, right] = [logDurationMoments(a), logDurationMoments(b)];
        if (left.kind !== 'ok' || right.kind !== 'ok') return;
        const both = known(logDurationMoments(mergeHistograms(a, b)));
        const n = left.n + right.n;
        const shift = right.mean - left.mean;
        expect(both.n).toBe(n);
        expect(both.mean).toBeCloseTo((left.n * left.mean + right.n * right.mean) / n, 10);
        const squares =
          (left.n - 1) * left.variance + (right.n - 1) * right.variance + (shift ** 2 * left.n * right.n) / n;
        expect(both.variance).toBeCloseTo(squares / (n - 1), 9);
      }),
    );
  });

  it('in a far bucket are finite', () => {
    const far = { scale: 0, zero: 0, buckets: { '5000': 3, '-5000': 3 } };
    for (const number of numbersIn(logDurationMoments(far))) expect(Number.isFinite(number)).toBe(true);
  });

  it('of one request say so', () => {
    expect(logDurationMoments({ scale: 0, zero: 9, buckets: { '1': 1 } }).kind).toBe('insufficient');
  });

  it('have a distribution function that rises to 1 inside its band', () => {
    fc.assert(
      fc.property(histogram, between(0, 0.5), (h, halfWidth) => {
        const shares = cumulativeShares(h, halfWidth);
        for (const [i, { share, low, high }] of shares.entries()) {
          expect(share).toBeGreaterThan(shares[i - 1]?.share ?? 0);
          expect(low).toBeLessThanOrEqual(share);
          expect(high).toBeGreaterThanOrEqual(share);
          expect(high).toBeLessThanOrEqual(1);
        }
        if (shares.length > 0) expect(shares.at(-1)?.share).toBe(1);
      }),
    );
    expect(cumulativeShares({ bounds: [1], counts: [1, 3] }, 0.1)).toEqual([
      { edge: 1, share: 0.25, low: 0.15, high: 0.35 },
      { edge: null, share: 1, low: 0.9, high: 1 },
    ]);
  });
});

describe('reports that look once', () => {
  it('swapping the variants turns the sign of a difference and nothing else', () => {
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        const there = known(welchTest(a, b, 0.05, 'difference'));
        const back = known(welchTest(b, a, 0.05, 'difference'));
        expect(back.estimate).toBeCloseTo(-there.estimate, 12);
        expect(back.p).toBeCloseTo(there.p, 12);
        expect(back.low).toBeCloseTo(-there.high, 9);
        expect(there.degreesOfFreedom).toBeLessThanOrEqual((a.n + b.n - 2) * (1 + 1e-9));
        expect(there.low <= 0 && there.high >= 0).toBe(there.p >= 0.05);
      }),
    );
  });

  it('Newcombe’s interval holds the difference and stays within -1 to 1', () => {
    fc.assert(
      fc.property(
        fc.tuple(count, count),
        fc.tuple(count, count),
        between(1e-6, 0.5),
        ([a, b], [c, d], alpha) => {
          const first = { events: a, n: a + b };
          const second = { events: c, n: c + d };
          const outcome = newcombeDifference(first, second, alpha);
          expect(outcome.kind).toBe(first.n === 0 || second.n === 0 ? 'insufficient' : 'ok');
          if (outcome.kind !== 'ok') return;
          expect(outcome.low).toBeGreaterThanOrEqual(-1);
          expect(outcome.high).toBeLessThanOrEqual(1);
          expect(outcome.low).toBeLessThanOrEqual(outcome.estimate);
          expect(outcome.high).toBeGreaterThanOrEqual(outcome.estimate);
        },
      ),
    );
  });

  it('Wilson’s interval of no events is not empty, and its end is 0 without a rounding', () => {
    for (let n = 1; n < 100; n++) {
      expect(known(wilsonInterval(0, n, 0.05)).low).toBe(0);
      expect(known(wilsonInterval(n, n, 0.05)).high).toBe(1);
    }

    expect(known(wilsonInterval(0, 10, 0.05))).toMatchObject({ low: 0 });
    expect(known(wilsonInterval(0, 10, 0.05)).high).toBeCloseTo(0.277533, 6);
    expect(wilsonInterval(0, 0, 0.05).kind).toBe('insufficient');
  });

  it('one stratum is the difference itself, and one-armed strata are left out and counted', () => {
    const a = { n: 40, mean: 2, variance: 3 };
    const b = { n: 60, mean: 1, variance: 1 };
    const one = known(stratifiedDifference([{ treatment: a, control: b }]));
    expect(one).toMatchObject({ estimate: 1, leftOut: 0 });
    expect(one.variance).toBeCloseTo(3 / 40 + 1 / 60, 14);
    const lonely = { n: 1, mean: 50, variance: 0 };
    const more = known(
      stratifiedDifference([
        { treatment: a, control: b },
        { treatment: lonely, control: b },
      ]),
    );
    expect(more).toEqual({ ...one, leftOut: 61 });
    expect(stratifiedDifference([{ treatment: lonely, control: b }]).kind).toBe('insufficient');
  });

  const table: fc.Arbitrary<EventTable> = fc.record({
    treatmentEvents: count,
    treatmentOthers: count,
    controlEvents: count,
    controlOthers: count,
  });

  it('Mantel and Haenszel’s odds ratio of one table is its cross product, swapped it is the inverse', () => {
    fc.assert(
      fc.property(table, (t) => {
        const outcome = mantelHaenszel([t]);
        if (outcome.kind !== 'ok') return;
        for (const number of numbersIn(outcome)) expect(Number.isFinite(number)).toBe(true);
        const back = known(
          mantelHaenszel([
            {
              treatmentEvents: t.controlEvents,
              treatmentOthers: t.controlOthers,
              controlEvents: t.treatmentEvents,
              controlOthers: t.treatmentOthers,
            },
          ]),
        );
        expect(back.p).toBeCloseTo(outcome.p, 9);
        expect(outcome.correctedP).toBeGreaterThanOrEqual(outcome.p);
        if (outcome.oddsRatio !== null && back.oddsRatio !== null && outcome.oddsRatio > 0) {
          expect(back.oddsRatio * outcome.oddsRatio).toBeCloseTo(1, 9);
        }
      }),
    );
  });

  it('Mantel and Haenszel’s sum has nothing to say where a stratum has one variant or events only', () => {
    const none = { treatmentEvents: 5, treatmentOthers: 9, controlEvents: 0, controlOthers: 0 };
    const only = { treatmentEvents: 5, treatmentOthers: 0, controlEvents: 8, controlOthers: 0 };
    expect(mantelHaenszel([none, only]).kind).toBe('insufficient');
    expect(mantelHaenszel([]).kind).toBe('insufficient');
    const one = { treatmentEvents: 1, treatmentOthers: 0, controlEvents: 0, controlOthers: 0 };
    expect(mantelHaenszel([one]).kind).toBe('insufficient');
    const unbounded = { treatmentEvents: 5, treatmentOthers: 5, controlEvents: 0, controlOthers: 8 };
    expect(known(mantelHaenszel([unbounded, none])).oddsRatio).toBeNull();
  });

  it('chi-square of a table leaves out what has no counts, and of a product table is 0', () => {
    const product = known(
      chiSquareOfTable([
        [10, 30, 0],
        [20, 60, 0],
        [0, 0, 0],
      ]),
    );
    expect(product).toMatchObject({ degreesOfFreedom: 1, smallestExpected: 10 });
    expect(product.chiSquare).toBeCloseTo(0, 12);
    expect(product.p).toBeCloseTo(1, 6);
    expect(chiSquareOfTable([[1, 2]]).kind).toBe('insufficient');
    expect(chiSquareOfShares([0, 0], [0.5, 0.5]).kind).toBe('insufficient');
  });

  it('a quantile of values is one of them, or between two', () => {
    fc.assert(
      fc.property(fc.array(between(-1e6, 1e6), { minLength: 1 }), between(0, 1), (values, q) => {
        const quantile = sampleQuantile(values, q) ?? Number.NaN;
        expect(quantile).toBeGreaterThanOrEqual(Math.min(...values));
        expect(quantile).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
    expect(sampleQuantile([3, 1, 2], 0.5)).toBe(2);
    expect(sampleQuantile([], 0.5)).toBeNull();
  });

  it('a shift of samples too small for their level has no bounds', () => {
    expect(mannWhitneyShift([1], [2], 0.95)).toEqual({ estimate: -1, low: null, high: null });
  });
});

describe('what is too little or wrong', () => {
  const arm = { n: 50, mean: 2, variance: 1 };
  const flat = { n: 50, mean: 2, variance: 0 };
  const sequence = { alpha: 0.05, tuning: 100, kind: 'relative' } as const;

  it.each<[string, () => Outcome<unknown>]>([
    ['one value', () => welchTest({ ...arm, n: 1 }, arm, 0.05, 'difference')],
    ['no spread', () => welchTest(flat, flat, 0.05, 'difference')],
    ['no mean to share', () => welchTest(arm, { ...arm, mean: 0 }, 0.05, 'relative')],
    ['a mean next to 0', () => welchTest(arm, { ...arm, mean: 1e-200 }, 0.05, 'relative')],
    ['no values in a sequence', () => asymptoticSequence({ ...arm, n: 0 }, arm, sequence)],
    ['no mean in a sequence', () => asymptoticSequence(arm, { ...arm, mean: 0 }, sequence)],
  ])('%s is insufficient, and says what is missing', (_, run) => {
    const outcome = run();
    expect(outcome.kind).toBe('insufficient');
    expect(outcome.kind === 'insufficient' && outcome.missing.length).toBeGreaterThan(10);
  });

  it('one variant without spread is compared by the other’s', () => {
    expect(known(welchTest(flat, arm, 0.05, 'difference')).degreesOfFreedom).toBeCloseTo(49, 12);
  });

  it.each<[string, () => unknown, string]>([
    ['a mean NaN', () => welchTest({ ...arm, mean: Number.NaN }, arm, 0.05, 'difference'), 'bad-sample'],
    ['a negative variance', () => welchTest({ ...arm, variance: -1 }, arm, 0.05, 'difference'), 'bad-sample'],
    ['half a value', () => welchTest({ ...arm, n: 2.5 }, arm, 0.05, 'difference'), 'bad-count'],
    ['alpha 0', () => welchTest(arm, arm, 0, 'difference'), 'bad-parameter'],
    ['sums of one value', () => momentsFromSums(1, 1, 1), 'bad-sample'],
    ['a sum NaN', () => momentsFromSums(2, Number.NaN, 1), 'bad-sample'],
    ['more events than values', () => momentsOfEvents(2, 3), 'bad-sample'],
    ['more events than requests', () => wilsonInterval(3, 2, 0.05), 'bad-count'],
    ['more successes than trials', () => rateConfidenceSequence(3, 2, 0.05, tuning), 'bad-count'],
    ['tuning for no trials', () => rateConfidenceSequence(1, 2, 0.05, { trials: 0 }), 'bad-parameter'],
    ['alpha one half on one side', () => normalMixturePrecision(1, 0.5, 'one-sided'), 'bad-parameter'],
    ['a time NaN', () => normalMixtureBound(Number.NaN, 0.05, 1, 'two-sided'), 'bad-parameter'],
    ['stitching without growth', () => stitchedBound(1, 0.05, { vMin: 1, eta: 1 }), 'bad-parameter'],
    ['a band of no values', () => bandAtOneLook(0, 0.05), 'bad-parameter'],
    ['a median of 50', () => sampleQuantile([1], 50), 'bad-parameter'],
    ['a value NaN', () => sampleQuantile([Number.NaN], 0.5), 'bad-sample'],
    [
      'a quantile of 1',
      () => testQuantile({ bounds: [], counts: [1] }, { bounds: [], counts: [1] }, 1, tuning),
      'bad-parameter',
    ],
    ['shares that sum to 2', () => chiSquareOfShares([1, 1], [1, 1]), 'bad-allocation'],
    ['a share of 0', () => chiSquareOfShares([1, 1], [0, 1]), 'bad-allocation'],
    ['a count without a share', () => chiSquareOfShares([1, 1, 1], [0.5, 0.5]), 'bad-table'],
    ['rows of two lengths', () => chiSquareOfTable([[1, 2], [1]]), 'bad-table'],
    [
      'a negative count',
      () =>
        chiSquareOfTable([
          [1, -2],
          [1, 1],
        ]),
      'bad-table',
    ],
    [
      'a table of halves',
      () =>
        mantelHaenszel([{ treatmentEvents: 0.5, treatmentOthers: 1, controlEvents: 1, controlOthers: 1 }]),
      'bad-table',
    ],
  ])('%s is refused', (_, run, code) => expect(codeOf(run)).toBe(code));
});
