import type { ExplicitHistogram } from '../stats/index.js';
import { isCompared } from './compared.js';
import { type BucketRow, mergeLatencies } from './latency-rows.js';
import type { InstantSeries, Labels, PrometheusClient } from './prometheus-client.js';
import { lastOf, matchersOf, operationOf } from './prometheus-durations.js';
import {
  boundsOf,
  classicHistogram,
  explicitHistogram,
  exponentialHistogram,
  numberOf,
} from './prometheus-histogram.js';
import { readMetrics, type StoredMetric } from './prometheus-names.js';
import { momentsOf, SILENT_SECONDS, seriesKey } from './prometheus-readings.js';
import { readServiceMatchers, readTargets } from './prometheus-target.js';
import type { Selection, VariantLatency, Window } from './source.js';

/**
 * What each series held at the window's end, less what it held at its beginning. Of a process that began anew under
 * the same name, only what it counted since: these are shown, and fix what is slow; what is decided is counted.
 */
export async function readLatencies(
  client: PrometheusClient,
  selection: Selection,
  window: Window,
): Promise<VariantLatency[]> {
  const before = { from: window.from - SILENT_SECONDS, to: window.from };
  const moments = momentsOf(window, [], Number.POSITIVE_INFINITY);
  const metrics = await readMetrics(client, window);
  const services = await readServiceMatchers(client, metrics, selection, window);
  const targetOf = await readTargets(client, moments, services);
  const read = async (metric: StoredMetric, name: string, shape: Shape): Promise<BucketRow[]> => {
    const matchers = matchersOf(metric, selection, services);
    const [end, beginning] = await Promise.all([
      lastOf(client, name, matchers, window),
      lastOf(client, name, matchers, before),
    ]);
    const [atEnd, atBeginning] = shape(end, beginning);
    return [...atEnd].flatMap(([key, { labels, row }]) => {
      const operation = operationOf(metric, labels, selection, targetOf(labels, 1));
      if (operation === undefined || !isCompared(operation)) return [];
      const { variant } = operation;
      const base = atBeginning.get(key)?.row;
      // Fewer than before: it began anew.
      if (base === undefined || total(base) > total(row)) return [{ ...row, variant, sign: 1 }];
      return [
        { ...row, variant, sign: 1 },
        { ...base, variant, sign: -1 },
      ];
    });
  };
  const rows = await Promise.all([
    ...metrics.native.map((metric) => read(metric, metric.name, nativeShape)),
    ...metrics.classic.map((metric) => read(metric, `${metric.name}_bucket`, classicShape)),
  ]);
  return mergeLatencies(rows.flat());
}

type Buckets = Omit<BucketRow, 'variant' | 'sign'>;
/** Series by key, each with its histogram. */
type Shaped = Map<string, { labels: Labels; row: Buckets }>;
type Series = readonly InstantSeries[];
type Shape = (end: Series, beginning: Series) => [end: Shaped, beginning: Shaped];

const EMPTY: Buckets = { scale: 0, bounds: [], zero: 0, buckets: {}, counts: [] };

const nativeShape: Shape = (end, beginning) => {
  const native = [...end, ...beginning].flatMap(({ buckets }) => (buckets === undefined ? [] : [buckets]));
  const bounds = boundsOf(native.filter((buckets) => exponentialHistogram(buckets) === undefined));
  const shaped = (series: Series): Shaped =>
    new Map(
      series.flatMap(({ labels, buckets }) => {
        if (buckets === undefined) return [];
        const row = exponentialHistogram(buckets) ?? explicitRow(explicitHistogram(buckets, bounds));
        return [[seriesKey(labels), { labels, row: { ...EMPTY, ...row } }]];
      }),
    );
  return [shaped(end), shaped(beginning)];
};

const classicShape: Shape = (end, beginning) => {
  const shaped = (series: Series): Shaped => {
    const grouped = new Map<string, { labels: Labels; buckets: { le: number; count: number }[] }>();
    for (const { labels: all, value = 0 } of series) {
      const { le, ...labels } = all;
      // VictoriaMetrics' buckets of exponential histograms: once they were merged, those from before stay beside them.
      if (le === undefined) continue;
      const group = grouped.get(seriesKey(labels)) ?? { labels, buckets: [] };
      grouped.set(seriesKey(labels), group);
      group.buckets.push({ le: numberOf(le), count: value });
    }
    return new Map(
      [...grouped].map(([key, { labels, buckets }]) => {
        return [key, { labels, row: { ...EMPTY, ...explicitRow(classicHistogram(buckets)) } }];
      }),
    );
  };
  return [shaped(end), shaped(beginning)];
};

function explicitRow({ bounds, counts }: ExplicitHistogram): Pick<Buckets, 'bounds' | 'counts'> {
  return { bounds: [...bounds], counts: [...counts] };
}

function total({ zero, buckets, counts }: Buckets): number {
  return [zero, ...Object.values(buckets), ...counts].reduce<number>((sum, count) => sum + Number(count), 0);
}
