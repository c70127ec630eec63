/** Bernoulli numbers B_2, B_4, ... B_16 (DLMF 24.2): the coefficients of Stirling's and of Euler and Maclaurin's series. */
export const BERNOULLI: readonly number[] = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
];
