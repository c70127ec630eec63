import { at, reportedBefore, stepsSql } from './steps-sql.js';

/** SQL over the rows that operations are counted from, `evidenceRows`: requests and their durations. */

const ROUTE = "({route:String} = '' OR route = {route:String} OR overflow)";

/** The threshold's position among a bucket's indices: 2^(edge/4) = base^x with base = 2^(2^-scale). */
const EDGE = '{edge:Int32} * exp2(scale - 2)';
const THRESHOLD = 'exp2({edge:Int32} / 4)';
const LOWER = 'arraySlice(arrayPushFront(bounds, 0.), 1, length(bucket_counts))';
const UPPER = 'arraySlice(arrayPushBack(bounds, inf), 1, length(bucket_counts))';

// `edge_index` is a column, because an expression of the row inside a lambda is computed anew for each bucket.
// A bound that went through text may be off by its last digit; edges are 19 % apart.
const SLOW = `arraySum((i, n) -> n * (i >= edge_index), mapKeys(buckets), mapValues(buckets))
    + arraySum((low, n) -> if(low >= ${THRESHOLD} * (1 - 1e-9), n, 0), ${LOWER}, bucket_counts)`;
// One bucket at most lies on both sides; none where buckets are whole positions of the edge, as from scale 2 on.
const UNRESOLVED = `if(edge_index = floor(edge_index), 0, buckets[toInt32(floor(edge_index))])
    + arraySum((low, high, n) -> if(low < ${THRESHOLD} * (1 - 1e-9) AND high > ${THRESHOLD} * (1 + 1e-9), n, 0),
        ${LOWER}, ${UPPER}, bucket_counts)
    + if(empty(buckets) AND zero_count = 0 AND empty(bucket_counts), count, 0)`;

/** Operations that a comparison compares: assigned by the release, one variant throughout, seen to their end. */
export const COMPARED: string = `assignment = 'assigned' AND outcome = ''
    AND variant NOT IN ('', '__mixed__', '__overflow__') AND NOT overflow`;

/** What sets the operations of a flag apart in {@link requestSteps}; `compared` is {@link COMPARED}. */
export type Dimension =
  | 'flag'
  | 'variant'
  | 'assignment'
  | 'outcome'
  | 'flag_version'
  | 'environment'
  | 'overflow'
  | 'route'
  | 'failed'
  | 'weight'
  | 'compared';

/** By these it is known which process reported first, whatever is asked. */
const PROCESS = ['service', 'service_version'];

const placed = (rows: string, columns: string): string =>
  `SELECT *, ${COMPARED} AS compared${columns} FROM (${rows}) WHERE ${ROUTE}`;

/**
 * {@link stepsSql} of requests: what was added is `requests`. Only the dimensions that are asked for, beside the
 * service and its version: the engine takes as long to plan a query as to answer it, by its length.
 */
export function requestSteps(rows: string, dimensions: readonly Dimension[], slot?: string): string {
  return stepsSql(placed(rows, ''), [...PROCESS, ...dimensions], { count: 'requests' }, slot);
}

/** Else the engine sorts points with all their buckets before it counts them, and sorting costs more than the rest. */
export const COUNT_FIRST = 'SETTINGS query_plan_execute_functions_after_sorting = 0';

/** {@link requestSteps} with what was slow, `slow_requests`, and what may have been, `unresolved_requests`. */
export function durationSteps(rows: string, dimensions: readonly Dimension[], slot?: string): string {
  return stepsSql(
    placed(
      `SELECT *, ${EDGE} AS edge_index FROM (${rows})`,
      `, ${SLOW} AS slow, ${UNRESOLVED} AS unresolved`,
    ),
    [...PROCESS, ...dimensions],
    { count: 'requests', slow: 'slow_requests', unresolved: 'unresolved_requests' },
    slot,
  );
}

/**
 * Latency buckets: what each life of a stream held at the window's end, less what it held at its beginning (`sign` -1).
 * Delta points are summed as they are. Which points these are is found first, without their buckets, which are
 * most of what a point is.
 */
export function latencyBuckets(rows: string): string {
  const own = `(SELECT *, ${COMPARED} AS compared FROM (${rows}) WHERE ${ROUTE}) AS p`;
  return `WITH lives AS (
  SELECT series, start, temporality, any(p.service) AS service, any(p.service_version) AS service_version,
    any(p.compared) AS compared, min(p.time) AS first, maxIf(p.time, p.time <= ${at('from')}) AS base,
    maxIf(p.time, p.time > ${at('from')}) AS last, groupUniqArrayIf(p.time, p.temporality = 1 AND p.time > ${at('from')}) AS deltas
  FROM ${own} GROUP BY series, start, temporality
), placed AS (
  SELECT *, ${reportedBefore('first')} AS reported_before FROM lives
), moments AS (
  SELECT series, start, temporality, arrayJoin(multiIf(notEmpty(deltas), deltas, last <= ${at('from')}, [],
    base > 0, [last, base], start >= ${at('lookback')} OR reported_before, [last],
    first < last, [last, first], [])) AS time
  FROM placed WHERE compared
), held AS (
  SELECT p.series AS series, p.start AS start, p.temporality AS temporality, p.time AS time, any(p.variant) AS variant,
    any(p.scale) AS scale, any(p.zero_count) AS zero_count, any(p.buckets) AS buckets, any(p.bounds) AS bounds,
    any(p.bucket_counts) AS bucket_counts
  FROM ${own}
  WHERE (p.series, p.start, p.temporality, p.time) IN (SELECT series, start, temporality, time FROM moments)
  GROUP BY series, start, temporality, time
), signed AS (
  SELECT *, if(temporality = 1 OR time = max(time) OVER (PARTITION BY series, start, temporality), 1, -1) AS sign
  FROM held
)
SELECT variant, sign, scale, bounds, sum(zero_count) AS zero, sumMap(buckets) AS buckets,
  sumForEach(bucket_counts) AS counts
FROM signed GROUP BY variant, sign, scale, bounds`;
}
