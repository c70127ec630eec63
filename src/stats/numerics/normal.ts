import { logIncompleteGamma } from './incomplete-gamma.js';
import { type Folded, symmetricQuantile } from './symmetric-quantile.js';
import { otherTail } from './tails.js';

const LN_HALF_PI = Math.log(Math.PI / 2);

/** Z^2 / 2 has a gamma distribution of shape 1/2 (DLMF 7.11.1 and 7.11.2): no table of coefficients needed. */
function folded(t: number): Folded {
  const half = (t * t) / 2;
  return { ...logIncompleteGamma(0.5, half), logDensity: -half - LN_HALF_PI / 2 };
}

/** ln P(Z <= z), with all digits in both tails. */
export function logNormalCdf(z: number): number {
  const tail = folded(z).upper - Math.LN2;
  return z < 0 ? tail : otherTail(tail);
}

/** P(Z <= z). */
export function normalCdf(z: number): number {
  return Math.exp(logNormalCdf(z));
}

/** The z with P(Z <= z) = p, for p from 1e-100 to below 1. */
export function normalQuantile(p: number): number {
  return symmetricQuantile(p, folded);
}
