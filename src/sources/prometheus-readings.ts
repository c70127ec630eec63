import type { Labels, PrometheusClient, RangeSeries } from './prometheus-client.js';
import { range } from './promql.js';
import { BLOCK_SECONDS, type Window } from './source.js';

/** How far before the window a series' last sample is looked for, in seconds, as in `steps-sql.ts`. */
export const LOOK_BACK_SECONDS = 3600;

/** How long a process may have been silent and still be known as one that ran before the window. */
export const SILENT_SECONDS: number = 7 * 86_400;

/** Prometheus gives 11,000 points of a series at once. */
const MOST_POINTS = 10_000;

/** Instants at which cumulative series are read; between two of them lies one interval. */
export interface Moments {
  /** Ascending; the first is the window's beginning, the last its end. */
  readonly times: readonly number[];
  /** Seconds between those that are multiples of it. */
  readonly spacing: number;
}

/** Where a window is cut: at the multiples of `spacing` in it, and where it is cut besides. */
export function momentsOf(
  { from, to }: Window,
  cuts: readonly number[],
  spacing: number = BLOCK_SECONDS,
): Moments {
  const times = new Set([from, to, ...cuts.filter((cut) => cut > from && cut < to)]);
  for (let time = (Math.floor(from / spacing) + 1) * spacing; time < to; time += spacing) times.add(time);
  return { times: [...times].sort((a, b) => a - b), spacing };
}

/** A series' value at each moment: that of its last sample since the moment before, if there was one. */
export interface Reading {
  readonly labels: Labels;
  readonly values: (number | undefined)[];
}

/** The labels as one text, the same for each expression over the same series. */
export function seriesKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Reads an expression at moments.
 *
 * @param expression PromQL of the last sample in a range of that length, such as `last_over_time(x[600000ms])`
 * @param behind Seconds that the range begins earlier.
 */
export async function readMoments(
  client: PrometheusClient,
  { times, spacing }: Moments,
  expression: (length: string) => string,
  behind = 0,
): Promise<Map<string, Reading>> {
  const readings = new Map<string, Reading>();
  const put = (labels: Labels, index: number, value: number): void => {
    const key = seriesKey(labels);
    const reading = readings.get(key) ?? { labels, values: times.map(() => undefined) };
    readings.set(key, reading);
    reading.values[index] = value;
  };
  const regular = times.flatMap((time, index) => (index > 0 && time % spacing === 0 ? [index] : []));
  const [first, last] = [regular[0], regular.at(-1)];
  const inOneGo = async (): Promise<void> => {
    if (first === undefined || last === undefined) return;
    const [begin = 0, end = 0] = [times[first], times[last]];
    const indices = new Map(regular.map((index) => [times[index], index]));
    for (const { labels, values } of await client.along(
      expression(range(spacing + behind)),
      begin,
      end,
      spacing,
    )) {
      for (const [time, value] of values) {
        const index = indices.get(time);
        if (index !== undefined) put(labels, index, value);
      }
    }
  };
  const alone = times.map(async (time, index) => {
    if (regular.includes(index)) return;
    const length = index === 0 ? LOOK_BACK_SECONDS : time - (times[index - 1] ?? time);
    for (const { labels, value } of await client.at(expression(range(length + behind)), time)) {
      if (value !== undefined) put(labels, index, value);
    }
  });
  await Promise.all([inOneGo(), ...alone]);
  return readings;
}

/**
 * Reads an expression all along one interval: a series has points where it had samples, and no others, of which a store
 * would give sixty for each.
 *
 * @param interval The one that ends at the moment of this index.
 * @param finest Seconds between two points, unless these would be more than a store gives.
 */
export async function readInterval(
  client: PrometheusClient,
  { times }: Moments,
  interval: number,
  finest: number,
  expression: (length: string) => string,
): Promise<Map<string, RangeSeries>> {
  const [from = 0, to = 0] = [times[interval - 1], times[interval]];
  const step = Math.max(finest, Math.ceil((to - from) / MOST_POINTS));
  const series = new Map<string, RangeSeries>();
  // The grid ends with the interval, so that its last value is that of the moment.
  const steps = Math.ceil((to - from) / step - 1e-6) - 1;
  for (const one of await client.along(expression(range(step)), to - steps * step, to, step)) {
    series.set(seriesKey(one.labels), one);
  }
  return series;
}
