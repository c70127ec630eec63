/** ln of the probability below a point and above it. Both, because 1 minus either has lost the other's digits. */
export interface LogTails {
  readonly lower: number;
  readonly upper: number;
}

/** ln(1 - exp(x)) for x up to 0: the other tail. */
export function otherTail(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}
