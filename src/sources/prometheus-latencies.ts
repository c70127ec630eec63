import type { ExplicitHistogram } from '../stats/index.js';
import { isCompared } from './compared.js';
import { type Candidacy, chosen } from './counted.js';
import { type BucketRow, mergeLatencies } from './latency-rows.js';
import type { InstantSeries, Labels, NativeBuckets, PrometheusClient } from './prometheus-client.js';
import { type EvidenceSeries, operationOf, readEvidenceSeries } from './prometheus-evidence.js';
import {
  boundsOf,
  classicHistogram,
  explicitHistogram,
  exponentialHistogram,
  numberOf,
} from './prometheus-histogram.js';
import { readMetrics } from './prometheus-names.js';
import { lastOf } from './prometheus-questions.js';
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
  const evidence = await readEvidenceSeries(client, metrics, selection, services, window);
  const targetOf = await readTargets(client, moments, services);
  const read = async (series: EvidenceSeries, second: number): Promise<PlacedRow[]> => {
    const { form, name } = series.metric;
    const [bucketName, shape] = form === 'native' ? [name, nativeShape] : [`${name}_bucket`, classicShape];
    const [end, beginning] = await Promise.all([
      lastOf(client, bucketName, series.matchers, window),
      lastOf(client, bucketName, series.matchers, before),
    ]);
    const [atEnd, atBeginning] = shape(end, beginning, second);
    return [...atEnd].flatMap(([key, { labels, row }]): PlacedRow[] => {
      const operation = operationOf(series, labels, selection, targetOf(labels, 1));
      if (operation === undefined || !isCompared(operation)) return [];
      const place = { ...operation, kind: series.kind, rank: series.rank };
      const base = atBeginning.get(key)?.row;
      // Fewer than before: it began anew.
      if (base === undefined || total(base) > total(row)) return [{ ...row, ...place, sign: 1 }];
      return [
        { ...row, ...place, sign: 1 },
        { ...base, ...place, sign: -1 },
      ];
    });
  };
  const rows = await Promise.all(
    evidence.map(async (series) => {
      const { second } = series.metric;
      return second === undefined ? [] : read(series, second);
    }),
  );
  return mergeLatencies(chosen(rows.flat(), selection.evidence));
}

type Buckets = Omit<BucketRow, 'variant' | 'sign'>;
/** Series by key, each with its histogram. */
type Shaped = Map<string, { labels: Labels; row: Buckets }>;
type Series = readonly InstantSeries[];
/** @param second what a second is in the histogram's unit */
type Shape = (end: Series, beginning: Series, second: number) => [end: Shaped, beginning: Shaped];
type PlacedRow = BucketRow & Candidacy;

const EMPTY: Buckets = { scale: 0, bounds: [], zero: 0, buckets: {}, counts: [] };

const nativeShape: Shape = (end, beginning, second) => {
  const native = [...end, ...beginning].flatMap(({ buckets }) => (buckets === undefined ? [] : [buckets]));
  // Powers of two in millisecond are none in second: such buckets are kept by their bounds.
  const exponential = (buckets: NativeBuckets) => (second === 1 ? exponentialHistogram(buckets) : undefined);
  const bounds = boundsOf(native.filter((buckets) => exponential(buckets) === undefined));
  const shaped = (series: Series): Shaped =>
    new Map(
      series.flatMap(({ labels, buckets }) => {
        if (buckets === undefined) return [];
        const row = exponential(buckets) ?? explicitRow(explicitHistogram(buckets, bounds), second);
        return [[seriesKey(labels), { labels, row: { ...EMPTY, ...row } }]];
      }),
    );
  return [shaped(end), shaped(beginning)];
};

const classicShape: Shape = (end, beginning, second) => {
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
        return [key, { labels, row: { ...EMPTY, ...explicitRow(classicHistogram(buckets), second) } }];
      }),
    );
  };
  return [shaped(end), shaped(beginning)];
};

function explicitRow(
  { bounds, counts }: ExplicitHistogram,
  second: number,
): Pick<Buckets, 'bounds' | 'counts'> {
  return { bounds: bounds.map((bound) => bound / second), counts: [...counts] };
}

function total({ zero, buckets, counts }: Buckets): number {
  return [zero, ...Object.values(buckets), ...counts].reduce<number>((sum, count) => sum + Number(count), 0);
}
