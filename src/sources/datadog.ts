import { isCompared } from './compared.js';
import { evidenceUses, timelineOf } from './counted.js';
import { type DatadogSeries, queryScalars, queryTimeseries } from './datadog-client.js';
import { countQuery, percentileQuery, TAGS, tagValue } from './datadog-query.js';
import { flagTraffic } from './flag-traffic.js';
import type { HttpSource } from './http-json.js';
import {
  BLOCK_SECONDS,
  type Count,
  type Cut,
  type Selection,
  type Source,
  type VariantLatency,
  type Window,
} from './source.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

/** Answers from Datadog's metrics, which Telltale's exporters filled with delta points. */
export function createDatadogSource(http: HttpSource): Source {
  const read = async (selection: Partial<Selection>, window: Window, seconds: number, atMost?: number) => {
    const queries = [
      countQuery(selection, seconds),
      ...(atMost === undefined ? [] : [countQuery(selection, seconds, atMost)]),
    ];
    const span = { from: Math.ceil(window.from / seconds) * seconds, to: window.to, seconds };
    // No interval lies wholly in the window.
    if (span.from >= span.to) return [];
    return countsOf(await queryTimeseries(http, queries, span), atMost !== undefined);
  };
  const compared = async (selection: Selection, window: Window): Promise<Count[]> =>
    (await read(selection, window, BLOCK_SECONDS)).filter(isCompared);

  return {
    cannot: [
      'Datadog is asked by whole blocks of ten minutes: one that began before the comparison is left out.',
      'Datadog keeps durations in sketches: which requests were slow is known but for those within 1 % of the threshold, ' +
        'and only with percentiles switched on for telltale.operation.duration.',
      'Units are not read from Datadog, nor distinct units that failed.',
      'Changes of the flag are known by feature_flag.version alone.',
    ],

    evidence: async (selection, window) =>
      evidenceUses(
        (await compared(selection, window)).map((count) => ({ ...count, kind: 'operation-duration' })),
      ),

    async flags(window, filter) {
      const seconds = window.to - window.from > DAY_SECONDS ? HOUR_SECONDS : BLOCK_SECONDS;
      // What there is has to be found, however short the window: the interval that it begins in is part of it.
      const from = Math.floor(window.from / seconds) * seconds;
      const counts = await read(filter, { from, to: window.to }, seconds);
      const rows = counts
        // Datadog has the key in lower case; it is called as it was asked for.
        .map((count) => ({ ...count, flag: sameTag(count.flag, filter.flag) ?? count.flag }))
        .filter(({ flag }) => flag !== '')
        .map((count) => ({
          flag: count.flag,
          last_seen: Math.min(window.to, count.block + seconds),
          services: [count.service],
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
      return counts.map(({ flag: _, ...count }) => ({ ...count, block: blockOf(count.block, window, cut) }));
    },

    latencies: (selection, window) => readPercentiles(http, selection, window),

    unitCounts: async () => [],
    distinctUnits: async () => [],
    exposures: async () => [],
    firstExposures: async () => ({ units: [], operations: [] }),

    failingUnits: async () => [],
  };
}

function sameTag(value: string, asked: string | undefined): string | undefined {
  return asked !== undefined && tagValue(asked) === value ? asked : undefined;
}

function blockEnd(block: number, { to }: Window): number {
  return Math.min(to, block + BLOCK_SECONDS);
}

/** As `BLOCK` of `steps-sql.ts`; the calibration ends with a block here, and changes are not kept. */
function blockOf(block: number, window: Window, cut: Cut): number {
  return blockEnd(block, window) <= cut.calibratedUntil ? window.from : Math.max(block, cut.calibratedUntil);
}

/** Groups of the first query, each with what the second counts at or below the threshold. */
function countsOf(series: readonly DatadogSeries[], withThreshold: boolean): (Count & { flag: string })[] {
  const counts = new Map<string, { -readonly [Name in keyof Count]: Count[Name] } & { flag: string }>();
  // No answer at all is that of a metric without percentiles: all as slow would look the same in both variants.
  const thresholdAnswered = series.some(({ query }) => query > 0);
  for (const { query, tags, points } of [...series].sort((a, b) => a.query - b.query)) {
    const { [TAGS.errorType]: errorType = '', [TAGS.overflow]: overflow = '' } = tags;
    const tag = (name: keyof typeof TAGS): string => tags[TAGS[name]] ?? '';
    for (const [block, value] of points) {
      const stratum = {
        block,
        flag: tag('flag'),
        service: tag('service'),
        serviceVersion: tag('serviceVersion'),
        environment: tag('environment'),
        flagVersion: tag('flagVersion'),
        variant: tag('variant'),
        assignment: tag('assignment'),
        outcome: tag('outcome'),
        overflow: overflow === 'true',
      };
      const key = JSON.stringify(Object.values(stratum));
      const count = counts.get(key) ?? { ...stratum, requests: 0, errors: 0, slow: 0, unresolved: 0 };
      counts.set(key, count);
      const requests = Math.round(value);
      if (query > 0) {
        count.slow -= requests;
        continue;
      }
      count.requests += requests;
      if (errorType !== '') count.errors += requests;
      if (withThreshold && thresholdAnswered) count.slow += requests;
      if (withThreshold && !thresholdAnswered) count.unresolved += requests;
    }
  }
  return [...counts]
    .filter(([, { requests }]) => requests > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, count]) => ({ ...count, slow: Math.min(count.requests, Math.max(0, count.slow)) }));
}

const PERCENTILES = [50, 95, 99] as const;
const ABOVE = 1 + 1e-12;

/** All that Datadog tells of a distribution are its percentiles: buckets between those that are shown. */
async function readPercentiles(
  http: HttpSource,
  selection: Selection,
  window: Window,
): Promise<VariantLatency[]> {
  const queries = PERCENTILES.map((percentile) => percentileQuery(selection, percentile));
  const byVariant = await queryScalars(http, queries, window);
  return [...byVariant].flatMap(([variant, [p50 = 0, p95 = 0, p99 = 0]]) => {
    if (!(p50 > 0)) return [];
    // Bounds rise, and percentiles may be the same.
    const bounds = [p50, Math.max(p95, p50 * ABOVE), Math.max(p99, p50 * ABOVE * ABOVE, p95 * ABOVE)];
    return [{ variant, histogram: { bounds, counts: [50, 45, 4, 1] } }];
  });
}
