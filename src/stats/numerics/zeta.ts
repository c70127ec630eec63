import { BERNOULLI } from './bernoulli.js';

/** Terms that are summed one by one; the rest is Euler and Maclaurin's tail, then below 1e-17 of the sum. */
const DIRECT = 10;

/**
 * Riemann's zeta(s) - 1 for s above 1, by Euler and Maclaurin (DLMF 25.2.9). Less 1, because zeta(40) - 1 is
 * 1e-12 and would have lost its digits beside 1.
 */
export function zetaMinusOne(s: number): number {
  let sum = DIRECT ** (1 - s) / (s - 1) + DIRECT ** -s / 2;
  // s (s+1) ... (s+2k-2) / (2k)! N^(1-s-2k), from one k to the next.
  let factor = (s / 2) * DIRECT ** (-s - 1);
  for (const [index, bernoulli] of BERNOULLI.entries()) {
    const k = index + 1;
    sum += bernoulli * factor;
    factor *= ((s + 2 * k - 1) * (s + 2 * k)) / ((2 * k + 1) * (2 * k + 2) * DIRECT ** 2);
  }
  for (let n = DIRECT - 1; n >= 2; n--) sum += n ** -s;
  return sum;
}
