import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logDirichletMultinomial } from '../../src/stats/dirichlet-multinomial.js';
import { ratioGains } from '../../src/stats/e-values.js';
import { chiSquareOfShares, chiSquareOfTable } from '../../src/stats/fixed/chi-square.js';
import { mantelHaenszel } from '../../src/stats/fixed/mantel-haenszel.js';
import { type Moments, momentsFromSums, momentsOfEvents } from '../../src/stats/fixed/moments.js';
import { newcombeDifference } from '../../src/stats/fixed/newcombe.js';
import { sampleQuantile } from '../../src/stats/fixed/percentile.js';
import { stratifiedDifference } from '../../src/stats/fixed/stratified-mean.js';
import { welchTest } from '../../src/stats/fixed/welch.js';
import { quantileFromHistogram } from '../../src/stats/histogram.js';
import { logMeanExp } from '../../src/stats/log-space.js';
import { benjaminiHochberg, holm } from '../../src/stats/many-flags.js';
import { normalQuantile } from '../../src/stats/numerics/normal.js';
import type { Outcome } from '../../src/stats/outcome.js';
import { logAsAllocated } from '../../src/stats/sample-ratio-e-value.js';
import { asymptoticSequence } from '../../src/stats/sequential/asymptotic.js';
import {
  betaBinomialPrecision,
  logBetaBinomialMixture,
  rateConfidenceSequence,
} from '../../src/stats/sequential/beta-binomial-mixture.js';
import { bandAtEveryLook, bandAtOneLook } from '../../src/stats/sequential/distribution-bands.js';
import {
  normalMixtureBound,
  normalMixturePrecision,
  type Sides,
} from '../../src/stats/sequential/normal-mixture.js';
import { testQuantile } from '../../src/stats/sequential/quantile-test.js';
import { stitchedBound } from '../../src/stats/sequential/stitching.js';
import { mannWhitneyShift } from '../support/mann-whitney.js';

interface OracleCase {
  readonly id: string;
  readonly function: string;
  readonly input: unknown;
  readonly expected: unknown;
  readonly abs_tolerance: number;
}

// Reference values from public test suites and publications; each case names its source and commit.
const file = new URL('../fixtures/statistics.json', import.meta.url);
const { cases }: { cases: readonly OracleCase[] } = JSON.parse(readFileSync(file, 'utf8'));

/** Cases of functions that are not built, and why. */
const NOT_BUILT: Readonly<Record<string, string>> = {
  'cs-ge-log': 'gamma-exponential mixture: no quantity here is a sub-exponential sum',
  'cs-gp-log':
    'gamma-Poisson mixture: event counts have the e-process on the ratio, which needs no base rate',
  'cs-ds-0.5': 'double stitching over all quantiles: the band at every look does the same with one width',
  'cs-ds-0.1': 'double stitching over all quantiles: the band at every look does the same with one width',
  'gb-quantile': 'a difference of interpolated percentiles at one look: never called significant here',
  'gb-cov': 'covariance of a ratio of two metrics of one unit: no such metric is kept',
  'spotify-gst': 'group sequential looks planned beforehand: every test here may be looked at at any time',
  'cohen-d': 'an effect size that nothing here shows',
  'harness-alpha': 'a peer’s Bonferroni correction: belongs to the simulations of peers',
  'statsig-z': 'a peer’s mixture test as documented: belongs to the simulations of peers',
};

/** `actual` is `expected`, number by number, within the tolerance of the case. */
function expectWithin(actual: unknown, expected: unknown, tolerance: number, at = 'value'): void {
  if (typeof expected === 'object' && expected !== null) {
    for (const [key, value] of Object.entries(expected)) {
      const own = typeof actual === 'object' && actual !== null ? Reflect.get(actual, key) : undefined;
      expectWithin(own, value, tolerance, `${at}.${key}`);
    }
    return;
  }
  const error = Math.abs(Number(actual) - Number(expected));
  expect(error, `${at}: ${actual} for ${expected}`).toBeLessThanOrEqual(tolerance);
}

function known<T>(outcome: Outcome<T>): { readonly kind: 'ok' } & T {
  if (outcome.kind === 'insufficient') throw new Error(outcome.missing);
  return outcome;
}

interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sum_squares?: number;
}
const momentsOf = ({ n, sum, sum_squares: squares }: Sums): Moments =>
  squares === undefined ? momentsOfEvents(n, sum) : momentsFromSums(n, sum, squares);

interface Mixture {
  readonly v: number;
  readonly v_opt: number;
  readonly alpha: number;
  readonly alpha_opt: number;
}
const mixtureBound = ({ v, v_opt, alpha, alpha_opt }: Mixture, sides: Sides): number =>
  normalMixtureBound(v, alpha, normalMixturePrecision(v_opt, alpha_opt, sides), sides);

interface BetaBinomial {
  readonly s: number;
  readonly v: number;
  readonly v_opt: number;
  readonly g: number;
  readonly h: number;
}
/** The source gives sums and intrinsic times; successes = v/h + s and failures = v/g - s. */
const betaBinomial = ({ s, v, v_opt: vOpt, g, h }: BetaBinomial, sides: Sides): number => {
  const precision = betaBinomialPrecision(g, { trials: vOpt / (g * h) }, sides);
  return logBetaBinomialMixture(v / h + s, v / g - s, g, precision, sides);
};

interface QuantileCase {
  readonly quantile_p: number;
  readonly n_per_arm: number;
  readonly offset: number;
}
/** Values 1 to n against the same plus an offset, each in a bucket of its own. */
const quantileP = ({ quantile_p: q, n_per_arm: n, offset }: QuantileCase): number => {
  const bounds = Array.from({ length: n + offset }, (_, i) => i + 1);
  const within = (low: number, high: number): number[] => [
    ...bounds.map((bound) => (bound >= low && bound <= high ? 1 : 0)),
    0,
  ];
  const a = { bounds, counts: within(1, n) };
  const b = { bounds, counts: within(1 + offset, n + offset) };
  return known(testQuantile(b, a, q, { trials: 100 })).anytimeP;
};

interface WelchCase {
  readonly control: Sums;
  readonly treatment: Sums;
  readonly alpha: number;
}
const welch = ({ control, treatment, alpha }: WelchCase): unknown => {
  const test = known(welchTest(momentsOf(treatment), momentsOf(control), alpha, 'relative'));
  return { estimate: test.estimate, se: test.standardError, ci: [test.low, test.high], p: test.p };
};
const sequence = ({
  control,
  treatment,
  alpha,
  tuning,
}: WelchCase & { readonly tuning: number }): unknown => {
  const options = { alpha, tuning, kind: 'relative' as const };
  const s = known(asymptoticSequence(momentsOf(treatment), momentsOf(control), options));
  const both = { estimate: s.estimate, se: s.standardError, ci: [s.low, s.high], p: s.anytimeP };
  return { ...both, lower: s.lowerBound, upper: s.upperBound };
};

interface StrataCase {
  readonly strata: readonly Readonly<Record<'c' | 't', { n: number; sum: number; sumsq: number }>>[];
}
const stratified = ({ strata }: StrataCase): unknown => {
  const moments = ({ n, sum, sumsq }: { n: number; sum: number; sumsq: number }): Moments =>
    momentsFromSums(n, sum, sumsq);
  const pairs = strata.map(({ c, t }) => ({ treatment: moments(t), control: moments(c) }));
  const { estimate, standardError } = known(stratifiedDifference(pairs));
  return { estimate, se: standardError };
};

interface ShareCase {
  readonly null: readonly number[];
  readonly data: readonly (readonly number[])[];
}
const logMarginals = ({ null: shares, data }: ShareCase): unknown => {
  const after = data.map((_, i) =>
    shares.map((_share, j) => data.slice(0, i + 1).reduce((sum, unit) => sum + (unit[j] ?? 0), 0)),
  );
  return {
    logM1: after.map((counts) => logDirichletMultinomial(counts, [1, 1, 1])),
    logM0: after.map((counts) => logAsAllocated(counts, shares)),
  };
};

interface HistogramCase {
  readonly le: readonly (number | string)[];
  readonly cumulative: readonly number[];
  readonly q: number;
}
const prometheus = ({ le, cumulative, q }: HistogramCase): unknown => {
  const bounds = le.filter((bound) => typeof bound === 'number');
  const counts = cumulative.map((count, i) => count - (cumulative[i - 1] ?? 0));
  return quantileFromHistogram({ bounds, counts }, q)?.value;
};

interface AdmissionCase {
  readonly tables_male_female_admit_reject: readonly (readonly (readonly number[])[])[];
}
const admissions = ({ tables_male_female_admit_reject: tables }: AdmissionCase): unknown => {
  const strata = tables.map(([male = [], female = []]) => ({
    treatmentEvents: male[0] ?? 0,
    treatmentOthers: male[1] ?? 0,
    controlEvents: female[0] ?? 0,
    controlOthers: female[1] ?? 0,
  }));
  const sum = (key: keyof (typeof strata)[number]): number => strata.reduce((total, s) => total + s[key], 0);
  const pooled = known(
    mantelHaenszel([
      {
        treatmentEvents: sum('treatmentEvents'),
        treatmentOthers: sum('treatmentOthers'),
        controlEvents: sum('controlEvents'),
        controlOthers: sum('controlOthers'),
      },
    ]),
  );
  const common = known(mantelHaenszel(strata));
  return {
    crude_or: pooled.oddsRatio,
    common_or: common.oddsRatio,
    x2: common.chiSquare,
    x2_cc: common.correctedChiSquare,
    p: common.p,
    p_cc: common.correctedP,
  };
};

interface RatesCase {
  readonly k1: number;
  readonly n1: number;
  readonly k2: number;
  readonly n2: number;
}
const newcombe = ({ k1, n1, k2, n2 }: RatesCase): unknown => {
  const { estimate, low, high } = known(
    newcombeDifference({ events: k1, n: n1 }, { events: k2, n: n2 }, 0.05),
  );
  return { diff: estimate, ci: [low, high] };
};

const rate = (input: { successes: number; trials: number; alpha: number; t_opt: number }): unknown => {
  const { low, high } = rateConfidenceSequence(input.successes, input.trials, input.alpha, {
    trials: input.t_opt,
  });
  return [low, high];
};

/** E for k of m errors where the treatment has a share w of the requests. */
const rateRatio = ({ k, m, w }: { k: number; m: number; w: number }): unknown => {
  const table = { epoch: '', from: 0, treatmentEvents: k, controlEvents: m - k };
  const tables = [{ ...table, treatmentRequests: 1e6 * w, controlRequests: 1e6 * (1 - w) }];
  return Math.exp(logMeanExp(ratioGains(tables, 0, 'above')));
};

const adjusted = (values: readonly number[]): unknown => ({
  adjusted_by_index: Object.fromEntries(values.entries()),
});

const BUILT: Readonly<Record<string, (input: never) => unknown>> = {
  'cs-rho2': (i: Mixture) => normalMixturePrecision(i.v_opt, i.alpha_opt, 'two-sided'),
  'cs-nm2-bound': (i: Mixture) => mixtureBound(i, 'two-sided'),
  'cs-nm1-bound': (i: Mixture) => mixtureBound(i, 'one-sided'),
  'cs-bb2-log': (i: BetaBinomial) => betaBinomial(i, 'two-sided'),
  'cs-bb1-log': (i: BetaBinomial) => betaBinomial(i, 'one-sided'),
  'cs-poly': (i: { v: number; alpha: number; v_min: number; c: number }) =>
    stitchedBound(i.v, i.alpha, { vMin: i.v_min, c: i.c }),
  'cs-lil': (i: { t: number; alpha: number; t_min: number }) => bandAtEveryLook(i.t, i.alpha, i.t_min),
  'cs-qab-0.5-70': quantileP,
  'cs-qab-0.5-100': quantileP,
  'cs-bern-700-1000-t100': rate,
  'cs-bern-5-50-t50': rate,
  'cs-bern-1-2-t50': rate,
  'cs-bern-0-1-t50': rate,
  'gb-t-rel': welch,
  'gb-t-prop': welch,
  'gb-seq-2s': sequence,
  'gb-seq-1s-rel': sequence,
  'eppo-equals-gb': (i: { t: number; tuning: number; alpha: number }) => {
    const precision = normalMixturePrecision(i.tuning, i.alpha, 'two-sided');
    return normalMixtureBound(i.t, i.alpha, precision, 'two-sided') / Math.sqrt(i.t);
  },
  'gb-strat': stratified,
  'gb-bh': (i: { p: number[] }) => adjusted(benjaminiHochberg(i.p)),
  'gb-holm': (i: { p: number[] }) => adjusted(holm(i.p)),
  'srm-unit': logMarginals,
  'srm-statsig': (i: { observed: number[] }) => {
    const { chiSquare, p } = known(chiSquareOfShares(i.observed, [1 / 3, 1 / 3, 1 / 3]));
    return { chi2: chiSquare, p };
  },
  'mw-ci': (i: { experiment: number[]; control: number[]; confidence: number }) => {
    const { estimate, low, high } = mannWhitneyShift(i.experiment, i.control, i.confidence);
    return { estimate, ci: [low, high] };
  },
  'mw-z': (i: { p: number }) => normalQuantile(i.p),
  'pct-1': (i: { data: number[]; q: number[] }) => i.q.map((q) => sampleQuantile(i.data, q / 100)),
  'hq-a-0.2': prometheus,
  'hq-a-0.8': prometheus,
  'hq-a-1': prometheus,
  'hq-b-0.5': prometheus,
  'cmh-ucb': admissions,
  'psu-a': (i: { table: number[][] }) => {
    const [[a = 0, b = 0] = [], [c = 0, d = 0] = []] = i.table;
    const rows = { treatmentEvents: a, treatmentOthers: b, controlEvents: c, controlOthers: d };
    const { oddsRatio } = known(mantelHaenszel([rows]));
    return { chi2: known(chiSquareOfTable(i.table)).chiSquare, odds_ratio: oddsRatio };
  },
  'newc-56-70': newcombe,
  'newc-10-10': newcombe,
  dkw: (i: { alpha: number; n: number[] }) => i.n.map((n) => bandAtOneLook(n, i.alpha)),
  'own-e-5-5-0.1': rateRatio,
  'own-e-4-4-0.01': rateRatio,
  'own-e-60-100-0.5': rateRatio,
};

describe('values of public test suites and publications', () => {
  it('each case is either checked, or not built for a reason', () => {
    const spokenOf = [...Object.keys(BUILT), ...Object.keys(NOT_BUILT)];
    expect(spokenOf.sort()).toEqual(cases.map(({ id }) => id).sort());
  });

  it.each(cases.filter(({ id }) => id in BUILT))(
    '$id: $function',
    ({ id, input, expected, abs_tolerance }) => {
      expectWithin(BUILT[id]?.(input as never), expected, abs_tolerance);
    },
  );
});
