import { at, REPORTED_BEFORE, stepsSql } from './steps-sql.js';

/** SQL over the rows that operations are counted from, `evidenceRows`: requests and their durations. */

const ROUTE = "({route:String} = '' OR route = {route:String} OR overflow)";

/**
 * The threshold's position among a bucket's indices: 2^(edge/4) = base^x with base = 2^(2^-scale). A column, because
 * an expression of the row inside a lambda is computed anew for each bucket.
 */
const EDGE = '{edge:Int32} * exp2(scale - 2)';
const THRESHOLD = 'exp2({edge:Int32} / 4)';
const LOWER = 'arraySlice(arrayPushFront(bounds, 0.), 1, length(bucket_counts))';
const UPPER = 'arraySlice(arrayPushBack(bounds, inf), 1, length(bucket_counts))';

// A bound that went through text may be off by its last digit; edges are 19 % apart.
const SLOW = `arraySum((i, n) -> n * (i >= edge_index), mapKeys(buckets), mapValues(buckets))
    + arraySum((low, n) -> if(low >= ${THRESHOLD} * (1 - 1e-9), n, 0), ${LOWER}, bucket_counts)`;
// Buckets of whole positions of the edge, as all are from scale 2 on, lie on one side of it.
const UNRESOLVED = `if(edge_index = floor(edge_index), 0,
      arraySum((i, n) -> if(i < edge_index AND i + 1 > edge_index, n, 0), mapKeys(buckets), mapValues(buckets)))
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
    `SELECT *, ${SLOW} AS slow, ${UNRESOLVED} AS unresolved FROM (SELECT *, ${EDGE} AS edge_index FROM (${rows})) WHERE ${ROUTE}`,
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
 * Delta points are summed as they are. Which points these are is found first, without their buckets, which are
 * most of what a point is.
 */
export function latencyBuckets(rows: string): string {
  const own = `(SELECT * FROM (${rows}) WHERE ${ROUTE}) AS p`;
  return `WITH points AS (
  SELECT variant, temporality, service, service_version, ${comparedSql('p.')} AS compared, series, start, time
  FROM ${own}
), placed AS (
  SELECT *, time > ${at('from')} AS inside,
    row_number() OVER (PARTITION BY series, start ORDER BY time) AS n,
    row_number() OVER (PARTITION BY series, start, time > ${at('from')} ORDER BY time DESC) AS from_end,
    max(time) OVER (PARTITION BY series, start) > ${at('from')} AS lives_on,
    ${REPORTED_BEFORE} AS reported_before
  FROM points
), signed AS (
  SELECT DISTINCT series, start, time, variant, arrayJoin(multiIf(
    temporality = 1, if(inside, [1], []),
    NOT lives_on, [],
    arrayConcat(if(inside AND from_end = 1, [1], []),
      if((NOT inside AND from_end = 1) OR (inside AND n = 1 AND start < ${at('lookback')} AND NOT reported_before), [-1], [])))) AS sign
  FROM placed WHERE compared
), held AS (
  SELECT p.series AS series, p.start AS start, p.time AS time, any(p.scale) AS scale, any(p.zero_count) AS zero_count,
    any(p.buckets) AS buckets, any(p.bounds) AS bounds, any(p.bucket_counts) AS bucket_counts
  FROM ${own}
  WHERE (p.series, p.start, p.time) IN (SELECT series, start, time FROM signed)
  GROUP BY series, start, time
)
SELECT variant, sign, scale, bounds, sum(zero_count) AS zero, sumMap(buckets) AS buckets,
  sumForEach(bucket_counts) AS counts
FROM signed JOIN held USING (series, start, time) GROUP BY variant, sign, scale, bounds`;
}
