import { studentTQuantile, studentTTwoSided } from '../numerics/student-t.js';
import type { Interval, Outcome } from '../outcome.js';
import { requireProbability } from '../require.js';
import { type EffectKind, effectOf, type Moments } from './moments.js';

/** An effect with an interval that holds at one look, fixed beforehand. */
export interface WelchTest extends Interval {
  readonly estimate: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * Welch's t-test of two means with unequal variances (Welch 1947, Biometrika 34; the degrees of freedom are
 * Satterthwaite's 1946). The relative effect takes its standard error by the delta method and the degrees of
 * freedom of the difference, as GrowthBook does. Valid at one look, for means of values independent of each other.
 */
export function welchTest(
  treatment: Moments,
  control: Moments,
  alpha: number,
  kind: EffectKind,
): Outcome<WelchTest> {
  requireProbability('alpha', alpha);
  const effect = effectOf(treatment, control, kind);
  if (effect.kind === 'insufficient') return effect;
  const standardError = Math.sqrt(effect.variance);
  const degreesOfFreedom = satterthwaite(treatment, control);
  const width = -studentTQuantile(alpha / 2, degreesOfFreedom) * standardError;
  return {
    kind: 'ok',
    estimate: effect.estimate,
    standardError,
    degreesOfFreedom,
    low: effect.estimate - width,
    high: effect.estimate + width,
    p: studentTTwoSided(effect.estimate / standardError, degreesOfFreedom),
  };
}

function satterthwaite(a: Moments, b: Moments): number {
  const partA = a.variance / a.n;
  const partB = b.variance / b.n;
  // As shares of their sum: the fourth powers would over- and underflow.
  const shareA = partA / (partA + partB);
  const shareB = partB / (partA + partB);
  return 1 / (shareA ** 2 / (a.n - 1) + shareB ** 2 / (b.n - 1));
}
