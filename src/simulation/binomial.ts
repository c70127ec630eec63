import type { Random } from './random.js';

/** Below so many expected successes counting up is quicker than rejecting, which is made for more. */
const FEW = 10;

/** Successes of `n` trials with probability `p`: exact in distribution, in a time that does not grow with `n`. */
export function binomial(n: number, p: number, next: Random): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(n, 1 - p, next);
  return n * p < FEW ? byInversion(n, p, next) : byRejection(n, p, next);
}

/** The cumulated probabilities up to a uniform number. */
function byInversion(n: number, p: number, next: Random): number {
  const odds = p / (1 - p);
  const none = Math.exp(n * Math.log1p(-p));
  // Beyond this lies less than a double can tell from 0; what rounding leaves there is drawn anew.
  const most = Math.min(n, Math.ceil(n * p + 20 * Math.sqrt(n * p + 1)));
  while (true) {
    let left = next();
    let probability = none;
    for (let k = 0; k <= most; k++) {
      if (left < probability) return k;
      left -= probability;
      probability *= (odds * (n - k)) / (k + 1);
    }
  }
}

/**
 * Transformed rejection with squeeze, algorithm BTRS of Hörmann 1993, "The generation of binomial random variates"
 * (Journal of Statistical Computation and Simulation 46); the names are the paper's.
 */
function byRejection(n: number, p: number, next: Random): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const odds = p / (1 - p);
  const m = Math.floor((n + 1) * p);
  const atMode = (m + 0.5) * Math.log((m + 1) / (odds * (n - m + 1))) + stirlingTail(m) + stirlingTail(n - m);
  while (true) {
    const u = next() - 0.5;
    const v = next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= squeeze) return k;
    if (!(k >= 0 && k <= n)) continue;
    const accepted =
      atMode +
      (n + 1) * Math.log((n - m + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) -
      stirlingTail(k) -
      stirlingTail(n - k);
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= accepted) return k;
  }
}

/** ln k! less Stirling's formula in k + 1. */
const TAILS: readonly number[] = [
  0.08106146679532726, 0.0413406959554093, 0.02767792568499834, 0.02079067210376509, 0.01664469118982119,
  0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.009255462182712733, 0.00833056343336287,
];

function stirlingTail(k: number): number {
  const known = TAILS[k];
  if (known !== undefined) return known;
  const one = 1 / (k + 1);
  const square = one * one;
  return (1 / 12 - (1 / 360 - (1 / 1260) * square) * square) * one;
}
