import { COMPARED } from './points-sql.js';
import { at, reportedBefore, STEP } from './steps-sql.js';

/**
 * Latency buckets by step: what each life of a stream held at the end of a step, less what it held at the end of the last
 * one in which it reported (`sign` -1), or at the window's beginning. Delta points are summed as they are.
 * As in `latencyBuckets`, which points these are is found first, without their buckets.
 */
export function latencyStepBuckets(rows: string): string {
  const own = `(SELECT *, ${COMPARED} AS compared FROM (${rows}) WHERE ({route:String} = '' OR route = {route:String} OR overflow))`;
  return `WITH lives AS (
  SELECT series, start, temporality, any(p.service) AS service, any(p.service_version) AS service_version,
    any(p.compared) AS compared, min(p.time) AS first, maxIf(p.time, p.time <= ${at('from')}) AS base
  FROM ${own} AS p GROUP BY series, start, temporality
), placed AS (
  SELECT *, ${reportedBefore('first')} AS reported_before FROM lives
), ends AS (
  SELECT series, start, temporality, max(p.time) AS time
  FROM (SELECT series, start, temporality, time, ${STEP} AS step FROM ${own} WHERE compared AND time > ${at('from')}) AS p
  GROUP BY series, start, temporality, p.step, if(p.temporality = 1, toUnixTimestamp64Nano(p.time), 0)
), bases AS (
  SELECT series, start, temporality, if(base > 0, base, first) AS time
  FROM placed WHERE compared AND temporality != 1 AND (base > 0 OR NOT (start >= ${at('lookback')} OR reported_before))
), held AS (
  SELECT p.series AS series, p.start AS start, p.temporality AS temporality, p.time AS time, any(p.variant) AS variant,
    any(p.scale) AS scale, any(p.zero_count) AS zero_count, any(p.buckets) AS buckets, any(p.bounds) AS bounds,
    any(p.bucket_counts) AS bucket_counts
  FROM ${own} AS p
  WHERE (p.series, p.start, p.temporality, p.time) IN (SELECT * FROM ends UNION ALL SELECT * FROM bases)
  GROUP BY series, start, temporality, time
), used AS (
  SELECT *, toInt32(${STEP}) AS step, (series, start, temporality, time) IN (SELECT * FROM bases) AS is_base,
    temporality = 1 ? -1 : leadInFrame(step, 1, -1) OVER (PARTITION BY series, start, temporality ORDER BY time
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_step
  FROM held
), signed AS (
  SELECT *, arrayJoin(arrayConcat(if(is_base, [], [(step, 1)]), if(next_step < 0, [], [(next_step, -1)]))) AS use FROM used
)
SELECT variant, use.1 AS step, use.2 AS sign, scale, bounds, sum(zero_count) AS zero, sumMap(buckets) AS buckets,
  sumForEach(bucket_counts) AS counts
FROM signed GROUP BY variant, step, sign, scale, bounds`;
}
