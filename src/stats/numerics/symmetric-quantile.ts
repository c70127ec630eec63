import { StatisticsError, shown } from '../errors.js';
import { findRoot } from '../root.js';
import type { LogTails } from './tails.js';

/** A distribution symmetric around 0, as that of its absolute value. */
export interface Folded extends LogTails {
  /** ln of the density of the absolute value. */
  readonly logDensity: number;
}

/** Below it a quantile of Student's t with one degree of freedom nears the end of the doubles when squared. */
const SMALLEST = 1e-100;

/**
 * The quantile of a distribution symmetric around 0, by Newton's method on the logarithms of t and of a
 * probability: of the one inside (-t, t) near the median and of the one outside else, so that the digits of p
 * are all used. Both are log-concave in ln t for the normal distribution and for Student's, and the starts lie
 * on the side from which Newton's steps cannot overshoot.
 */
export function symmetricQuantile(p: number, folded: (t: number) => Folded): number {
  if (!(p >= SMALLEST && p < 1)) {
    const message = `a probability must be from ${SMALLEST} to below 1 (0.975, not 97.5), not ${shown(p)}.`;
    throw new StatisticsError('bad-parameter', message);
  }
  if (p === 0.5) return 0;
  const inside = Math.abs(1 - 2 * p);
  const outside = 2 * Math.min(p, 1 - p);
  const central = inside < outside;
  const start = central ? inside * Math.sqrt(Math.PI / 2) : Math.sqrt(-2 * Math.log(outside));
  const lnT = findRoot((x) => {
    const { lower, upper, logDensity } = folded(Math.exp(x));
    return central
      ? { value: Math.log(inside) - lower, slope: -Math.exp(logDensity + x - lower) }
      : { value: upper - Math.log(outside), slope: -Math.exp(logDensity + x - upper) };
  }, Math.log(start));
  return Math.sign(p - 0.5) * Math.exp(lnT ?? 0);
}
