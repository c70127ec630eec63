import { at, REPORTED_BEFORE, stepsSql } from './steps-sql.js';

/** SQL over the rows that operations are counted from, `evidenceRows`: requests and their durations. */

const ROUTE = "({route:String} = '' OR route = {route:String} OR overflow)";

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
  'failed',
  'weight',
];

/** {@link stepsSql} of requests: what was added is `requests`, `slow_requests` and `unresolved_requests`. */
export function requestSteps(rows: string): string {
  return stepsSql(
    `SELECT *, ${SLOW} AS slow, ${UNRESOLVED} AS unresolved FROM (${rows}) WHERE ${ROUTE}`,
    DIMENSIONS,
    { count: 'requests', slow: 'slow_requests', unresolved: 'unresolved_requests' },
  );
}

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
export function latencyBuckets(rows: string): string {
  return `WITH points AS (
  SELECT any(p.variant) AS variant, any(p.temporality) AS temporality, any(p.service) AS service,
    any(p.service_version) AS service_version, any(${comparedSql('p.')}) AS compared,
    p.series AS series, p.start AS start, p.time AS time, any(p.scale) AS scale, any(p.zero_count) AS zero_count, any(p.buckets) AS buckets,
    any(p.bounds) AS bounds, any(p.bucket_counts) AS bucket_counts
  FROM (SELECT * FROM (${rows}) WHERE ${ROUTE}) AS p
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
}
