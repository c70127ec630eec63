import type { Presence, Question } from './prometheus-added.js';
import type { InstantSeries, Labels, NativeBuckets, PrometheusClient } from './prometheus-client.js';
import type { EvidenceSeries } from './prometheus-evidence.js';
import { edgesAround, labelsAround } from './prometheus-histogram.js';
import { countName, type StoredMetric } from './prometheus-names.js';
import { byProcess } from './prometheus-processes.js';
import { LOOK_BACK_SECONDS, seriesKey } from './prometheus-readings.js';
import { anyOf, type Matcher, range, scalar, selector } from './promql.js';
import type { Window } from './source.js';

/** How the series of one metric are read, whatever form the store has it in. */
type Reads = Omit<Question, 'presence'>;

/**
 * How to read the count, and what is up to a threshold.
 *
 * @param threshold Seconds; without, and where a metric tells none, the count alone is read.
 */
export async function questionOf(
  client: PrometheusClient,
  { metric, matchers }: EvidenceSeries,
  window: Window,
  threshold: number | undefined,
): Promise<Reads> {
  const { form, second } = metric;
  const limit = threshold === undefined || second === undefined ? undefined : threshold * second;
  if (form === 'native') return nativeQuestion(client, metric, matchers, window, limit);
  if (form === 'classic') return classicQuestion(client, metric, matchers, window, limit);
  return counterQuestion(metric, matchers);
}

/**
 * Processes that report a metric, of any flag.
 *
 * @param own those of its forms that the series read are in
 */
export function presenceOf(
  forms: readonly StoredMetric[],
  own: readonly StoredMetric[],
  services: readonly Matcher[],
): Presence {
  const of = (some: readonly StoredMetric[], length: string, matchers: readonly Matcher[]): string =>
    some
      .map((form) => {
        const series = selector(countName(form), matchers);
        return byProcess(`last_over_time(${series}[${length}])`, form.naming);
      })
      .join(' or ');
  return {
    any: (length, matchers = []) => of(forms, length, [...services, ...matchers]),
    own: own.length === 0 || own.length === forms.length ? undefined : (length) => of(own, length, services),
    everywhere: services.length === 0 ? undefined : (length) => `count(${of(forms, length, [])})`,
  };
}

/** Series of durations as they were at the window's end, or where they ended in it. */
export function lastOf(
  client: PrometheusClient,
  name: string,
  matchers: readonly Matcher[],
  { from, to }: Window,
): Promise<InstantSeries[]> {
  return client.at(
    `last_over_time(${selector(name, matchers)}[${range(to - from + LOOK_BACK_SECONDS)}])`,
    to,
  );
}

async function nativeQuestion(
  client: PrometheusClient,
  metric: StoredMetric,
  matchers: readonly Matcher[],
  window: Window,
  threshold: number | undefined,
): Promise<Reads> {
  const own = selector(metric.name, matchers);
  const count = (length: string): string => `histogram_count(last_over_time(${own}[${length}]))`;
  const below = (edge: number) => ({
    expression: (length: string) =>
      `histogram_fraction(-Inf, ${scalar(edge)}, last_over_time(${own}[${length}])) * ${count(length)}`,
  });
  const measures = [{ expression: count }];
  if (threshold !== undefined) {
    const last = await lastOf(client, metric.name, matchers, window);
    const native = last.flatMap(({ buckets }): NativeBuckets[] => (buckets === undefined ? [] : [buckets]));
    const { low, high } = edgesAround(threshold, native);
    measures.push(below(low), ...(high > low ? [below(high)] : []));
  }
  return {
    measures,
    resets: (length) => `resets(${own}[${length}]) > 0`,
  };
}

async function classicQuestion(
  client: PrometheusClient,
  metric: StoredMetric,
  matchers: readonly Matcher[],
  window: Window,
  threshold: number | undefined,
): Promise<Reads> {
  const { measures, resets } = counterQuestion(metric, matchers);
  if (threshold === undefined) return { measures, resets };
  const edges = await classicEdges(client, metric, matchers, window, threshold);
  const all = [...edges.values()];
  const wanted = [...new Set(all.flatMap(({ low, high }) => (low === undefined ? [high] : [low, high])))];
  const buckets = selector(`${metric.name}_bucket`, [
    ...matchers,
    { label: 'le', is: '=~', value: anyOf(wanted) },
  ]);
  const at = (side: 'low' | 'high') => ({
    expression: (length: string) => `last_over_time(${buckets}[${length}])`,
    of: ({ le, ...labels }: Labels) => {
      const key = seriesKey(labels);
      return edges.get(key)?.[side] === le ? key : undefined;
    },
    // Below the lowest of all edges there is no bucket.
    missing: (key: string) => (edges.has(key) && edges.get(key)?.[side] === undefined ? 0 : Number.NaN),
  });
  const split = all.some(({ low, high }) => low !== high);
  return { measures: [...measures, at('low'), ...(split ? [at('high')] : [])], resets };
}

async function classicEdges(
  client: PrometheusClient,
  metric: StoredMetric,
  matchers: readonly Matcher[],
  window: Window,
  threshold: number,
): Promise<Map<string, { low: string | undefined; high: string }>> {
  const labelsOfSeries = new Map<string, string[]>();
  for (const { labels } of await lastOf(client, `${metric.name}_bucket`, matchers, window)) {
    const { le = '', ...series } = labels;
    const key = seriesKey(series);
    labelsOfSeries.set(key, [...(labelsOfSeries.get(key) ?? []), le]);
  }
  return new Map([...labelsOfSeries].map(([key, les]) => [key, labelsAround(threshold, les)]));
}

/** Of series that are one number each. */
export function counterQuestion(metric: StoredMetric, matchers: readonly Matcher[]): Reads {
  const count = selector(countName(metric), matchers);
  return {
    measures: [{ expression: (length) => `last_over_time(${count}[${length}])` }],
    resets: (length) => `resets(${count}[${length}]) > 0`,
  };
}
