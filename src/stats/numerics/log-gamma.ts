import { StatisticsError, shown } from '../errors.js';
import { BERNOULLI } from './bernoulli.js';
import { zetaMinusOne } from './zeta.js';

const EULER = 0.577_215_664_901_532_9;
const HALF_LN_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** From here on eight terms of Stirling's series leave an error below 1e-17. */
const STIRLING_FROM = 10;

/** (-1)^k (zeta(k) - 1) / k for k from 2 on: each a quarter of the one before where |w| is a half. */
const TAYLOR: readonly number[] = Array.from({ length: 28 }, (_, index) => {
  const k = index + 2;
  return ((k % 2 === 0 ? 1 : -1) * zetaMinusOne(k)) / k;
});

/**
 * ln of the gamma function for x above 0. Relative error about 1e-15, also beside its zeros at 1 and 2, where
 * a formula in ln x and x alone would leave no digits.
 */
export function logGamma(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) {
    throw new StatisticsError('bad-parameter', `the gamma function is taken above 0, not at ${shown(x)}.`);
  }
  if (x >= STIRLING_FROM) return (x - 0.5) * Math.log(x) - x + HALF_LN_TWO_PI + stirlingRest(x);
  if (x < 0.5) return besideTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return besideTwo(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let y = x;
  while (y >= 2.5) {
    y -= 1;
    product *= y;
  }
  return Math.log(product) + besideTwo(y - 2);
}

/** ln gamma(2 + w) for |w| up to a half (Abramowitz & Stegun 6.1.33, plus ln(1 + w)). */
function besideTwo(w: number): number {
  let sum = 0;
  for (let i = TAYLOR.length - 1; i >= 0; i--) sum = (sum + (TAYLOR[i] ?? 0)) * w;
  return w * (1 - EULER + sum);
}

/** What Stirling's formula leaves over (DLMF 5.11.1), for x from 10 on. */
function stirlingRest(x: number): number {
  const square = x * x;
  let sum = 0;
  for (let k = BERNOULLI.length; k >= 1; k--) {
    sum = sum / square + (BERNOULLI[k - 1] ?? 0) / (2 * k * (2 * k - 1));
  }
  return sum / x;
}

/**
 * ln of the beta function. For large arguments Stirling's formulas are subtracted by hand (as Didonato & Morris
 * 1992, ACM TOMS 18, "Algorithm 708", do): the three logarithms of the gamma function have 10^7 where their sum
 * has 10, and their rounding is all that would be left.
 */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  const sum = small + large;
  if (large < STIRLING_FROM) return logGamma(small) + logGamma(large) - logGamma(sum);
  const rest = stirlingRest(large) - stirlingRest(sum) - (large - 0.5) * Math.log1p(small / large);
  if (small < STIRLING_FROM) return logGamma(small) + small - small * Math.log(sum) + rest;
  const scale = HALF_LN_TWO_PI + stirlingRest(small) - 0.5 * Math.log(sum);
  return scale + (small - 0.5) * Math.log(small / sum) + rest;
}
