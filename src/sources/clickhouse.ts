import type { Query } from '../store/store.js';
import { createClickHouseUnits } from './clickhouse-units.js';
import { type FlagRow, flagTraffic } from './flag-traffic.js';
import { type BucketRow, mergeLatencies } from './latency-rows.js';
import { BUCKETS, COMPARED, STEPS } from './points-sql.js';
import type { Count, EvidenceUse, Report, Source, TimelineEntry } from './source.js';
import { BLOCK, BLOCK_START, cutParameters, stepsParameters } from './steps-sql.js';

/** Answers from our own tables, in the embedded engine or on a ClickHouse server. */
export function createClickHouseSource(query: Query): Source {
  return {
    ...createClickHouseUnits(query),

    cannot: [],

    async evidence(selection, window) {
      const rows = await query<{ service: string }>(
        `SELECT DISTINCT service FROM (${STEPS} SELECT service FROM steps WHERE ${COMPARED} AND requests > 0) ORDER BY service`,
        stepsParameters(selection, window),
      );
      return rows.map(
        ({ service }): EvidenceUse => ({ service, kind: 'operation-duration', samplingRate: 1 }),
      );
    },

    async flags(window, filter) {
      const rows = await query<FlagRow>(
        `${STEPS} SELECT flag, max(toUnixTimestamp64Nano(time)) / 1e9 AS last_seen,
          groupUniqArray(service) AS services, variant, assignment, sum(requests) AS operations
        FROM steps WHERE flag != '' GROUP BY flag, variant, assignment`,
        stepsParameters(filter, window),
      );
      return flagTraffic(rows);
    },

    async timeline(selection, window) {
      const rows = await query<{
        block: number;
        variant: string;
        operations: number | string;
        first_seen: string;
      }>(
        `${STEPS} SELECT ${BLOCK_START} AS block,
          variant, sum(requests) AS operations, toString(min(toUnixTimestamp64Nano(time))) AS first_seen
        FROM steps WHERE ${COMPARED} AND requests > 0 GROUP BY block, variant ORDER BY block, variant`,
        stepsParameters(selection, window),
      );
      return rows.map(
        (row): TimelineEntry => ({
          block: Number(row.block),
          variant: row.variant,
          firstSeen: secondsUp(row.first_seen),
          requests: Number(row.operations),
        }),
      );
    },

    async reports(selection, variant, window) {
      const rows = await query<{ at: string; operations: number | string }>(
        `${STEPS} SELECT toString(toUnixTimestamp64Nano(time)) AS at, sum(requests) AS operations
        FROM steps WHERE ${COMPARED} AND variant = {variant:String} GROUP BY time HAVING operations > 0 ORDER BY time`,
        { ...stepsParameters(selection, window), variant },
      );
      return rows.map((row): Report => ({ time: secondsUp(row.at), requests: Number(row.operations) }));
    },

    async counts(selection, window, cut) {
      const rows = await query<CountRow>(
        `${STEPS} SELECT ${BLOCK} AS block, service, service_version, environment, flag_version, variant, assignment, outcome,
          overflow, sum(requests) AS operations, sumIf(requests, failed) AS failures,
          sum(slow_requests) AS slow_operations, sum(unresolved_requests) AS unresolved_operations
        FROM steps
        GROUP BY block, service, service_version, environment, flag_version, variant, assignment, outcome, overflow
        HAVING operations > 0
        ORDER BY block, service, service_version, environment, flag_version, variant, assignment, outcome, overflow`,
        cutParameters(selection, window, cut),
      );
      return rows.map(toCount);
    },

    async latencies(selection, window) {
      const rows = await query<BucketRow>(BUCKETS, stepsParameters(selection, window));
      return mergeLatencies(rows);
    },
  };
}

/** Microseconds, rounded up, so that a window or a cut that ends at a report holds it. */
function secondsUp(nanoseconds: string): number {
  return Number((BigInt(nanoseconds) + 999n) / 1000n) / 1e6;
}

interface CountRow {
  block: number | string;
  service: string;
  service_version: string;
  environment: string;
  flag_version: string;
  variant: string;
  assignment: string;
  outcome: string;
  overflow: boolean;
  operations: number | string;
  failures: number | string;
  slow_operations: number | string;
  unresolved_operations: number | string;
}

function toCount(row: CountRow): Count {
  return {
    block: Number(row.block) / 1e6,
    service: row.service,
    serviceVersion: row.service_version,
    environment: row.environment,
    flagVersion: row.flag_version,
    variant: row.variant,
    assignment: row.assignment,
    outcome: row.outcome,
    overflow: row.overflow,
    requests: Number(row.operations),
    errors: Number(row.failures),
    slow: Number(row.slow_operations),
    unresolved: Number(row.unresolved_operations),
  };
}
