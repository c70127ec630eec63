import { StatisticsError } from '../errors.js';
import { bisect } from '../numerics/bisect.js';
import { logIncompleteBeta } from '../numerics/incomplete-beta.js';
import { logBeta } from '../numerics/log-gamma.js';
import type { Interval } from '../outcome.js';
import { requireCount, requireProbability } from '../require.js';
import { normalMixturePrecision, type Sides } from './normal-mixture.js';

/** When the mixture is to be sharpest, fixed before the data are seen. */
export interface Tuning {
  /** Trials at which the boundary is narrowest. */
  readonly trials: number;
  /** Level for which it is. @default 0.05 */
  readonly alpha?: number;
}

/** Less would be a prior that no longer is one; as the authors' own implementation has it. */
const LEAST_PRECISION = 1e-3;

/**
 * ln of the beta-binomial mixture: how much likelier the trials are under a rate drawn from a beta distribution
 * around `rate` than under `rate` itself, an e-value against it at any time. One-sided draws from above `rate`
 * only. Howard, Ramdas, McAuliffe & Sekhon 2021 (arXiv 1810.08240v7, section 3.2, "beta-binomial mixture") with
 * g = rate, h = 1 - rate, written in counts: successes = v/h + s and failures = v/g - s.
 */
export function logBetaBinomialMixture(
  successes: number,
  failures: number,
  rate: number,
  precision: number,
  sides: Sides,
): number {
  const g = rate;
  const h = 1 - rate;
  const prior = { failures: precision / g, successes: precision / h };
  const mixed = (a: number, b: number): number =>
    logBeta(a, b) + (sides === 'two-sided' ? 0 : logIncompleteBeta(a, b, h, g));
  const gained =
    mixed(prior.failures + failures, prior.successes + successes) - mixed(prior.failures, prior.successes);
  return gained - successes * Math.log(g) - failures * Math.log(h);
}

/** The r of the mixture that is sharpest about `tuning.trials`. */
export function betaBinomialPrecision(rate: number, tuning: Tuning, sides: Sides): number {
  requireProbability('a rate', rate);
  const unit = rate * (1 - rate);
  const precision = normalMixturePrecision(unit * tuning.trials, tuning.alpha ?? 0.05, sides);
  return Math.max(precision - unit, LEAST_PRECISION * unit);
}

/**
 * A confidence sequence for one rate: the rates that the mixture has not refuted. It holds at every look at
 * once. Without trials it is 0 to 1.
 */
export function rateConfidenceSequence(
  successes: number,
  trials: number,
  alpha: number,
  tuning: Tuning,
): Interval {
  requireCount('trials', trials);
  requireCount('successes', successes);
  requireProbability('alpha', alpha);
  if (successes > trials) {
    throw new StatisticsError('bad-count', `successes must be at most trials (${trials}), not ${successes}.`);
  }
  return {
    low: lowEnd(successes, trials, alpha, tuning),
    high: 1 - lowEnd(trials - successes, trials, alpha, tuning),
  };
}

/** Below it a rate counts as 0: one success in two trials refutes none, however small. */
const LEAST_RATE = 1e-300;

function lowEnd(successes: number, trials: number, alpha: number, tuning: Tuning): number {
  if (successes === 0) return 0;
  const refuted = (rate: number): boolean => {
    if (rate < LEAST_RATE) return true;
    const precision = betaBinomialPrecision(rate, tuning, 'two-sided');
    const logE = logBetaBinomialMixture(successes, trials - successes, rate, precision, 'two-sided');
    return logE >= -Math.log(alpha);
  };
  const low = bisect(refuted, 0, successes / trials);
  return low < LEAST_RATE ? 0 : low;
}
