import type { QueryParameters } from '../store/store.js';
import type { EvidenceKind } from './source.js';
import { at, FILTER, WHERE_TIME } from './steps-sql.js';

/**
 * What operations are counted from, and the rows of it. Each service's operations with a flag are counted from the
 * first of `ORDER` that it has in the window, and from that alone: another kind would count the same ones again.
 */

interface Kind {
  readonly kind: EvidenceKind;
  /** SQL for the flags and services that have it. */
  readonly seen: string;
  readonly rows: Rows;
}

type Rows = (chosen: Chosen) => string;

/** The order of preference. */
const ORDER: readonly Kind[] = [
  { kind: 'operation-duration', seen: seenIn('telltale_points', 'true'), rows: ownRows },
  {
    kind: 'http-duration',
    seen: seenIn('telltale_flag_points', "metric = 'http.server.request.duration'"),
    rows: (chosen) => metricRows("metric = 'http.server.request.duration'", chosen),
  },
  {
    kind: 'span-metrics',
    seen: seenIn('telltale_flag_points', "startsWith(metric, 'traces.')"),
    rows: spanMetricRows,
  },
  {
    kind: 'entry-spans',
    seen: `SELECT DISTINCT arrayJoin(if({flag:String} = '', mapKeys(flags), [{flag:String}])) AS flag, service
    FROM telltale_entry_spans WHERE ${inWindow()} AND if({flag:String} = '', notEmpty(flags), mapContains(flags, {flag:String}))`,
    rows: (chosen) => asPoints(chosen, flaggedSpans(chosen)),
  },
  {
    kind: 'hook-events',
    seen: `SELECT DISTINCT flag, service FROM telltale_flag_events WHERE time > ${at('from')} AND time <= ${at('to')}
    AND ({flag:String} = '' OR flag = {flag:String}) AND ({service:String} = '' OR service = {service:String})`,
    rows: (chosen) => asPoints(chosen, hookedSpans(chosen)),
  },
];

/** Conditions on a flag and service, and on a service alone. */
interface Chosen {
  readonly pair: string;
  readonly service: string;
  readonly byRoute: boolean;
  /** Only spans that failed. */
  readonly failedOnly: boolean;
}

function inWindow(): string {
  return `time > ${at('from')} AND time <= ${at('to')} AND ({service:String} = '' OR service = {service:String})
      AND ({environment:String} = '' OR environment = {environment:String})`;
}

function seenIn(table: string, where: string): string {
  return `SELECT DISTINCT flag, service FROM ${table} WHERE ${where} AND ${inWindow()} AND NOT overflow
    AND ({flag:String} = '' OR flag = {flag:String})`;
}

/** A flag, a service that evaluated it, and what its operations are counted from. */
export interface Use {
  readonly flag: string;
  readonly service: string;
  readonly kind: EvidenceKind;
}

/** Rows of {@link Use}, for the flag asked for or for all. */
export const USES: string = `SELECT flag, service, argMin(kind, place) AS kind FROM (
  ${ORDER.map(({ kind, seen }, place) => `SELECT *, '${kind}' AS kind, ${place} AS place FROM (${seen})`).join(' UNION ALL ')}
) WHERE flag != '' GROUP BY flag, service ORDER BY service, flag`;

/** Whether a kind's operations are spans, of which a part may have been sampled away. */
export function isSpans({ kind }: { readonly kind: EvidenceKind }): boolean {
  return kind === 'entry-spans' || kind === 'hook-events';
}

/** One row a data point, or ten seconds of spans: see `telltale_points` for most columns. */
export interface EvidenceRows {
  readonly sql: string;
  readonly parameters: QueryParameters;
}

/**
 * The rows that the operations of these flags and services are counted from.
 *
 * @param byRoute whether spans of different routes are rows of their own, as points are
 */
export function evidenceRows(uses: readonly Use[], byRoute = false): EvidenceRows {
  const used = ORDER.filter(({ kind }) => uses.some((use) => use.kind === kind));
  // Without any there are no rows, but there are columns.
  return rowsOf(used.length === 0 ? ORDER.slice(0, 1) : used, uses, { byRoute, failedOnly: false });
}

/**
 * The entry spans that failed of these flags and services, a row each: by the evaluations in their trace where these are
 * what the service's operations are counted from, else by the flags that they carry. `trace` and `span` are hashes of their ids.
 */
export function failedSpans(uses: readonly Use[]): EvidenceRows {
  const columns =
    'flag, variant, assignment, outcome, service, service_version, environment, route, trace, span, time';
  const plain =
    (spans: Rows): Rows =>
    (chosen) =>
      `SELECT ${columns} FROM (${spans(chosen)})`;
  return rowsOf(
    [
      { kind: 'entry-spans', rows: plain(flaggedSpans) },
      { kind: 'hook-events', rows: plain(hookedSpans) },
    ],
    uses.map((use) => (isSpans(use) ? use : { ...use, kind: 'entry-spans' })),
    { byRoute: true, failedOnly: true },
  );
}

function rowsOf(
  kinds: readonly Pick<Kind, 'kind' | 'rows'>[],
  uses: readonly Use[],
  wanted: Pick<Chosen, 'byRoute' | 'failedOnly'>,
): EvidenceRows {
  const parameters: Record<string, readonly string[]> = {};
  const parts = kinds.map(({ kind, rows }, i) => {
    const own = uses.filter((use) => use.kind === kind);
    parameters[`flags_${i}`] = own.map(({ flag }) => flag);
    parameters[`services_${i}`] = own.map(({ service }) => service);
    return rows({
      pair: `(flag, service) IN (SELECT tupleElement(use, 1), tupleElement(use, 2)
        FROM (SELECT arrayJoin(arrayZip({flags_${i}:Array(String)}, {services_${i}:Array(String)})) AS use))`,
      service: `has({services_${i}:Array(String)}, service)`,
      ...wanted,
    });
  });
  return { sql: parts.join('\n  UNION ALL\n  '), parameters };
}

const POINT = 'series, start, time, temporality, count, scale, zero_count, buckets, bounds, bucket_counts';

/** Of overflow a service's points count that has any flag here: which they were of is not known any more. */
function ownRows({ pair, service }: Chosen): string {
  return `SELECT flag, variant, assignment, outcome, flag_version, service, service_version, environment, route,
    overflow, error_type != '' AS failed, 1. AS weight, ${POINT}
  FROM telltale_points WHERE ${FILTER} AND ${WHERE_TIME} AND (${pair} OR (overflow AND ${service}))`;
}

function metricRows(which: string, { pair, service }: Chosen): string {
  return `SELECT flag, variant, 'assigned' AS assignment, '' AS outcome, '' AS flag_version, service,
    service_version, environment, route, overflow, failed, 1. AS weight, ${POINT}
  FROM telltale_flag_points WHERE ${which} AND ${FILTER} AND ${WHERE_TIME} AND (${pair} OR (overflow AND ${service}))`;
}

/** Durations have the count of calls too; calls are for services whose connector writes no durations. */
function spanMetricRows(chosen: Chosen): string {
  const durations = "metric = 'traces.span.metrics.duration'";
  return metricRows(
    `(${durations} OR (metric = 'traces.span.metrics.calls' AND service NOT IN (
      SELECT service FROM telltale_flag_points WHERE ${durations} AND ${FILTER} AND ${WHERE_TIME} AND NOT overflow)))`,
    chosen,
  );
}

/**
 * Entry spans that ended in the window; FINAL, because a retry sends them again.
 *
 * @param further columns; the map of flags is most of what a span is, and not read where it is not needed
 */
const spans = (
  further: string,
  { failedOnly }: Chosen,
): string => `SELECT service, service_version, environment, route, outcome, failed, weight,
    ${further} trace, span, time, duration
  FROM telltale_entry_spans FINAL
  WHERE time > ${at('from')} AND time <= ${at('to')}
    AND ({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})
    AND ({route:String} = '' OR route = {route:String})${failedOnly ? ' AND failed' : ''}`;

function flaggedSpans(chosen: Chosen): string {
  return `SELECT *, tupleElement(evaluated, 1) AS flag, tupleElement(evaluated, 2) AS variant,
      'assigned' AS assignment, '' AS flag_version
    FROM (${spans('flags,', chosen)}) ARRAY JOIN CAST(if({flag:String} = '', flags,
      mapFilter((k, v) -> k = {flag:String}, flags)), 'Array(Tuple(String, String))') AS evaluated
    WHERE ${chosen.pair}`;
}

/** Tells evaluations of the same moment apart as well, always alike; a tuple takes half of the aggregation's time. */
const FIRST =
  'bitShiftLeft(toUInt128(toUnixTimestamp64Nano(e.time)), 64) + cityHash64(e.assignment, e.flag_version)';

/** A trace's evaluations in one service are of all its entry spans there. Evaluations come before an operation's end. */
function hookedSpans(chosen: Chosen): string {
  return `SELECT spans.*, flag, variant, assignment, flag_version FROM (${spans('', chosen)}) AS spans
    INNER JOIN (
      SELECT flag, service, trace, if(min(e.variant) = max(e.variant), min(e.variant), '__mixed__') AS variant,
        argMin(e.assignment, ${FIRST}) AS assignment, argMin(e.flag_version, ${FIRST}) AS flag_version
      FROM telltale_flag_events AS e
      WHERE ${chosen.pair} AND ({flag:String} = '' OR flag = {flag:String}) AND time > ${at('lookback')} AND time <= ${at('to')}
      GROUP BY flag, service, trace
    ) AS evaluated USING (service, trace)`;
}

/** Shorter than what metrics are exported in, and a divisor of a block. */
const POINT_NANOS = 10_000_000_000;

/**
 * Operations as delta points, one for those of ten seconds, so that whatever asks about points asks about spans too.
 * Routes, of which there are many, set points apart only where that is asked for: else one is looked at, or all are summed.
 * Buckets at scale 5 have the edges of all thresholds among their own.
 */
function asPoints({ byRoute }: Chosen, operations: string): string {
  const own =
    'flag, variant, assignment, outcome, flag_version, service, service_version, environment, failed, weight';
  const dimensions = byRoute ? `${own}, route` : own;
  return `SELECT flag, variant, assignment, outcome, flag_version, service, service_version, environment,
    ${byRoute ? 'route' : '{route:String} AS route'}, false AS overflow, failed, weight, cityHash64(${dimensions}) AS series, max(ended) AS start, start AS time,
    1 AS temporality, count() AS count, 5 AS scale, countIf(duration = 0) AS zero_count,
    CAST(sumMapIf(map(toInt32(ceil(log2(greatest(duration, 1) / 1e9) * 32)) - 1, toUInt64(1)), duration > 0), 'Map(Int32, UInt64)') AS buckets,
    CAST([], 'Array(Float64)') AS bounds, CAST([], 'Array(UInt64)') AS bucket_counts
  FROM (SELECT * EXCEPT (time), time AS ended FROM (${operations}))
  GROUP BY ${dimensions}, intDiv(toUnixTimestamp64Nano(ended) - 1, ${POINT_NANOS})`;
}
