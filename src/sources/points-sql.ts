import type { QueryParameters } from '../store/store.js';
import { BLOCK_SECONDS, type Selection, type Window } from './source.js';

/**
 * SQL over `telltale_points`. Cumulative points are turned into what was added since the point before:
 * a point sent twice counts once, a restart (another `start`) begins anew, and a stream that was running
 * before the look-back begins with its first point as the base, because what it held then is not of this window.
 */

/** How far before the window a cumulative stream's last point is looked for, in seconds. */
const LOOK_BACK_SECONDS = 3600;

const at = (name: string): string => `fromUnixTimestamp64Nano({${name}:Int64}, 'UTC')`;

/** Parameters of {@link stepsSql}; `edge` is the threshold's index in quarter powers of two. */
export function stepsParameters(
  selection: Partial<Selection>,
  window: Window,
  edgeIndex = 0,
): QueryParameters {
  return {
    flag: selection.flag ?? '',
    service: selection.service ?? '',
    environment: selection.environment ?? '',
    route: selection.route ?? '',
    lookback: nanos(window.from - LOOK_BACK_SECONDS),
    from: nanos(window.from),
    to: nanos(window.to),
    edge: edgeIndex,
  };
}

export function nanos(seconds: number): string {
  return (BigInt(Math.round(Math.max(0, seconds) * 1e6)) * 1000n).toString();
}

const FILTER = `({flag:String} = '' OR flag = {flag:String} OR overflow)
    AND ({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})
    AND ({route:String} = '' OR route = {route:String} OR overflow)`;

/** The threshold's position among a bucket's indices: 2^(edge/4) = base^x with base = 2^(2^-scale). */
const EDGE = '({edge:Int32} * exp2(scale - 2))';
const THRESHOLD = 'exp2({edge:Int32} / 4)';
const LOWER = 'arraySlice(arrayPushFront(bounds, 0.), 1, length(bucket_counts))';
const UPPER = 'arraySlice(arrayPushBack(bounds, inf), 1, length(bucket_counts))';

// A bound that went through text may be off by its last digit; edges are 19 % apart.
const SLOW = `arraySum((i, n) -> if(i >= ${EDGE}, n, 0), mapKeys(buckets), mapValues(buckets))
    + arraySum((low, n) -> if(low >= ${THRESHOLD} * (1 - 1e-9), n, 0), ${LOWER}, bucket_counts)`;
const UNRESOLVED = `arraySum((i, n) -> if(i < ${EDGE} AND i + 1 > ${EDGE}, n, 0), mapKeys(buckets), mapValues(buckets))
    + arraySum((low, high, n) -> if(low < ${THRESHOLD} * (1 - 1e-9) AND high > ${THRESHOLD} * (1 + 1e-9), n, 0),
        ${LOWER}, ${UPPER}, bucket_counts)
    + if(empty(buckets) AND zero_count = 0 AND empty(bucket_counts), count, 0)`;

const DIMENSIONS = [
  'flag',
  'variant',
  'assignment',
  'outcome',
  'flag_version',
  'service',
  'service_version',
  'environment',
  'overflow',
  'temporality',
] as const;

const WHERE_TIME = `time > ${at('lookback')} AND time <= ${at('to')}`;
const LIFE = 'PARTITION BY series, start ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';

/**
 * Whether the process behind a stream had reported before the stream's first point. Most SDKs give every stream
 * the start of the process, so a stream that appears later (the first error of its kind) held nothing until then,
 * however old its start is.
 */
const REPORTED_BEFORE = `(toUnixTimestamp64Nano(start) > 0
    AND min(time) OVER (PARTITION BY service, service_version, start) < time)`;

const step = (column: string): string =>
  `multiIf(mode = 'whole', ${column}, mode = 'base', toUInt64(0), toUInt64(${column} - least(${column}, previous_${column})))`;

/**
 * Common table expressions that end in `steps`: one row a point in the window, with the dimensions, `time` and
 * what it added: `requests`, `slow`, `unresolved`.
 */
export const STEPS: string = `WITH points AS (
  SELECT ${DIMENSIONS.map((name) => `any(p.${name}) AS ${name}`).join(', ')}, any(p.error_type != '') AS failed,
    p.series AS series, p.start AS start, p.time AS time,
    any(p.count) AS count, any(p.slow) AS slow, any(p.unresolved) AS unresolved
  FROM (
    SELECT *, ${SLOW} AS slow, ${UNRESOLVED} AS unresolved
    FROM telltale_points WHERE ${FILTER} AND ${WHERE_TIME}
  ) AS p
  GROUP BY series, start, time
), lives AS (
  SELECT *, row_number() OVER life AS n, lagInFrame(count, 1, 0) OVER life AS previous_count,
    lagInFrame(slow, 1, 0) OVER life AS previous_slow, lagInFrame(unresolved, 1, 0) OVER life AS previous_unresolved,
    ${REPORTED_BEFORE} AS reported_before
  FROM points WINDOW life AS (${LIFE})
), modes AS (
  SELECT *, multiIf(temporality = 1, 'whole',
    n = 1, if(start >= ${at('lookback')} OR reported_before, 'whole', 'base'),
    count < previous_count, 'whole', 'rest') AS mode
  FROM lives
), steps AS (
  SELECT ${DIMENSIONS.join(', ')}, failed, time,
    ${step('count')} AS requests, ${step('slow')} AS slow_requests, ${step('unresolved')} AS unresolved_requests
  FROM modes WHERE time > ${at('from')}
)`;

/**
 * When the block of a report begins, in Unix seconds. A report tells of what came before it, so one at the very
 * beginning of a block belongs to the block before.
 */
export const BLOCK_START: string = `toUnixTimestamp(
  toStartOfInterval(time - INTERVAL 1 NANOSECOND, INTERVAL ${BLOCK_SECONDS} SECOND, 'UTC'))`;

/**
 * The block that a report counts in, in microseconds, so that it equals the cut to the last digit: the
 * calibration makes a block of its own, and the block it ends in begins at its end.
 */
export const BLOCK: string = `if(time <= ${at('calibrated')}, intDiv({from:Int64}, 1000),
  greatest(toInt64(${BLOCK_START}) * 1000000, intDiv({calibrated:Int64}, 1000)))`;

/** Operations that a comparison compares: assigned by the release, one variant throughout, seen to their end. */
export const COMPARED: string = comparedSql('');

function comparedSql(table: string): string {
  return `${table}assignment = 'assigned' AND ${table}outcome = ''
    AND ${table}variant NOT IN ('', '__mixed__', '__overflow__') AND NOT ${table}overflow`;
}

/**
 * Latency buckets: what each stream held at the window's end, less what it held at its beginning (`sign` -1).
 * Delta points are summed as they are.
 */
export const BUCKETS: string = `WITH points AS (
  SELECT any(p.variant) AS variant, any(p.temporality) AS temporality, any(p.service) AS service,
    any(p.service_version) AS service_version, any(${comparedSql('p.')}) AS compared,
    p.series AS series, p.start AS start, p.time AS time, any(p.scale) AS scale, any(p.zero_count) AS zero_count, any(p.buckets) AS buckets,
    any(p.bounds) AS bounds, any(p.bucket_counts) AS bucket_counts
  FROM (SELECT * FROM telltale_points WHERE ${FILTER} AND ${WHERE_TIME}) AS p
  GROUP BY series, start, time
), placed AS (
  SELECT *, time > ${at('from')} AS inside,
    row_number() OVER (PARTITION BY series, start ORDER BY time) AS n,
    row_number() OVER (PARTITION BY series, start, time > ${at('from')} ORDER BY time DESC) AS from_end,
    max(time) OVER (PARTITION BY series, start) > ${at('from')} AS lives_on,
    ${REPORTED_BEFORE} AS reported_before
  FROM points
), signed AS (
  SELECT *, arrayJoin(multiIf(
    temporality = 1, if(inside, [1], []),
    NOT lives_on, [],
    arrayConcat(if(inside AND from_end = 1, [1], []),
      if((NOT inside AND from_end = 1) OR (inside AND n = 1 AND start < ${at('lookback')} AND NOT reported_before), [-1], [])))) AS sign
  FROM placed
)
SELECT variant, sign, scale, bounds, sum(zero_count) AS zero, sumMap(buckets) AS buckets,
  sumForEach(bucket_counts) AS counts
FROM signed WHERE compared GROUP BY variant, sign, scale, bounds`;
