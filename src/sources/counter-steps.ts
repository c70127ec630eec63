/**
 * Differences of cumulative series that are known by their last value at some moments, by the rules of `steps-sql.ts`:
 * what a series adds is what it has more than at its sample before; a series that has less began anew; one that appears
 * counts from zero if its process is known to be new or was seen before it, else from what it appears with.
 */

/** What a series held at a time: its count, and measures that only grow with it. */
export interface Sample {
  readonly time: number;
  /** The interval it lies in; 0 is what was before the window. */
  readonly interval: number;
  readonly values: readonly number[];
}

export interface SeriesStep {
  readonly interval: number;
  readonly time: number;
  /** What each measure added since the sample before. */
  readonly added: readonly number[];
  /** Counts up each time that the series begins anew. */
  readonly life: number;
}

/**
 * The steps of one series.
 *
 * @param samples In the order of their times.
 * @param fromZero Whether the series held nothing before its first sample.
 */
export function stepsOf(samples: readonly Sample[], fromZero: boolean): SeriesStep[] {
  const steps: SeriesStep[] = [];
  let life = 0;
  let before: readonly number[] | undefined = fromZero ? [] : undefined;
  for (const { time, interval, values } of samples) {
    const base = before;
    before = values;
    if (interval === 0) continue;
    // A series whose life before is not known begins with its first sample as the base.
    if (base === undefined) {
      steps.push({ interval, time, added: values.map(() => 0), life });
      continue;
    }
    const anew = (values[0] ?? 0) < (base[0] ?? 0);
    if (anew) life += 1;
    const added = values.map((value, i) => (anew ? value : value - Math.min(value, base[i] ?? 0)));
    steps.push({ interval, time, added, life });
  }
  return steps;
}
