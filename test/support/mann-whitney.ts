import { normalQuantile } from '../../src/stats/numerics/normal.js';

/** Shift of one sample against another, as Kayenta's judge takes it. */
export interface Shift {
  /** Hodges and Lehmann's: the median of all differences. */
  readonly estimate: number;
  /** Null where the samples are too small for any bound at this level. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The shifts d for which the Mann-Whitney test of (experiment - d) against control does not reject: normal
 * approximation with the correction for continuity and for ties (Hollander & Wolfe 1999, section 4.3; what R's
 * `wilcox.test(conf.int = TRUE, exact = FALSE)` and, after it, Kayenta compute). A peer of ours, for simulations.
 */
export function mannWhitneyShift(
  experiment: readonly number[],
  control: readonly number[],
  confidence: number,
): Shift {
  const differences = sortedDifferences(experiment, control);
  const critical = -normalQuantile((1 - confidence) / 2);
  // The statistic changes at the differences only, so it is looked at between them.
  const steps = [...new Set(differences)];
  const beside = (i: number): number => {
    const left = steps[i - 1] ?? (steps[0] ?? 0) - 2;
    const right = steps[i] ?? (steps.at(-1) ?? 0) + 2;
    return mannWhitneyStatistic(experiment, control, (left + right) / 2);
  };
  const rejectedBelow = beside(0) > critical;
  const rejectedAbove = beside(steps.length) < -critical;
  return {
    estimate: median(differences),
    low: rejectedBelow ? (steps.find((_, i) => beside(i + 1) <= critical) ?? null) : null,
    high: rejectedAbove ? (steps.findLast((_, i) => beside(i) >= -critical) ?? null) : null,
  };
}

/** Standardised number of pairs in which experiment less `shift` is above control; it falls as the shift grows. */
export function mannWhitneyStatistic(
  experiment: readonly number[],
  control: readonly number[],
  shift: number,
): number {
  const shifted = experiment.map((x) => x - shift);
  let wins = 0;
  for (const x of shifted) for (const y of control) wins += x > y ? 1 : x === y ? 0.5 : 0;
  const pairs = shifted.length * control.length;
  const all = shifted.length + control.length;
  const ties = new Map<number, number>();
  for (const value of [...shifted, ...control]) ties.set(value, (ties.get(value) ?? 0) + 1);
  let tied = 0;
  for (const count of ties.values()) tied += count ** 3 - count;
  const sigma = Math.sqrt((pairs / 12) * (all + 1 - tied / (all * (all - 1))));
  const excess = wins - pairs / 2;
  return (excess - Math.sign(excess) / 2) / sigma;
}

/** Hodges and Lehmann's estimate of the shift. */
export function hodgesLehmann(experiment: readonly number[], control: readonly number[]): number {
  return median(sortedDifferences(experiment, control));
}

function sortedDifferences(experiment: readonly number[], control: readonly number[]): number[] {
  return experiment.flatMap((x) => control.map((y) => x - y)).sort((a, b) => a - b);
}

function median(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}
