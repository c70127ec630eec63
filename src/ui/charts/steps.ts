/** A window cut into steps. Milliseconds since 1970. */
export interface Steps {
  readonly from: number;
  readonly to: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** @param course Its moments are the ends of the steps. */
export function stepsOf(course: {
  readonly window: { readonly from: string };
  readonly moments: readonly string[];
}): Steps {
  const from = Date.parse(course.window.from);
  const ends = course.moments.map((moment) => Date.parse(moment));
  return { from, to: ends.at(-1) ?? from, starts: [from, ...ends.slice(0, -1)], ends };
}

/** The step that a time lies in; the first or the last where it lies outside. */
export function stepAt({ ends }: Steps, time: number): number {
  const index = ends.findIndex((end) => time <= end);
  return index < 0 ? ends.length - 1 : index;
}

/** How long a step is, seconds. */
export function stepSeconds({ starts, ends }: Steps, index: number): number {
  return ((ends[index] ?? 0) - (starts[index] ?? 0)) / 1000;
}
