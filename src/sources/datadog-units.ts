import { blockOf } from './datadog-blocks.js';
import { queryTimeseries } from './datadog-client.js';
import { sumQuery, unitMetric } from './datadog-query.js';
import type { HttpSource } from './http-json.js';
import { BLOCK_SECONDS, NO_EXPOSURES, type UnitCount, type UnitSource } from './source.js';

type Building = { -readonly [Name in keyof UnitCount]: UnitCount[Name] };

const COUNTERS = ['operations', 'errors'] as const;
const BUCKETS = 16;

/**
 * Answers about units from sums of `telltale.unit.*`. Processes are added up, and which of them know a threshold, or
 * met the same units, cannot be seen any more.
 */
export function createDatadogUnits(http: HttpSource): UnitSource {
  return {
    async unitCounts(selection, window, cut) {
      const from = Math.ceil(window.from / BLOCK_SECONDS) * BLOCK_SECONDS;
      if (from >= window.to) return [];
      const queries = COUNTERS.map((counter) => sumQuery(unitMetric(counter), selection, BLOCK_SECONDS));
      const { tags: names } = unitMetric('operations');
      const span = { from, to: window.to, seconds: BLOCK_SECONDS };
      const sums = new Map<string, Building>();
      for (const { query, tags, points } of await queryTimeseries(http, queries, span)) {
        const tag = (name: keyof typeof names): string => tags[names[name] ?? ''] ?? '';
        const overflow = tag('overflow') === 'true';
        const bucket = tag('bucket') === '' ? Number.NaN : Number(tag('bucket'));
        const known = Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS;
        if (!overflow && !(known && tag('assignment') === 'assigned')) continue;
        for (const [start, value] of points) {
          const place = {
            block: blockOf(start, window, cut),
            service: tag('service'),
            serviceVersion: tag('serviceVersion'),
            environment: tag('environment'),
            variant: tag('variant'),
            bucket: known ? bucket : 255,
            overflow,
          };
          const key = JSON.stringify(Object.values(place));
          const sum = sums.get(key) ?? { ...place, operations: 0, errors: 0, slow: null };
          sums.set(key, sum);
          sum[COUNTERS[query] ?? 'operations'] += Math.round(value);
        }
      }
      return [...sums.values()].filter(
        ({ operations, errors, overflow }) => operations > 0 || errors > 0 || overflow,
      );
    },

    distinctUnits: async () => [],
    distinctSteps: async (_selection, _window, _cut, _leftOut, moments) => moments.map(() => []),
    exposures: async () => [],
    firstExposures: async () => NO_EXPOSURES,
    failingUnits: async () => [],
  };
}
