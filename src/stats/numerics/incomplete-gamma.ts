import { requireFinite, requireNotBelow } from '../require.js';
import { continuedFraction } from './continued-fraction.js';
import { logGamma } from './log-gamma.js';
import { type LogTails, otherTail } from './tails.js';

/**
 * ln of the regularised incomplete gamma functions: `lower` is ln P(a, x), `upper` ln Q(a, x). The series
 * (DLMF 8.11.4) below a + 1, Legendre's continued fraction (DLMF 8.9.2) above, each where it converges fast and
 * where the tail it gives is the smaller one, or nearly. Meant for a up to some thousands.
 */
export function logIncompleteGamma(a: number, x: number): LogTails {
  requireFinite('the shape of the incomplete gamma function', a, 0);
  requireNotBelow('the argument of the incomplete gamma function', x, 0);
  if (x === 0) return { lower: Number.NEGATIVE_INFINITY, upper: 0 };
  if (x === Number.POSITIVE_INFINITY) return { lower: 0, upper: Number.NEGATIVE_INFINITY };
  const scale = a * Math.log(x) - x - logGamma(a);
  if (x < a + 1) {
    const lower = scale + Math.log(series(a, x));
    return { lower, upper: otherTail(lower) };
  }
  const fraction = continuedFraction(x + 1 - a, (k) => ({ a: k * (a - k), b: x + 2 * k + 1 - a }));
  const upper = scale - Math.log(fraction);
  return { lower: otherTail(upper), upper };
}

/** Sum of x^n / (a (a+1) ... (a+n)); the terms fall, for x is below a + 1. */
function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * 2 ** -54; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** P(X > x) for chi-square with so many degrees of freedom; 0 where it is below the smallest double. */
export function chiSquareTail(x: number, degreesOfFreedom: number): number {
  return Math.exp(logIncompleteGamma(degreesOfFreedom / 2, x / 2).upper);
}
