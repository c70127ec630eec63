import { isCompared, isVariant } from './compared.js';
import { chosen, evidenceUses, timelineOf } from './counted.js';
import { blockEnd, blockOf } from './datadog-blocks.js';
import { queryScalars, queryTimeseries } from './datadog-client.js';
import { type TaggedCount, taggedCounts } from './datadog-counts.js';
import { countQuery, evidenceMetrics, percentileQuery } from './datadog-query.js';
import { createDatadogUnits } from './datadog-units.js';
import { flagTraffic } from './flag-traffic.js';
import type { HttpSource } from './http-json.js';
import { BLOCK_SECONDS, type Selection, type Source, type VariantLatency, type Window } from './source.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

/** Answers from Datadog's metrics, which exporters filled with delta points. */
export function createDatadogSource(http: HttpSource): Source {
  const read = async (
    selection: Partial<Selection>,
    window: Window,
    seconds: number,
    atMost?: number,
  ): Promise<TaggedCount[]> => {
    const span = { from: Math.ceil(window.from / seconds) * seconds, to: window.to, seconds };
    // No interval lies wholly in the window.
    if (span.from >= span.to) return [];
    const parts = await Promise.all(
      evidenceMetrics(selection).map(async (asked) => {
        const thresholds = atMost === undefined ? [undefined] : [undefined, atMost];
        const queries = thresholds.map((limit) => countQuery(asked, selection, seconds, limit));
        return taggedCounts(
          asked,
          await queryTimeseries(http, queries, span),
          selection.flag,
          atMost !== undefined,
        );
      }),
    );
    return chosen(parts.flat(), selection.evidence);
  };
  const compared = async (selection: Selection, window: Window): Promise<TaggedCount[]> =>
    (await read(selection, window, BLOCK_SECONDS)).filter(isCompared);

  return {
    ...createDatadogUnits(http),

    cannot: [
      'Datadog is asked by whole blocks of ten minutes: one that began before the comparison is left out.',
      'Datadog keeps durations in sketches: which requests were slow is known but for those within 1 % of the threshold, ' +
        'and only with percentiles switched on for the metric that is counted.',
      'Datadog adds processes up: how many units there were is not read, nor which of their requests were slow, nor distinct units that failed.',
      'Datadog has keys and variants as tags, in lower case: those that differ in nothing but case, or in what a tag has no character for, are one.',
      'Changes of the flag are known by feature_flag.version alone.',
    ],

    stepSeconds: BLOCK_SECONDS,

    evidence: async (selection, window) => evidenceUses(await read(selection, window, BLOCK_SECONDS)),

    async flags(window, filter) {
      const seconds = window.to - window.from > DAY_SECONDS ? HOUR_SECONDS : BLOCK_SECONDS;
      // What there is has to be found, however short the window: the interval that it begins in is part of it.
      const from = Math.floor(window.from / seconds) * seconds;
      const counts = await read(filter, { from, to: window.to }, seconds);
      const rows = counts
        .filter(({ flag }) => flag !== '')
        .map((count) => ({
          flag: count.flag,
          last_seen: Math.min(window.to, count.block + seconds),
          services: [count.service],
          environments: [count.environment],
          variant: count.variant,
          assignment: count.assignment,
          operations: count.requests,
        }));
      return flagTraffic(rows);
    },

    async timeline(selection, window) {
      const counts = await compared(selection, window);
      return timelineOf(
        counts.map(({ block, variant, requests }) => ({
          block,
          variant,
          firstSeen: blockEnd(block, window),
          requests,
        })),
      );
    },

    async reports(selection, variant, window) {
      const byBlock = new Map<number, number>();
      for (const count of await compared(selection, window)) {
        if (count.variant !== variant) continue;
        byBlock.set(count.block, (byBlock.get(count.block) ?? 0) + count.requests);
      }
      return [...byBlock]
        .sort(([a], [b]) => a - b)
        .map(([block, requests]) => ({ time: blockEnd(block, window), requests }));
    },

    async counts(selection, window, cut) {
      const counts = await read(selection, window, BLOCK_SECONDS, 2 ** (cut.edgeIndex / 4));
      return counts.map(({ flag: _flag, kind: _kind, rank: _rank, ...count }) => ({
        ...count,
        block: blockOf(count.block, window, cut),
      }));
    },

    latencies: (selection, window) => readPercentiles(http, selection, window),
  };
}

const PERCENTILES = [50, 95, 99] as const;
const ABOVE = 1 + 1e-12;

/** All that Datadog tells of a distribution are its percentiles: buckets between those that are shown. */
async function readPercentiles(
  http: HttpSource,
  selection: Selection,
  window: Window,
): Promise<VariantLatency[]> {
  // Percentiles do not add up: of several metrics they are of the one preferred.
  const [asked] = evidenceMetrics(selection);
  if (asked === undefined) return [];
  const queries = PERCENTILES.map((percentile) => percentileQuery(asked, selection, percentile));
  const byVariant = await queryScalars(http, queries, window);
  return [...byVariant].flatMap(([variant, [p50 = 0, p95 = 0, p99 = 0]]) => {
    if (!(p50 > 0) || !isVariant(variant)) return [];
    // Bounds rise, and percentiles may be the same.
    const bounds = [p50, Math.max(p95, p50 * ABOVE), Math.max(p99, p50 * ABOVE * ABOVE, p95 * ABOVE)];
    return [{ variant, histogram: { bounds, counts: [50, 45, 4, 1] }, percentilesOnly: true }];
  });
}
