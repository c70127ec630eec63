import { bisect } from '../numerics/bisect.js';
import { minimumOf } from '../numerics/minimum.js';
import { requireFinite, requireProbability } from '../require.js';

/**
 * Half-width of a band around an empirical distribution function that holds at one look, for all values at once:
 * sqrt(ln(2/alpha) / (2n)) (Dvoretzky, Kiefer & Wolfowitz 1956 with Massart's 1990 constant).
 */
export function bandAtOneLook(n: number, alpha: number): number {
  requireFinite('the number of values', n, 0);
  requireProbability('alpha', alpha);
  return Math.min(1, Math.sqrt((Math.LN2 - Math.log(alpha)) / (2 * n)));
}

/** Of the sqrt(ln ln n / n) by which the band falls, as the paper's experiments have it. */
const A = 0.85;

/**
 * Half-width of a band that holds at every look from `firstLook` values on: A sqrt((ln(1 + ln(n/m)) + C) / n)
 * with the smallest C whose error is alpha (Howard & Ramdas 2022, "Sequential estimation of quantiles", Bernoulli
 * 28, arXiv 1906.09712v5, theorem 2). 1, which says nothing, before `firstLook`.
 */
export function bandAtEveryLook(n: number, alpha: number, firstLook: number): number {
  requireFinite('the number of values', n, 0);
  requireFinite('values at the first look', firstLook, 0);
  requireProbability('alpha', alpha);
  if (n < firstLook) return 1;
  const c = smallestC(alpha);
  return Math.min(1, A * Math.sqrt((Math.log1p(Math.log(n / firstLook)) + c) / n));
}

function smallestC(alpha: number): number {
  let high = 1;
  while (errorAt(high) > alpha) high *= 2;
  return bisect((c) => errorAt(c) > alpha, high / 2, high);
}

/**
 * inf over eta of 4 exp(-g C) (1 + 1/((g - 1) ln eta)), where g = gamma^2 = (2/eta) (A - sqrt(2 (eta-1)/C))^2 must
 * be above 1. It is minimised as a logarithm between the two eta at which it is infinite.
 */
function errorAt(c: number): number {
  const gamma = (eta: number): number => (2 / eta) * (A - Math.sqrt((2 * (eta - 1)) / c)) ** 2;
  const logError = (eta: number): number => {
    const g = gamma(eta);
    return g <= 1 ? Number.MAX_VALUE : Math.log(4) - g * c + Math.log1p(1 / ((g - 1) * Math.log(eta)));
  };
  // gamma falls with eta as long as the bracket is positive.
  const widest = bisect((eta) => Math.sqrt(eta / 2) + Math.sqrt((2 * (eta - 1)) / c) < A, 1, 2 * A ** 2);
  return Math.exp(logError(minimumOf(logError, 1, widest)));
}
