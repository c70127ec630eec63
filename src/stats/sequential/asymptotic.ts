import { type EffectKind, effectOf, type Moments } from '../fixed/moments.js';
import type { Interval, Outcome } from '../outcome.js';
import { requireFinite, requireProbability } from '../require.js';
import { logNormalMixture, normalMixtureBound, normalMixturePrecision } from './normal-mixture.js';

/** An effect with an interval that holds at every look, once there are many values. */
export interface AsymptoticSequence extends Interval {
  readonly estimate: number;
  readonly standardError: number;
  /** Two-sided, valid at any look. */
  readonly anytimeP: number;
  /** A lower bound alone, at the same alpha: the true effect is above it. */
  readonly lowerBound: number;
  /** An upper bound alone, at the same alpha. */
  readonly upperBound: number;
}

/** Level of the interval and when it is to be narrowest; both fixed before the data are seen. */
export interface SequenceOptions {
  readonly alpha: number;
  /** Values of both variants at which the interval is narrowest. */
  readonly tuning: number;
  readonly kind: EffectKind;
}

/**
 * The asymptotic confidence sequence for a difference of means (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024,
 * "Time-uniform central limit theory and asymptotic confidence sequences", Ann. Statist. 52, arXiv 2103.06476v9,
 * theorem 2.2; one-sided as in its appendix). Like a t interval it leans on the central limit theorem, and unlike
 * one it may be looked at as often as one likes. Both variants' values count as time, and the variance of one of
 * them is that of the estimate times their number, as GrowthBook and Eppo have it. Few values and heavy tails break
 * it: 90 % false "improved" were seen at a 1/99 split. Shown, never decided on.
 */
export function asymptoticSequence(
  treatment: Moments,
  control: Moments,
  { alpha, tuning, kind }: SequenceOptions,
): Outcome<AsymptoticSequence> {
  requireProbability('alpha', alpha);
  requireFinite('tuning', tuning, 0);
  const effect = effectOf(treatment, control, kind);
  if (effect.kind === 'insufficient') return effect;
  const { estimate, variance } = effect;
  const standardError = Math.sqrt(variance);
  const n = treatment.n + control.n;
  // The sum over n values of unit variance whose mean is `estimate` in units of one value's deviation.
  const z = estimate / standardError;
  const precision = normalMixturePrecision(tuning, alpha, 'two-sided');
  const width = (standardError * normalMixtureBound(n, alpha, precision, 'two-sided')) / Math.sqrt(n);
  const logEValue = logNormalMixture(z * Math.sqrt(n), n, precision, 'two-sided');
  const oneSided = standardError * oneSidedWidth(n, alpha, tuning);
  return {
    kind: 'ok',
    estimate,
    standardError,
    low: estimate - width,
    high: estimate + width,
    anytimeP: Math.min(1, Math.exp(-logEValue)),
    lowerBound: estimate - oneSided,
    upperBound: estimate + oneSided,
  };
}

/**
 * The one-sided half-width over the standard error, in the paper's closed form: slightly wider than the exact
 * bound of the one-sided mixture.
 */
function oneSidedWidth(n: number, alpha: number, tuning: number): number {
  const precision = normalMixturePrecision(tuning, alpha, 'one-sided');
  const growth = 0.5 * Math.log1p(n / precision);
  return Math.sqrt(2 * (1 + precision / n) * Math.log1p(Math.exp(growth - Math.log(2 * alpha))));
}
