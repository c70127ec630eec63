import { StatisticsError, type StatisticsErrorCode, shown } from './errors.js';

/*
 * Many flags looked at together: without a correction one in twenty harmless ones stands out. All three functions
 * return values in the order of their arguments, to be compared with alpha (p) or ln(1/alpha) (e).
 */

/**
 * ln of the e-values adjusted for their number, by the e-BH procedure (Wang & Ramdas 2022, "False discovery rate
 * control with e-values", JRSS B 84, arXiv 2009.02824): flags at or above ln(1/alpha) are discoveries,
 * of which a share alpha is false at most, whatever the dependence between the flags. It takes the e-values of this
 * look, never their running maxima, which are none.
 */
export function eBenjaminiHochberg(logEValues: readonly number[]): number[] {
  refuse(logEValues, (x) => !Number.isNaN(x), 'bad-e-value', 'ln of an e-value must be a number');
  const count = logEValues.length;
  const falling = order(logEValues, (a, b) => b - a);
  // With e_[k] the k-th largest, k e_[k] / K; the discoveries are all up to the last k where it suffices.
  return adjust(falling, logEValues, Number.NEGATIVE_INFINITY, (logE, k, best) =>
    Math.max(best, logE + Math.log(k / count)),
  );
}

/**
 * p-values adjusted by Benjamini & Hochberg (1995, JRSS B 57): a share alpha of those at or below alpha is false at
 * most, where the tests are independent or positively dependent.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  requirePValues(pValues);
  const count = pValues.length;
  const rising = order(pValues, (a, b) => a - b);
  return adjust(rising, pValues, 1, (p, k, best) => Math.min(best, (p * count) / k));
}

/** p-values adjusted by Holm (1979, Scand. J. Statist. 6): the chance that any at or below alpha is false is alpha. */
export function holm(pValues: readonly number[]): number[] {
  requirePValues(pValues);
  // Largest first: a p-value's rank is then the number of those that it has still to be corrected for.
  const falling = order(pValues, (a, b) => b - a);
  return adjust(falling, pValues, 0, (p, rank, worst) => Math.max(worst, Math.min(1, p * rank)));
}

/** Indices in the order of their values; equal values in the order given. */
function order(values: readonly number[], compare: (a: number, b: number) => number): number[] {
  return values.map((_, i) => i).sort((i, j) => compare(values[i] ?? 0, values[j] ?? 0));
}

/** Goes through `ranked` from its end, carrying the running extreme that makes adjusted values monotone. */
function adjust(
  ranked: readonly number[],
  values: readonly number[],
  start: number,
  step: (value: number, rank: number, carried: number) => number,
): number[] {
  const adjusted = new Array<number>(values.length).fill(start);
  let carried = start;
  for (let k = ranked.length; k >= 1; k--) {
    const index = ranked[k - 1] ?? 0;
    carried = step(values[index] ?? 0, k, carried);
    adjusted[index] = carried;
  }
  return adjusted;
}

function requirePValues(pValues: readonly number[]): void {
  refuse(pValues, (p) => p >= 0 && p <= 1, 'bad-p-value', 'a p-value must be from 0 to 1');
}

function refuse(
  values: readonly number[],
  holds: (value: number) => boolean,
  code: StatisticsErrorCode,
  rule: string,
): void {
  for (const [index, value] of values.entries()) {
    if (!holds(value)) throw new StatisticsError(code, `${rule}, not ${shown(value)} (number ${index}).`);
  }
}
