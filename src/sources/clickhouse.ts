import type { Query, QueryParameters } from '../store/store.js';
import { createClickHouseUnits } from './clickhouse-units.js';
import { evidenceRows, isSpans, USES, type Use } from './evidence-sql.js';
import { type FlagRow, flagTraffic } from './flag-traffic.js';
import { type BucketRow, mergeLatencies } from './latency-rows.js';
import { latencyStepBuckets } from './latency-steps-sql.js';
import { COUNT_FIRST, durationSteps, latencyBuckets, requestSteps } from './points-sql.js';
import { type RouteRow, routeCounts, routesSql } from './routes-sql.js';
import type { Count, EvidenceUse, Report, Selection, Source, TimelineEntry, Window } from './source.js';
import { BLOCK, BLOCK_START, cutParameters, micros, stepsParameters, WHOLE } from './steps-sql.js';

/** Answers from our own tables, in the embedded engine or on a ClickHouse server. */
export function createClickHouseSource(query: Query): Source {
  const usesIn = (selection: Partial<Selection>, window: Window): Promise<Use[]> =>
    query<Use>(USES, stepsParameters(selection, window));

  /** Asks about what the operations of the selection are counted from. */
  async function ask<T>(
    sql: (rows: string) => string,
    selection: Partial<Selection>,
    window: Window,
    parameters: QueryParameters,
    byRoute = false,
  ): Promise<T[]> {
    const { flag = '', evidence } = selection;
    const uses = evidence?.map((use) => ({ ...use, flag })) ?? (await usesIn(selection, window));
    const rows = evidenceRows(uses, byRoute);
    return query<T>(sql(rows.sql), { ...parameters, ...rows.parameters });
  }

  return {
    ...createClickHouseUnits(query),

    cannot: [],

    // Applications report no more often, and spans are counted by as much.
    stepSeconds: 10,

    async evidence(selection, window) {
      const uses = await usesIn(selection, window);
      const rates = await samplingRates(query, uses.filter(isSpans), selection, window);
      return uses.map(({ service, kind }): EvidenceUse => {
        const rate = isSpans({ kind }) || kind === 'span-metrics' ? rates.get(service) : 1;
        return { service, kind, samplingRate: rate ?? null };
      });
    },

    async flags(window, filter) {
      return flagTraffic(await ask<FlagRow>(flagsSql, filter, window, stepsParameters(filter, window)));
    },

    async timeline(selection, window) {
      const rows = await ask<{
        block: number;
        variant: string;
        operations: number | string;
        first_seen: string;
      }>(
        (points) => `${requestSteps(points, ['variant', 'compared'])} SELECT ${BLOCK_START} AS block,
          variant, sum(requests) AS operations, toString(min(toUnixTimestamp64Nano(time))) AS first_seen
        FROM steps WHERE compared AND requests > 0 GROUP BY block, variant ORDER BY block, variant`,
        selection,
        window,
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
      const rows = await ask<{ at: string; operations: number | string }>(
        (points) => `${requestSteps(points, ['variant', 'compared'])}
        SELECT toString(toUnixTimestamp64Nano(time)) AS at, sum(requests) AS operations
        FROM steps WHERE compared AND variant = {variant:String} GROUP BY time HAVING operations > 0 ORDER BY time`,
        selection,
        window,
        { ...stepsParameters(selection, window), variant },
      );
      return rows.map((row): Report => ({ time: secondsUp(row.at), requests: Number(row.operations) }));
    },

    async counts(selection, window, cut) {
      const parameters = cutParameters(selection, window, cut);
      const rows = await ask<CountRow>(countsSql, selection, window, parameters);
      return rows.sort(inOrder).map(toCount);
    },

    async latencies(selection, window) {
      const parameters = stepsParameters(selection, window);
      return mergeLatencies(await ask<BucketRow>(latencyBuckets, selection, window, parameters));
    },

    async latencySteps(selection, window, moments) {
      const parameters = { ...stepsParameters(selection, window), moments: micros(moments) };
      const rows = await ask<StepRow>(latencyStepBuckets, selection, window, parameters);
      return moments.map((_, step) =>
        mergeLatencies([
          ...rows.filter((row) => row.step === step).map((row) => ({ ...row, sign: 1 })),
          ...rows.filter((row) => row.taken_off === step).map((row) => ({ ...row, sign: -1 })),
        ]),
      );
    },

    async routes(selection, window, cut, most) {
      const parameters = { ...stepsParameters(selection, window, cut.edgeIndex), most };
      return routeCounts(await ask<RouteRow>(routesSql, selection, window, parameters, true));
    },
  };
}

function flagsSql(rows: string): string {
  return `${requestSteps(rows, ['flag', 'variant', 'assignment', 'environment'], WHOLE)} SELECT flag, max(toUnixTimestamp64Nano(time)) / 1e9 AS last_seen,
    groupUniqArray(service) AS services, groupUniqArray(environment) AS environments, variant, assignment, sum(requests) AS operations
  FROM steps WHERE flag != '' GROUP BY flag, variant, assignment`;
}

/** What sets counts apart beside block, service and version. */
const APART = ['environment', 'flag_version', 'variant', 'assignment', 'outcome', 'overflow'] as const;

/** What sets counts apart beside the block, in the order of the answer. */
const PLACE = ['service', 'service_version', ...APART] as const;

/**
 * Grouped by a hash of the place, and sorted here: for each key of a group or of an order the engine walks all of
 * the query again, before it reads anything.
 */
function countsSql(rows: string): string {
  const own = PLACE.map((name) => `steps.${name}`);
  return `${durationSteps(rows, [...APART, 'failed', 'weight'])} SELECT ${BLOCK} AS block, cityHash64(${own.join(', ')}) AS place,
    ${PLACE.map((name, i) => `any(${own[i]}) AS ${name}`).join(', ')},
    sum(requests) AS operations, sumIf(requests, failed) AS failures,
    sum(slow_requests) AS slow_operations, sum(unresolved_requests) AS unresolved_operations,
    min(weight) AS least_weight, max(weight) AS most_weight, sum(requests * weight) AS weighed_operations,
    sumIf(requests * weight, failed) AS weighed_failures
  FROM steps GROUP BY block, place HAVING operations > 0
  ${COUNT_FIRST}`;
}

function inOrder(one: CountRow, other: CountRow): number {
  const blocks = Number(one.block) - Number(other.block);
  if (blocks !== 0) return blocks;
  const apart = PLACE.find((name) => one[name] !== other[name]);
  return apart === undefined ? 0 : one[apart] < other[apart] ? -1 : 1;
}

/** Share of a service's operations that its spans are, where each of them tells. */
async function samplingRates(
  query: Query,
  uses: readonly Use[],
  selection: Selection,
  window: Window,
): Promise<Map<string, number>> {
  if (uses.length === 0) return new Map();
  const { sql, parameters } = evidenceRows(uses);
  const rows = await query<{ service: string; rate: number }>(
    `SELECT service, sum(count) / sum(count * weight) AS rate FROM (${sql})
    GROUP BY service HAVING min(weight) > 0`,
    { ...stepsParameters(selection, window), ...parameters },
  );
  return new Map(rows.map(({ service, rate }) => [service, rate]));
}

/** Microseconds, rounded up, so that a window or a cut that ends at a report holds it. */
function secondsUp(nanoseconds: string): number {
  return Number((BigInt(nanoseconds) + 999n) / 1000n) / 1e6;
}

interface StepRow extends Omit<BucketRow, 'sign'> {
  step: number;
  taken_off: number;
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
  least_weight: number;
  most_weight: number;
  weighed_operations: number;
  weighed_failures: number;
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
    ...standsFor(row),
  };
}

/** Where every operation tells how many it stands for, and some stand for more than themselves. */
function standsFor(row: CountRow): Pick<Count, 'standsFor'> {
  if (row.least_weight === 1 && row.most_weight === 1) return {};
  if (row.least_weight === 0) return { standsFor: null };
  return { standsFor: { requests: row.weighed_operations, errors: row.weighed_failures } };
}
