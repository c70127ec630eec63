/** A function's value and derivative at one point. */
export interface Slope {
  readonly value: number;
  readonly slope: number;
}

/** ln of a ratio beyond which doubles end; a root out there is no root. */
const LIMIT = 700;
/** Newton's error is squared at each step, so a last step this small leaves about 1e-15. */
const LAST_STEP = 1e-8;
const MAX_STEPS = 200;

/**
 * Root of a strictly decreasing function by Newton's method, kept inside a bracket that is halved where a step
 * would leave it: far from the root these functions are flat, and steps too long. Each step costs a pass over
 * all strata, and a good `start` needs four or five.
 * @returns null where the sign does not change between -700 and 700.
 */
export function findRoot(evaluate: (x: number) => Slope, start: number): number | null {
  let low = -LIMIT;
  let high = LIMIT;
  let x = start;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { value, slope } = evaluate(x);
    if (value === 0) return x;
    if (value > 0) low = x;
    else high = x;
    const newton = x - value / slope;
    // Asked before the bracket: at the root the step may be below a rounding, and so outside it.
    if (Math.abs(newton - x) <= LAST_STEP * Math.max(1, Math.abs(x))) return newton;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next) > LIMIT - 1) return null;
    if (next === x) return x;
    x = next;
  }
  return x;
}
