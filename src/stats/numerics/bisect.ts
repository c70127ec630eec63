/** Enough to halve any interval of doubles down to two neighbours. */
const MAX_STEPS = 1100;

/**
 * The border between `low`, where `holds` is true, and `high`, where it is not: for functions without a slope,
 * or with one too flat to trust. Found to the last bit.
 */
export function bisect(holds: (x: number) => boolean, low: number, high: number): number {
  let left = low;
  let right = high;
  for (let step = 0; step < MAX_STEPS; step++) {
    const middle = (left + right) / 2;
    if (middle === left || middle === right) break;
    if (holds(middle)) left = middle;
    else right = middle;
  }
  return left;
}
