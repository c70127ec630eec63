import { requireFinite } from '../require.js';
import { logIncompleteBeta } from './incomplete-beta.js';
import { logBeta } from './log-gamma.js';
import { type Folded, symmetricQuantile } from './symmetric-quantile.js';
import { otherTail } from './tails.js';

/** T^2 / (T^2 + df) has a beta distribution of shapes 1/2 and df/2 (DLMF 8.17(i); Abramowitz & Stegun 26.7.1). */
function foldedWith(degreesOfFreedom: number): (t: number) => Folded {
  requireFinite('degrees of freedom', degreesOfFreedom, 0);
  const half = degreesOfFreedom / 2;
  const scale = Math.LN2 - 0.5 * Math.log(degreesOfFreedom) - logBeta(half, 0.5);
  return (t) => {
    const square = (t * t) / degreesOfFreedom;
    const inside = square / (1 + square);
    const outside = 1 / (1 + square);
    return {
      lower: logIncompleteBeta(0.5, half, inside, outside),
      upper: logIncompleteBeta(half, 0.5, outside, inside),
      logDensity: scale - (half + 0.5) * Math.log1p(square),
    };
  };
}

/** P(T <= t) for Student's t. */
export function studentTCdf(t: number, degreesOfFreedom: number): number {
  const tail = foldedWith(degreesOfFreedom)(t).upper - Math.LN2;
  return Math.exp(t < 0 ? tail : otherTail(tail));
}

/** P(|T| > |t|): the two-sided p-value, with all digits where it is small. */
export function studentTTwoSided(t: number, degreesOfFreedom: number): number {
  return Math.exp(foldedWith(degreesOfFreedom)(t).upper);
}

/** The t with P(T <= t) = p, for p from 1e-100 to below 1 and from one degree of freedom on. */
export function studentTQuantile(p: number, degreesOfFreedom: number): number {
  requireFinite('degrees of freedom of a quantile', degreesOfFreedom, 1 - 1e-12);
  return symmetricQuantile(p, foldedWith(degreesOfFreedom));
}
