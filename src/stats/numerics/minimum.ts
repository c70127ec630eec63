const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** A minimum is flat: half the digits of x give all digits of the value. */
const LAST_WIDTH = 1e-9;

/** Where a function with one valley between `low` and `high` is smallest, by golden section (Kiefer 1953). */
export function minimumOf(f: (x: number) => number, low: number, high: number): number {
  let a = low;
  let b = high;
  let left = b - GOLDEN * (b - a);
  let right = a + GOLDEN * (b - a);
  let atLeft = f(left);
  let atRight = f(right);
  while (b - a > LAST_WIDTH * (high - low)) {
    if (atLeft <= atRight) {
      b = right;
      right = left;
      atRight = atLeft;
      left = b - GOLDEN * (b - a);
      atLeft = f(left);
    } else {
      a = left;
      left = right;
      atLeft = atRight;
      right = a + GOLDEN * (b - a);
      atRight = f(right);
    }
  }
  return (a + b) / 2;
}
