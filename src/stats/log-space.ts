/**
 * ln of the mean of exp(x), without overflow: e-values reach e^100000, which no double holds.
 * An empty list has no mean; callers never pass one.
 */
export function logMeanExp(logs: Float64Array): number {
  return logSumExp(logs) - Math.log(logs.length);
}

/** ln of the sum of exp(x), scaled by the largest so that nothing overflows. */
export function logSumExp(logs: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const x of logs) if (x > largest) largest = x;
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const x of logs) sum += Math.exp(x - largest);
  return largest + Math.log(sum);
}

/** ln of the mean of two values given as logs: how two e-values are combined at equal weight. */
export function logMeanOfTwo(a: number, b: number): number {
  const high = Math.max(a, b);
  return high + Math.log1p(Math.exp(Math.min(a, b) - high)) - Math.LN2;
}
