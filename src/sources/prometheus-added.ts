import { type Sample, type SeriesStep, stepsOf } from './counter-steps.js';
import type { Labels, PrometheusClient } from './prometheus-client.js';
import { FirstSeen } from './prometheus-processes.js';
import {
  LOOK_BACK_SECONDS,
  type Moments,
  type Reading,
  readInterval,
  readMoments,
  SILENT_SECONDS,
  seriesKey,
} from './prometheus-readings.js';
import { anyOf, type Matcher, range } from './promql.js';
import { BLOCK_SECONDS } from './source.js';

/** PromQL of something's last sample in a range of that length. */
export type Expression = (length: string) => string;

/** One number of each series. */
export interface Measure {
  readonly expression: Expression;
  /** Which series a result is of, undefined where it is of none; the labels are the series' own by default. */
  readonly of?: (labels: Labels) => string | undefined;
  /** What a series holds when it has no such number; NaN, which is not known, by default. */
  readonly missing?: (key: string) => number;
}

/** Cumulative series and how to read them. */
export interface Question {
  /** The first counts: where it falls, the series began anew. */
  readonly measures: readonly Measure[];
  /** How often each series fell in a range of that length. */
  readonly resets: Expression;
  readonly presence: Presence;
}

/** Which processes report, whatever the flag; PromQL by process. */
export interface Presence {
  /** In any form and under any name that the metric has or had. */
  readonly any: (length: string, matchers?: readonly Matcher[]) => string;
  /** In the form of these series; undefined where there is no other. */
  readonly own: Expression | undefined;
  /** Those of all services, as one number; undefined where no service is asked for. */
  readonly everywhere: Expression | undefined;
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
  const [processes, inForm, fallen, ...read] = await Promise.all([
    readMoments(client, moments, (length) => presence.any(length)),
    presence.own && readMoments(client, moments, presence.own),
    // A fall between two intervals lies in neither: each looks back over the one before it.
    readMoments(client, moments, resets, moments.spacing),
    ...measures.map(({ expression }) => readMoments(client, moments, expression)),
  ]);
  const seen = new FirstSeen();
  addFirst(moments, processes, (labels, interval, time) => seen.add(labels, interval, time));
  if (inForm) addFirst(moments, inForm, (labels, interval, time) => seen.addInForm(labels, interval, time));
  if (await reportedElsewhere(client, moments, presence, seen)) seen.addEarlier();
  const heldBefore = await readReturned(client, moments, question, seen);
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
    const along = (expression: Expression) => readInterval(client, moments, interval, step, expression);
    const [present, presentInForm, ...fine] = await Promise.all([
      along((length) => presence.any(length)),
      presence.own && along(presence.own),
      ...measures.map(({ expression }) => along(expression)),
    ]);
    for (const { labels, values } of present.values()) seen.add(labels, interval, values[0]?.[0] ?? 0);
    for (const { labels, values } of presentInForm?.values() ?? [])
      seen.addInForm(labels, interval, values[0]?.[0] ?? 0);
    refine(series, interval, collect(measures, fine.map(within(interval))));
  }
  for (const [key, { labels, samples }] of series) {
    const [first] = samples;
    if (first !== undefined && (first.values[0] ?? 0) < (heldBefore.get(key) ?? 0)) seen.addRestarted(labels);
  }
  return [...series.values()].map(({ labels, samples }) => ({
    labels,
    steps: stepsOf(samples, seen.fromZero(labels, samples[0])),
    processBegan: seen.began(labels),
  }));
}

function addFirst(
  { times }: Moments,
  readings: ReadonlyMap<string, Reading>,
  add: (labels: Labels, interval: number, time: number) => void,
): void {
  for (const { labels, values } of readings.values()) {
    const interval = values.findIndex((value) => value !== undefined);
    if (interval >= 0) add(labels, interval, times[interval] ?? 0);
  }
}

/** Whether another service reported before the first process of the one asked for. */
async function reportedElsewhere(
  client: PrometheusClient,
  { times }: Moments,
  { everywhere }: Presence,
  seen: FirstSeen,
): Promise<boolean> {
  const first = seen.firstInterval();
  if (everywhere === undefined || first === undefined || first === 0) return false;
  return (await client.at(everywhere(range(LOOK_BACK_SECONDS)), times[first - 1] ?? 0)).length > 0;
}

/** VictoriaMetrics takes 16,384 bytes of a question, unless it is told otherwise. */
const MOST_TEXT = 12_000;

/** Looks for what appeared in the window long before it, and gives what series held then, if there was anything. */
async function readReturned(
  client: PrometheusClient,
  { times: [from = 0] }: Moments,
  { measures: [count], presence }: Question,
  seen: FirstSeen,
): Promise<Map<string, number>> {
  const held = new Map<string, number>();
  const appeared = seen.appeared();
  if (count === undefined || appeared.length === 0) return held;
  const among = (label: 'job' | 'instance'): Matcher => ({
    label,
    is: '=~',
    value: anyOf([...new Set(appeared.map((labels) => labels[label] ?? ''))]),
  });
  const week = range(SILENT_SECONDS);
  const narrowed = presence.any(week, [among('job'), among('instance')]);
  const asked = Buffer.byteLength(narrowed) > MOST_TEXT ? presence.any(week) : narrowed;
  const earlier = await client.at(asked, from);
  for (const { labels } of earlier) seen.addReturned(labels);
  if (earlier.length === 0) return held;
  for (const { labels, value } of await client.at(count.expression(week), from)) {
    const key = (count.of ?? seriesKey)(labels);
    if (key !== undefined && value !== undefined) held.set(key, value);
  }
  return held;
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

function within(interval: number) {
  return (
    readings: ReadonlyMap<string, { labels: Labels; values: readonly (readonly [number, number])[] }>,
  ): Points =>
    [...readings.values()].map(({ labels, values }) => ({
      labels,
      points: values.map(([time, value]) => ({ time, interval, value })),
    }));
}

/** Puts the numbers of each series and time together. */
function collect(measures: readonly Measure[], read: readonly Points[]): Collected {
  const collected: Collected = new Map();
  const byTime = new Map<string, Map<number, number[]>>();
  read.forEach((points, measure) => {
    for (const { labels, points: own } of points) {
      const key = (measures[measure]?.of ?? seriesKey)(labels);
      if (key === undefined) continue;
      // The count comes first: what is no series of it is none.
      if (measure === 0) {
        const none = measures.map(({ missing }) => missing?.(key) ?? Number.NaN);
        const samples = own.map(({ time, interval }) => ({ time, interval, values: [...none] }));
        collected.set(key, { labels, samples });
        byTime.set(key, new Map(samples.map(({ time, values }) => [time, values])));
      }
      const values = byTime.get(key);
      for (const { time, value } of own) {
        const at = values?.get(time);
        // A fraction of nothing is none.
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
