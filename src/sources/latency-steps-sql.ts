import { COMPARED } from './points-sql.js';
import { at, reportedBefore, STEP } from './steps-sql.js';

/**
 * Latency buckets by step: what each life of a stream held at the end of a step, less what it held at the end of the last
 * one in which it reported, or at the window's beginning. So what was held is of one `step`, and `taken_off` in a later one;
 * -1: of none. Delta points are summed as they are. As in `latencyBuckets`, which points these are is found first, without
 * their buckets.
 */
export function latencyStepBuckets(rows: string): string {
  const own = `(SELECT *, ${COMPARED} AS compared FROM (${rows}) WHERE ({route:String} = '' OR route = {route:String} OR overflow)) AS p`;
  return `WITH ends AS (
  SELECT series, start, temporality, if(p.time <= ${at('from')}, -1, toInt32(${STEP})) AS place, max(p.time) AS last, min(p.time) AS first,
    any(p.service) AS service, any(p.service_version) AS service_version, any(p.compared) AS compared
  FROM ${own} GROUP BY series, start, temporality, place, if(p.temporality = 1, toUnixTimestamp64Nano(p.time), 0)
), lives AS (
  SELECT *, temporality != 1 AND place >= 0 AND place = min(place) OVER (PARTITION BY series, start, temporality)
    AND start < ${at('lookback')} AND NOT ${reportedBefore('first')} AS is_base
  FROM ends
), moments AS (
  SELECT series, start, temporality, end.1 AS time, min(end.2) AS step,
    if(temporality = 1, -1, leadInFrame(min(end.2), 1, -1) OVER (PARTITION BY series, start, temporality ORDER BY end.1
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)) AS taken_off
  FROM (SELECT *, arrayJoin(if(is_base, [(last, place), (first, -1)], [(last, place)])) AS end FROM lives)
  WHERE compared AND (temporality != 1 OR place >= 0)
  GROUP BY series, start, temporality, time
), held AS (
  SELECT any(p.variant) AS variant, any(m.step) AS step, any(m.taken_off) AS taken_off, any(p.scale) AS scale,
    any(p.zero_count) AS zero_count, any(p.buckets) AS buckets, any(p.bounds) AS bounds, any(p.bucket_counts) AS bucket_counts
  FROM ${own} INNER JOIN moments AS m USING (series, start, temporality, time)
  GROUP BY series, start, temporality, time
)
SELECT variant, step, taken_off, scale, bounds, sum(zero_count) AS zero, sumMap(buckets) AS buckets,
  sumForEach(bucket_counts) AS counts
FROM held GROUP BY variant, step, taken_off, scale, bounds`;
}
