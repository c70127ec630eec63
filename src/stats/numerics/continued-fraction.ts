/** Terms after which a fraction is taken as it is; those here need some square roots of their arguments. */
const MAX_TERMS = 1_000_000;
const LAST_CHANGE = 2 ** -53;
/** Stands for a denominator of 0, which would stop the recurrence. */
const TINY = 1e-300;

/** One partial quotient: a over b. */
export interface Quotient {
  readonly a: number;
  readonly b: number;
}

/**
 * first + a_1 / (b_1 + a_2 / (b_2 + ...)) by Lentz's method as modified by Thompson & Barnett (1986, J. Comput.
 * Phys. 64, 490-509), from the front, so that it ends when nothing changes any more.
 */
export function continuedFraction(first: number, quotient: (k: number) => Quotient): number {
  let value = first === 0 ? TINY : first;
  let upper = value;
  let lower = 0;
  for (let k = 1; k <= MAX_TERMS; k++) {
    const { a, b } = quotient(k);
    lower = 1 / nonZero(b + a * lower);
    upper = nonZero(b + a / upper);
    const change = upper * lower;
    value *= change;
    if (Math.abs(change - 1) <= LAST_CHANGE) break;
  }
  return value;
}

function nonZero(x: number): number {
  return x === 0 ? TINY : x;
}
