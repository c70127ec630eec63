import { insufficient, type Outcome } from '../outcome.js';
import { difference, type Effect, type Moments, requireMoments } from './moments.js';

/** Both variants in one stratum. */
export interface MeanStratum {
  readonly treatment: Moments;
  readonly control: Moments;
}

/** A difference of means over strata. */
export interface StratifiedDifference extends Effect {
  readonly standardError: number;
  /** Values in strata where a variant had fewer than two: they say nothing of a difference there. */
  readonly leftOut: number;
}

/**
 * Mean difference within strata, weighed by their sizes (post-stratification, Miratrix, Sekhon & Yu 2013, JRSS B 75,
 * 369-396): sum w_s d_s with w_s = n_s/N. Its variance has the one within strata, sum w_s^2 (v_T/n_T + v_C/n_C), and
 * that of the sizes, which are drawn as well: (sum w_s d_s^2 - (sum w_s d_s)^2) / N. Pooling instead would take a
 * drift of the mean under a changing share for an effect.
 */
export function stratifiedDifference(strata: readonly MeanStratum[]): Outcome<StratifiedDifference> {
  let leftOut = 0;
  let total = 0;
  const effects: { size: number; effect: Effect }[] = [];
  for (const { treatment, control } of strata) {
    requireMoments('treatment', treatment);
    requireMoments('control', control);
    const size = treatment.n + control.n;
    if (Math.min(treatment.n, control.n) < 2) {
      leftOut += size;
      continue;
    }
    total += size;
    effects.push({ size, effect: difference(treatment, control) });
  }
  if (total === 0) return insufficient('No stratum has two values of each variant.');
  let estimate = 0;
  let within = 0;
  for (const { size, effect } of effects) {
    const weight = size / total;
    estimate += weight * effect.estimate;
    within += weight ** 2 * effect.variance;
  }
  let between = 0;
  for (const { size, effect } of effects) between += (size / total) * (effect.estimate - estimate) ** 2;
  const variance = within + between / total;
  return { kind: 'ok', estimate, variance, standardError: Math.sqrt(variance), leftOut };
}
