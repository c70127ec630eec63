import { type AddedSeries, type Measure, type Question, readAdded } from './prometheus-added.js';
import type { InstantSeries, Labels, NativeBuckets, PrometheusClient } from './prometheus-client.js';
import { edgesAround, labelsAround } from './prometheus-histogram.js';
import { readMetrics, type StoredMetric, type StoredMetrics } from './prometheus-names.js';
import { LOOK_BACK_SECONDS, type Moments, seriesKey } from './prometheus-readings.js';
import {
  flagMatchers,
  readServiceMatchers,
  readTargets,
  type Target,
  type TargetOf,
} from './prometheus-target.js';
import { anyOf, type Matcher, range, scalar, selector } from './promql.js';
import type { Selection, Window } from './source.js';

/** What a series of `telltale.operation.duration` tells of its operations. */
export interface Operation extends Target {
  readonly flag: string;
  readonly variant: string;
  readonly assignment: string;
  readonly outcome: string;
  readonly flagVersion: string;
  readonly overflow: boolean;
  readonly failed: boolean;
}

/** What one series added in one interval. */
export interface DurationStep extends Operation {
  /** Ends at the moment of this index. */
  readonly interval: number;
  readonly time: number;
  readonly requests: number;
  readonly slow: number;
  readonly unresolved: number;
}

/**
 * What was added at the moments, operation by operation.
 *
 * @param threshold Seconds above which an operation is slow; without, none is counted as slow.
 */
export async function readDurations(
  client: PrometheusClient,
  selection: Partial<Selection>,
  moments: Moments,
  threshold?: number,
): Promise<DurationStep[]> {
  const window = { from: moments.times[0] ?? 0, to: moments.times.at(-1) ?? 0 };
  const metrics = await readMetrics(client, window);
  const services = await readServiceMatchers(client, metrics, selection, window);
  const targetOf = await readTargets(client, moments, services);
  const presence = presenceOf(metrics, services);
  const read = async (metric: StoredMetric, asked: Promise<Reads>): Promise<DurationStep[]> => {
    const series = await readAdded(client, moments, { ...(await asked), presence });
    return series.flatMap((one) => durationSteps(metric, one, selection, targetOf));
  };
  const parts = await Promise.all([
    ...metrics.native.map((metric) =>
      read(
        metric,
        nativeQuestion(client, metric, matchersOf(metric, selection, services), window, threshold),
      ),
    ),
    ...metrics.classic.map((metric) =>
      read(
        metric,
        classicQuestion(client, metric, matchersOf(metric, selection, services), window, threshold),
      ),
    ),
  ]);
  return parts.flat();
}

function durationSteps(
  metric: StoredMetric,
  { labels, steps }: AddedSeries,
  selection: Partial<Selection>,
  targetOf: TargetOf,
): DurationStep[] {
  return steps.flatMap(({ interval, time, added: [requests = 0, below = requests, upTo = below] }) => {
    const operation = operationOf(metric, labels, selection, targetOf(labels, interval));
    if (operation === undefined) return [];
    const [all, atMost, notAbove] = [Math.round(requests), Math.round(below), Math.round(upTo)];
    // Buckets that are missing are NaN, and those of another moment than the count may be more than it.
    const fits = atMost <= notAbove && notAbove <= all;
    return {
      ...operation,
      interval,
      time,
      requests: all,
      slow: fits ? all - notAbove : 0,
      unresolved: fits ? notAbove - atMost : all,
    };
  });
}

/** What a series tells, undefined where it is not of the selection. */
export function operationOf(
  { naming }: StoredMetric,
  labels: Labels,
  selection: Partial<Selection>,
  target: Target,
): Operation | undefined {
  const attribute = (name: string): string => labels[naming.label(name)] ?? '';
  const overflow = attribute('otel.metric.overflow') === 'true';
  const flag = attribute('feature_flag.key');
  const route = attribute('http.route') || attribute('telltale.operation.name');
  const isOf = (asked: string | undefined, value: string): boolean => asked === undefined || asked === value;
  if (!isOf(selection.service, target.service) || !isOf(selection.environment, target.environment))
    return undefined;
  if (!overflow && !(isOf(selection.flag, flag) && isOf(selection.route, route))) return undefined;
  return {
    ...target,
    flag,
    variant: attribute('feature_flag.result.variant'),
    assignment: attribute('telltale.assignment'),
    outcome: attribute('telltale.outcome'),
    flagVersion: attribute('feature_flag.version'),
    overflow,
    failed: attribute('error.type') !== '',
  };
}

/** How to read one metric. */
type Reads = Omit<Question, 'presence'>;

/** Processes that report operations of any flag, in whatever form. */
function presenceOf({ native, classic }: StoredMetrics, services: readonly Matcher[]): Question['presence'] {
  const names = [...native.map(({ name }) => name), ...classic.map(({ name }) => `${name}_count`)];
  return (length, matchers = []) =>
    names
      .map((name) => selector(name, [...services, ...matchers]))
      .map((own) => `count by (job, instance) (last_over_time(${own}[${length}]))`)
      .join(' or ');
}

/** What narrows series before they are read. */
export function matchersOf(
  { naming }: StoredMetric,
  { flag }: Partial<Selection>,
  services: readonly Matcher[],
): Matcher[] {
  return [...flagMatchers(naming, flag), ...services];
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
  const count = selector(`${metric.name}_count`, matchers);
  const measures: Measure[] = [{ expression: (length) => `last_over_time(${count}[${length}])` }];
  if (threshold !== undefined) {
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
    measures.push(at('low'), ...(all.some(({ low, high }) => low !== high) ? [at('high')] : []));
  }
  return {
    measures,
    resets: (length) => `resets(${count}[${length}]) > 0`,
  };
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
