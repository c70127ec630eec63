import { requireFinite, requireNotBelow } from '../require.js';
import { continuedFraction } from './continued-fraction.js';
import { logBeta } from './log-gamma.js';
import { otherTail } from './tails.js';

/**
 * ln of the regularised incomplete beta function I_x(a, b). `complement` is 1 - x, given beside x because the
 * digits of the smaller one matter: at a million degrees of freedom Student's x is 1 - 4e-6.
 */
export function logIncompleteBeta(a: number, b: number, x: number, complement: number): number {
  requireFinite('the first shape of the incomplete beta function', a, 0);
  requireFinite('the second shape of the incomplete beta function', b, 0);
  requireNotBelow('the argument of the incomplete beta function', x, 0);
  requireNotBelow('its complement', complement, 0);
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (complement === 0) return 0;
  // Where the fraction converges fast; beyond, it is that of the other tail.
  if (x < (a + 1) / (a + b + 2)) return byFraction(a, b, x, complement);
  return otherTail(byFraction(b, a, complement, x));
}

/**
 * The even part of DLMF 8.17.22 (Didonato & Morris 1992, ACM TOMS 18, "Algorithm 708"), which needs
 * some sqrt(max(a, b)) terms. Every difference in it is written with the complement: the plain fraction begins
 * with 1 - (a + b) x / (a + 1), and at 10^12 degrees of freedom that has five digits.
 */
function byFraction(a: number, b: number, x: number, complement: number): number {
  const lnX = x < 0.5 ? Math.log(x) : Math.log1p(-complement);
  const lnComplement = complement < 0.5 ? Math.log(complement) : Math.log1p(-x);
  const excess = a * complement - b * x + 1;
  const denominator = (m: number): number => {
    const rest = ((a + m) * (excess + m * (1 + complement))) / (a + 2 * m + 1);
    return m === 0 ? rest : m + (m * (b - m) * x) / (a + 2 * m - 1) + rest;
  };
  const fraction = continuedFraction(denominator(0), (m) => {
    const at = a + 2 * m - 1;
    return { a: ((a + m - 1) / at) * ((a + b + m - 1) / at) * m * (b - m) * x * x, b: denominator(m) };
  });
  return a * lnX + b * lnComplement - logBeta(a, b) - Math.log(fraction);
}
