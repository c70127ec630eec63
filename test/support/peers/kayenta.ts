import { normalQuantile } from '../../../src/stats/numerics/normal.js';
import { hodgesLehmann, mannWhitneyStatistic } from '../mann-whitney.js';
import type { Block, Rule } from '../simulation/look.js';

/** `MannWhitneyClassifier(tolerance = 0.25, confLevel = 0.98)` of the judge. */
const TOLERANCE = 0.25;
const CRITICAL = -normalQuantile((1 - 0.98) / 2);
/** Thresholds of the documented example. One metric in one group scores 100 or 0, so any other pair does the same. */
const MARGINAL = 75;
const PASS = 95;
/** Judgements in the lifetime of a canary, on all the data since its beginning. */
const JUDGEMENTS = 3;

export type Classification = 'High' | 'Pass' | 'Nodata';

/**
 * Kayenta's judge (NetflixACAJudge v1.0) on one metric, the error rate: the values of the time points of canary and
 * baseline by a Mann-Whitney test at 98 %; `High` where the lower end of the shift's interval is above a quarter of
 * the estimated shift. The score is the share of metrics that pass; a judgement below `marginal` ends the canary,
 * and it is promoted where the last one reaches `pass`. A critical metric that does not pass makes the score 0.
 *
 * Sources: github.com/spinnaker/kayenta (Apache-2.0), kayenta-judge: NetflixACAJudge.scala at 8a754a1,
 * MannWhitneyClassifier.scala at 5e8bc1a, WeightedSumScorer.scala at 80e951c; https://spinnaker.io/guides/user/canary/judge
 * and .../best-practices for the direction `increase`, three intervals and thresholds.
 *
 * Simplified: one metric, critical; outliers are kept; the baseline is all of control, of whatever size; the interval's
 * lower end is compared by one evaluation of the statistic instead of R's root finder.
 */
export const KAYENTA: Rule = {
  name: 'Kayenta judge',
  begin: (looks) => {
    let look = 0;
    return ({ blocks, last }) => {
      look++;
      const due = Math.floor((look * JUDGEMENTS) / looks) > Math.floor(((look - 1) * JUDGEMENTS) / looks);
      if (!due && !last) return 'hold';
      const score = classifyErrors(blocks) === 'Pass' ? 100 : 0;
      if (score < MARGINAL) return 'roll-back';
      return last && score >= PASS ? 'roll-forward' : 'hold';
    };
  },
};

function classifyErrors(blocks: readonly Block[]): Classification {
  // A rate without requests is NaN, and is removed (`nanStrategy`: remove).
  const rates = (arm: 'treatment' | 'control'): number[] =>
    blocks.map((block) => block[arm].events / block[arm].requests).filter((rate) => !Number.isNaN(rate));
  return classify(rates('treatment'), rates('control'));
}

/** One metric, of which only an increase counts. */
export function classify(canary: readonly number[], baseline: readonly number[]): Classification {
  if (canary.length === 0 || baseline.length === 0) return 'Nodata';
  if (new Set([...canary, ...baseline]).size === 1) return 'Pass';
  // The lower end is above the bound where the bound itself is refuted as a shift that is too small. Values that are
  // tied at the bound do not refute it: hence a hair above.
  const bound = TOLERANCE * Math.abs(hodgesLehmann(canary, baseline));
  const hair = 1e-12 * Math.max(...canary, ...baseline);
  return mannWhitneyStatistic(canary, baseline, bound + hair) > CRITICAL ? 'High' : 'Pass';
}
