import { type ExponentialHistogram, type Histogram, mergeHistograms } from '../stats/index.js';
import type { Query } from '../store/store.js';
import { createClickHouseUnits } from './clickhouse-units.js';
import { BUCKETS, COMPARED, STEPS } from './points-sql.js';
import type {
  Count,
  EvidenceUse,
  FlagTraffic,
  Report,
  Source,
  TimelineEntry,
  VariantLatency,
} from './source.js';
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

interface FlagRow {
  flag: string;
  last_seen: number;
  services: string[];
  variant: string;
  assignment: string;
  operations: number | string;
}

function flagTraffic(rows: readonly FlagRow[]): FlagTraffic[] {
  type Building = {
    lastSeen: number;
    services: Set<string>;
    variants: Map<string, { assigned: number; override: number; default: number; error: number }>;
    total: number;
  };
  const flags = new Map<string, Building>();
  for (const row of rows) {
    const requests = Number(row.operations);
    let flag = flags.get(row.flag);
    if (flag === undefined) {
      flag = { lastSeen: 0, services: new Set(), variants: new Map(), total: 0 };
      flags.set(row.flag, flag);
    }
    flag.lastSeen = Math.max(flag.lastSeen, row.last_seen);
    for (const service of row.services) flag.services.add(service);
    flag.total += requests;
    let variant = flag.variants.get(row.variant);
    if (variant === undefined) {
      variant = { assigned: 0, override: 0, default: 0, error: 0 };
      flag.variants.set(row.variant, variant);
    }
    if (row.assignment === 'override' || row.assignment === 'default' || row.assignment === 'error') {
      variant[row.assignment] += requests;
    } else {
      variant.assigned += requests;
    }
  }
  return [...flags]
    .sort(([a, x], [b, y]) => y.total - x.total || (a < b ? -1 : 1))
    .map(([flag, { lastSeen, services, variants }]) => ({
      flag,
      lastSeen,
      services: [...services].sort(),
      variants: [...variants]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([variant, counts]) => ({ variant, ...counts })),
    }));
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

interface BucketRow {
  variant: string;
  sign: number;
  scale: number;
  bounds: number[];
  zero: number | string;
  buckets: Record<string, number | string>;
  counts: (number | string)[];
}

/**
 * One histogram a variant: exponential ones merged at the coarsest scale. Where a variant has only explicit
 * buckets, those with the bounds that hold most of its operations; other bounds are left out of percentiles.
 */
function mergeLatencies(rows: readonly BucketRow[]): VariantLatency[] {
  const variants = [...new Set(rows.map((row) => row.variant))].sort();
  return variants.flatMap((variant) => {
    const own = rows.filter((row) => row.variant === variant);
    const histogram = exponential(own) ?? explicit(own);
    return histogram === undefined ? [] : [{ variant, histogram }];
  });
}

/** The rows' histograms merged, those at the beginning of the window taken off those at its end. */
function exponential(rows: readonly BucketRow[]): Histogram | undefined {
  const own = rows.filter((row) => Object.keys(row.buckets).length > 0 || Number(row.zero) > 0);
  if (own.length === 0) return undefined;
  const scale = Math.min(...own.map((row) => row.scale));
  const merged = (sign: number): ExponentialHistogram =>
    own
      .filter((row) => row.sign === sign)
      .map((row) => ({ scale: row.scale, zero: Number(row.zero), buckets: numbers(row.buckets) }))
      .reduce(mergeExponential, { scale, zero: 0, buckets: {} });
  const end = merged(1);
  const { zero, buckets } = merged(-1);
  const left = Object.entries(end.buckets).map(([i, n]): [string, number] => [i, n - (buckets[i] ?? 0)]);
  return {
    scale,
    zero: Math.max(0, end.zero - zero),
    buckets: Object.fromEntries(left.filter(([, n]) => n > 0)),
  };
}

function mergeExponential(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  return mergeHistograms(a, b) as ExponentialHistogram;
}

function numbers(buckets: Readonly<Record<string, number | string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(buckets).map(([index, n]) => [index, Number(n)]));
}

function explicit(rows: readonly BucketRow[]): Histogram | undefined {
  const layouts = new Map<string, { bounds: number[]; counts: number[] }>();
  for (const row of rows) {
    if (row.counts.length === 0) continue;
    const key = row.bounds.join(' ');
    const layout = layouts.get(key) ?? { bounds: row.bounds, counts: row.counts.map(() => 0) };
    layouts.set(key, layout);
    row.counts.forEach((count, i) => {
      layout.counts[i] = (layout.counts[i] ?? 0) + row.sign * Number(count);
    });
  }
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const [most] = [...layouts.values()].sort((a, b) => total(b.counts) - total(a.counts));
  return most && { bounds: most.bounds, counts: most.counts.map((count) => Math.max(0, count)) };
}
