import { type Sample, type SeriesStep, stepsOf } from './counter-steps.js';
import type { Labels, PrometheusClient } from './prometheus-client.js';
import { type Moments, readInterval, readMoments, seriesKey } from './prometheus-readings.js';
import { BLOCK_SECONDS } from './source.js';

/** PromQL of something's last sample in a range of that length. */
export type Expression = (length: string) => string;

/** One number of each series. */
export interface Measure {
  readonly expression: Expression;
  /** Which series a result is of, undefined where it is of none; the labels are the series' own by default. */
  readonly of?: (labels: Labels) => string | undefined;
}

/** Cumulative series and how to read them. */
export interface Question {
  /** The first counts: where it falls, the series began anew. */
  readonly measures: readonly Measure[];
  /** How often each series fell in a range of that length. */
  readonly resets: Expression;
  /** Anything by `job` and `instance`, whatever the flag: which processes reported. */
  readonly presence: Expression;
}

export interface AddedSeries {
  readonly labels: Labels;
  readonly steps: readonly SeriesStep[];
  /** When its process was first seen, if it is known to have begun in the window; else 0. */
  readonly processBegan: number;
}

/** What each series added in a window. */
export async function readAdded(
  client: PrometheusClient,
  moments: Moments,
  question: Question,
): Promise<AddedSeries[]> {
  const { measures, resets, presence } = question;
  const [processes, fallen, ...read] = await Promise.all([
    readMoments(client, moments, presence),
    // A fall between two intervals lies in neither: each looks back over the one before it.
    readMoments(client, moments, resets, moments.spacing),
    ...measures.map(({ expression }) => readMoments(client, moments, expression)),
  ]);
  const seen = new FirstSeen();
  for (const { labels, values } of processes.values()) {
    const interval = values.findIndex((value) => value !== undefined);
    if (interval >= 0) seen.add(labels, interval, moments.times[interval] ?? 0);
  }
  const series = collect(measures, read.map(coarse(moments)));
  const unsure = new Set(seen.unsureIntervals(moments));
  const close = new Set(unsure);
  for (const { values } of fallen.values()) {
    values.forEach((count, interval) => {
      if (interval > 0 && count !== undefined && count > 0) close.add(interval);
    });
  }
  for (const { samples } of series.values()) {
    samples.forEach(({ interval, values }, i) => {
      if ((values[0] ?? 0) < (samples[i - 1]?.values[0] ?? 0)) close.add(interval);
    });
  }
  for (const interval of [...close].sort((a, b) => a - b)) {
    // Restarts come all the time, and in an overview of hours need no second; what began unseen comes once.
    const step = unsure.has(interval) ? 1 : Math.max(1, moments.spacing / BLOCK_SECONDS);
    const [present, ...fine] = await Promise.all(
      [presence, ...measures.map(({ expression }) => expression)].map((expression) =>
        readInterval(client, moments, interval, step, expression),
      ),
    );
    for (const { labels, values } of present?.values() ?? []) seen.add(labels, interval, values[0]?.[0] ?? 0);
    refine(series, interval, collect(measures, fine.map(along(interval))));
  }
  return [...series.values()].map(({ labels, samples }) => ({
    labels,
    steps: stepsOf(samples, seen.fromZero(labels, samples[0])),
    processBegan: seen.began(labels),
  }));
}

type Point = Omit<Sample, 'values'> & { readonly value: number };
type Points = Iterable<{ readonly labels: Labels; readonly points: readonly Point[] }>;
type Collected = Map<string, { labels: Labels; samples: Sample[] }>;

function coarse({ times }: Moments) {
  return (readings: ReadonlyMap<string, { labels: Labels; values: (number | undefined)[] }>): Points =>
    [...readings.values()].map(({ labels, values }) => ({
      labels,
      points: values.flatMap((value, interval) =>
        value === undefined ? [] : [{ time: times[interval] ?? 0, interval, value }],
      ),
    }));
}

function along(interval: number) {
  return (
    readings: ReadonlyMap<string, { labels: Labels; values: readonly (readonly [number, number])[] }>,
  ): Points =>
    [...readings.values()].map(({ labels, values }) => ({
      labels,
      points: values.map(([time, value]) => ({ time, interval, value })),
    }));
}

/** Puts the numbers of each series and time together; one that is missing, or none, is 0. */
function collect(measures: readonly Measure[], read: readonly Points[]): Collected {
  const collected: Collected = new Map();
  const byTime = new Map<string, Map<number, number[]>>();
  read.forEach((points, measure) => {
    for (const { labels, points: own } of points) {
      const key = (measures[measure]?.of ?? seriesKey)(labels);
      if (key === undefined) continue;
      // The count comes first: what is no series of it is none.
      if (measure === 0) {
        const samples = own.map(({ time, interval }) => ({ time, interval, values: measures.map(() => 0) }));
        collected.set(key, { labels, samples });
        byTime.set(key, new Map(samples.map(({ time, values }) => [time, values])));
      }
      const values = byTime.get(key);
      for (const { time, value } of own) {
        const at = values?.get(time);
        if (at !== undefined) at[measure] = Number.isNaN(value) ? 0 : value;
      }
    }
  });
  return collected;
}

/** Puts the samples of one interval in the place of the one that stood for it. */
function refine(series: Collected, interval: number, fine: Collected): void {
  for (const [key, { labels, samples }] of fine) {
    const entry = series.get(key) ?? { labels, samples: [] };
    const others = entry.samples.filter((sample) => sample.interval !== interval);
    series.set(key, { labels, samples: [...others, ...samples].sort((a, b) => a.time - b.time) });
  }
}

/** An exporter reports each minute or so: what is first seen later than this after another was not there before. */
const SILENCE_SECONDS = 300;

/** When processes were first seen, to tell what a series held before. */
class FirstSeen {
  readonly #processes: Map<string, { interval: number; time: number }> = new Map();

  add({ job = '', instance = '' }: Labels, interval: number, time: number): void {
    const process = JSON.stringify([job, instance]);
    const known = this.#processes.get(process);
    if (known === undefined || time < known.time) this.#processes.set(process, { interval, time });
  }

  /** Intervals in which a process appeared that may have been running when the store began to receive anything. */
  unsureIntervals({ times }: Moments): number[] {
    const intervals = [...this.#processes.values()].map(({ interval }) => interval);
    return intervals.filter((interval) => interval > 0 && !this.#isNew(interval, times[interval - 1] ?? 0));
  }

  /** Whether a process that appeared then was not there while the store already received from others. */
  #isNew(interval: number, time: number): boolean {
    const [first] = [...this.#processes.values()].sort((a, b) => a.time - b.time);
    if (first === undefined || interval === 0) return false;
    return first.interval === 0 || time - first.time > SILENCE_SECONDS;
  }

  /** Whether a series held nothing before its first sample, because its process reported before, or is new. */
  fromZero({ job = '', instance = '' }: Labels, sample: Sample | undefined): boolean {
    const process = this.#processes.get(JSON.stringify([job, instance]));
    if (sample === undefined || process === undefined || sample.interval === 0) return false;
    return process.time < sample.time || this.#isNew(process.interval, process.time);
  }

  /** When a process began that is known to be new, else 0. */
  began({ job = '', instance = '' }: Labels): number {
    const process = this.#processes.get(JSON.stringify([job, instance]));
    return process !== undefined && this.#isNew(process.interval, process.time) ? process.time : 0;
  }
}
