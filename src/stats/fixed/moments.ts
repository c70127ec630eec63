import { StatisticsError, shown } from '../errors.js';
import { insufficient, type Outcome } from '../outcome.js';
import { requireCount } from '../require.js';

/** What a comparison of means needs to know of one variant. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Variance of one value. */
  readonly variance: number;
}

/**
 * Moments of n values from their sum and sum of squares, the variance with n - 1 (Bessel). The two sums are
 * subtracted: where the mean is a million times the spread no digits are left.
 */
export function momentsFromSums(n: number, sum: number, sumOfSquares: number): Moments {
  requireCount('the number of values', n);
  if (n < 2 || !Number.isFinite(sum) || !(sumOfSquares >= 0 && sumOfSquares < Number.POSITIVE_INFINITY)) {
    const message = `a variance needs two values and finite sums, not ${n}, ${shown(sum)}, ${shown(sumOfSquares)}.`;
    throw new StatisticsError('bad-sample', message);
  }
  const mean = sum / n;
  return { n, mean, variance: Math.max(0, (sumOfSquares - sum * mean) / (n - 1)) };
}

/** Moments of n values that are 0 or 1: the variance p (1 - p), without Bessel's correction. */
export function momentsOfEvents(n: number, events: number): Moments {
  requireCount('the number of values', n);
  requireCount('events', events);
  if (n === 0 || events > n) {
    throw new StatisticsError('bad-sample', `events (${events}) must be among one value or more (${n}).`);
  }
  const mean = events / n;
  return { n, mean, variance: mean * (1 - mean) };
}

/** An effect of the treatment and the variance of its estimate. */
export interface Effect {
  readonly estimate: number;
  readonly variance: number;
}

/** Treatment's mean less control's, or that as a share of control's mean. */
export type EffectKind = 'difference' | 'relative';

/** An effect whose variance is above 0, or why there is none. */
export function effectOf(treatment: Moments, control: Moments, kind: EffectKind): Outcome<Effect> {
  requireMoments('treatment', treatment);
  requireMoments('control', control);
  if (Math.min(treatment.n, control.n) < 2) return insufficient('Each variant must have two values.');
  const { estimate, variance } =
    kind === 'relative' ? relativeDifference(treatment, control) : difference(treatment, control);
  if (!Number.isFinite(estimate) || !Number.isFinite(variance)) {
    return insufficient('The mean of control is 0 or next to it: there is no share of it.');
  }
  if (variance === 0) return insufficient('All values are equal: nothing says how much they vary.');
  return { kind: 'ok', estimate, variance };
}

/** Treatment's mean less control's. */
export function difference(treatment: Moments, control: Moments): Effect {
  return {
    estimate: treatment.mean - control.mean,
    variance: treatment.variance / treatment.n + control.variance / control.n,
  };
}

/**
 * The difference as a share of control's mean. Its variance is by the delta method, for T/C it is
 * var(T)/C^2 + T^2 var(C)/C^4 (Deng, Knoblich & Lu 2018, "Applying the Delta Method in Metric Analytics", KDD).
 */
function relativeDifference(treatment: Moments, control: Moments): Effect {
  const ratio = treatment.mean / control.mean;
  const own = treatment.variance / treatment.n / control.mean ** 2;
  const base = control.variance / control.n / control.mean ** 2;
  return { estimate: (treatment.mean - control.mean) / control.mean, variance: own + ratio ** 2 * base };
}

/** Throws unless the moments are those of some values. */
export function requireMoments(name: string, { n, mean, variance }: Moments): void {
  requireCount(`the number of values of ${name}`, n);
  if (Number.isFinite(mean) && variance >= 0 && variance < Number.POSITIVE_INFINITY) return;
  const message = `${name} must have a finite mean and a variance from 0 on, not ${shown(mean)} and ${shown(variance)}.`;
  throw new StatisticsError('bad-sample', message);
}
