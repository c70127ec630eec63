import { type Candidacy, chosen } from './counted.js';
import { type AddedSeries, readAdded } from './prometheus-added.js';
import type { PrometheusClient } from './prometheus-client.js';
import {
  type EvidenceSeries,
  type Operation,
  operationOf,
  readEvidenceSeries,
} from './prometheus-evidence.js';
import { readMetrics } from './prometheus-names.js';
import { presenceOf, questionOf } from './prometheus-questions.js';
import { type Moments, seriesKey } from './prometheus-readings.js';
import { readServiceMatchers, readTargets, type TargetOf } from './prometheus-target.js';
import type { EvidenceUse, Selection } from './source.js';

/** What one series added in one interval. */
export interface DurationStep extends Operation, Pick<EvidenceUse, 'kind' | 'label'> {
  /** Ends at the moment of this index. */
  readonly interval: number;
  readonly time: number;
  readonly requests: number;
  readonly slow: number;
  readonly unresolved: number;
}

interface Candidate extends DurationStep, Candidacy {
  readonly native: boolean;
  /** The same for all forms of one series in one interval. */
  readonly reading: string;
}

/**
 * What was added at the moments, operation by operation, of what each service is counted from.
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
  const evidence = await readEvidenceSeries(client, metrics, selection, services, window);
  const targetOf = await readTargets(client, moments, services);
  const parts = await Promise.all(
    evidence.map(async (series) => {
      const question = await questionOf(client, series, window, threshold);
      const presence = presenceOf(series.forms, [series.metric], services);
      const added = await readAdded(client, moments, { ...question, presence });
      return added.flatMap((one) => candidates(series, one, selection, targetOf, threshold !== undefined));
    }),
  );
  return chosen(once(parts.flat()), selection.evidence).map(
    ({ rank: _rank, native: _native, reading: _reading, ...step }) => step,
  );
}

/**
 * A histogram that is stored natively and with classic buckets counts in its native form, but where that tells of fewer
 * because it has just begun.
 */
function once(all: readonly Candidate[]): Candidate[] {
  const [native, classic] = [requestsByReading(all, true), requestsByReading(all, false)];
  return all.filter(({ native: isNative, reading }) => {
    const [natively, classically] = [native.get(reading), classic.get(reading)];
    return isNative === (natively !== undefined && natively >= (classically ?? 0));
  });
}

function requestsByReading(all: readonly Candidate[], native: boolean): Map<string, number> {
  const sums = new Map<string, number>();
  for (const one of all) {
    if (one.native === native) sums.set(one.reading, (sums.get(one.reading) ?? 0) + one.requests);
  }
  return sums;
}

function candidates(
  series: EvidenceSeries,
  { labels, steps }: AddedSeries,
  selection: Partial<Selection>,
  targetOf: TargetOf,
  timed: boolean,
): Candidate[] {
  const { kind, rank, metric, flag } = series;
  const shared = flag?.naming.escapes === true ? { label: flag.label } : {};
  // Functions of histograms drop these, which a store may add; a selector keeps them.
  const { __type__: _type, __unit__: _unit, ...own } = labels;
  const key = seriesKey(own);
  const timeless = timed && metric.second === undefined;
  return steps.flatMap(({ interval, time, added: [requests = 0, below = requests, upTo = below] }) => {
    const operation = operationOf(series, labels, selection, targetOf(labels, interval));
    if (operation === undefined) return [];
    const [all, atMost, notAbove] = [Math.round(requests), Math.round(below), Math.round(upTo)];
    // Buckets that are missing are NaN, and those of another moment than the count may be more than it.
    const fits = !timeless && atMost <= notAbove && notAbove <= all;
    return {
      ...operation,
      kind,
      rank,
      ...shared,
      native: metric.form === 'native',
      reading: JSON.stringify([metric.name, key, interval]),
      interval,
      time,
      requests: all,
      slow: fits ? all - notAbove : 0,
      unresolved: fits ? notAbove - atMost : all,
    };
  });
}
