import { at, BLOCK, FILTER, STEP, stepsSql, WHERE_TIME } from './steps-sql.js';

/**
 * SQL over `telltale_units` and `telltale_failures`: who had the operations that `telltale_points` counts. Only what
 * the release assigned counts, and what a limit folded together, which has neither assignment nor bucket any more.
 */

const DIMENSIONS = [
  'flag',
  'counter',
  'variant',
  'bucket',
  'threshold',
  'service',
  'service_version',
  'environment',
  'overflow',
  'process',
];

const steps = (counters: string, slot: string = BLOCK): string =>
  stepsSql(
    `SELECT * FROM telltale_units WHERE ${FILTER} AND ${WHERE_TIME} AND counter IN (${counters})
      AND (assignment = 'assigned' AND bucket < 16 OR overflow)`,
    DIMENSIONS,
    { count: 'added' },
    slot,
  );

/** A threshold that went through text may be off by its last digit; edges are 19 % apart. */
const SLOW = `(counter = 'slow' AND abs(threshold / exp2({edge:Int32} / 4) - 1) < 1e-9)`;

/**
 * Sums by unit bucket. A process reports `slow`, be it 0, with every report of `operations`, if it knows a threshold:
 * so whether an operation was slow is known only where there is one for one, at this very threshold.
 */
export const UNIT_COUNTS: string = `${steps("'operations', 'errors', 'slow'")}
SELECT ${BLOCK} AS block, service, service_version, environment, variant, bucket, overflow,
  sumIf(added, counter = 'operations') AS operations, sumIf(added, counter = 'errors') AS failures,
  sumIf(added, ${SLOW}) AS slow_operations, countIf(counter = 'operations') = countIf(${SLOW}) AS slow_known
FROM steps
GROUP BY block, service, service_version, environment, variant, bucket, overflow
HAVING operations > 0 OR failures > 0 OR overflow
ORDER BY block, service, service_version, environment, variant, bucket`;

/**
 * At least so many units had each variant. A process counts a unit once a day (UTC), so within one life of one process
 * and one day a count is of distinct units; other processes and days may have met the same ones, and of those counts
 * only the largest is sure. Buckets share no unit: their largest counts add up. Delta points do not tell one process
 * from another where the resource does not, so each of them stands alone; a report across midnight tells of two days.
 */
export const DISTINCT_UNITS: string = `${steps("'exposed'")}, lives_by_day AS (
  SELECT variant, bucket, sum(added) AS seen FROM steps
  WHERE NOT overflow AND NOT has({left_out:Array(String)}, toString(${BLOCK}))
    AND toDate(before, 'UTC') = toDate(time - INTERVAL 1 NANOSECOND, 'UTC')
  GROUP BY variant, bucket, series, if(temporality = 1, time, start), toDate(before, 'UTC')
), surest AS (SELECT variant, bucket, max(seen) AS most FROM lives_by_day GROUP BY variant, bucket)
SELECT variant, sum(most) AS units FROM surest GROUP BY variant ORDER BY variant`;

/** Of each report by itself: delta points, and points of streams that do not say when they began. */
const ALONE = 'if(temporality = 1 OR toUnixTimestamp64Nano(start) <= 0, toUnixTimestamp64Nano(time), 0)';

/**
 * {@link DISTINCT_UNITS} up to each moment, as the most that a life had counted on a day when a step ended. A block that is
 * left out there, as its first report tells of two days, is left out here in all its steps.
 */
export const DISTINCT_STEPS: string = `${steps("'exposed'", `(${BLOCK}, ${STEP})`)}, placed AS (
  SELECT variant, bucket, series, temporality, start, time, added, ${STEP} AS step,
    toDate(time - INTERVAL 1 NANOSECOND, 'UTC') AS day,
    min(before) OVER (PARTITION BY series, start, ${BLOCK}, ${ALONE}) AS block_before
  FROM steps WHERE NOT overflow AND NOT has({left_out:Array(String)}, toString(${BLOCK}))
), held AS (
  SELECT variant, bucket, step, sum(sum(added)) OVER (
    PARTITION BY variant, bucket, series, if(temporality = 1, time, start), day ORDER BY step) AS seen
  FROM placed WHERE toDate(block_before, 'UTC') = day
  GROUP BY variant, bucket, series, if(temporality = 1, time, start), day, step
)
SELECT step, variant, bucket, max(seen) AS most FROM held GROUP BY step, variant, bucket ORDER BY step, variant, bucket`;

/** Units exposed, as each process counted them, and what tells whether it counted each of them once. */
export const EXPOSURES: string = `${steps("'exposed'")}
SELECT toString(process) AS process, variant, sum(added) AS units,
  toString(toUnixTimestamp64Nano(min(start))) AS began, uniqExact(series, start) > uniqExact(series) AS restarted
FROM steps WHERE NOT overflow GROUP BY process, variant ORDER BY process, variant`;

/** Records of evaluations that the release assigned, in the services whose operations are compared. */
const RECORDED = `flag = {flag:String} AND assignment = 'assigned' AND has({services:Array(String)}, service)
    AND ({environment:String} = '' OR environment = {environment:String})`;

/**
 * Units by the first of their recorded evaluations. Where some were treated before the window, who was exposed since then
 * is left out, whatever the variant: that they come back may depend on it. One number a unit, its first moment and what
 * it was given then: there may be millions of them.
 */
export const FIRST_EXPOSURES: string = `WITH (
  SELECT if(count() = 0, ${at('from')}, min(time) - INTERVAL 1 NANOSECOND) FROM telltale_exposures
  WHERE ${RECORDED} AND variant NOT IN ('', {control:String}) AND time <= ${at('from')}
) AS before_treated, recorded AS (
  SELECT unit, time, variant, flag_version, cityHash64(variant, flag_version) AS name FROM telltale_exposures
  WHERE ${RECORDED} AND time > before_treated AND time <= ${at('to')} AND unit != 0
), firsts AS (
  SELECT min(bitShiftLeft(toUInt128(toUnixTimestamp64Nano(time)), 64) + name) AS first FROM recorded GROUP BY unit
), placed AS (
  SELECT toInt64(bitShiftRight(first, 64)) AS nanos, toUInt64(first) AS name
  FROM firsts WHERE nanos > {from:Int64}
), counted AS (
  SELECT arrayCount(bound -> bound * 1000 <= nanos, {bounds:Array(Int64)}) AS stretch, name, count() AS units
  FROM placed GROUP BY stretch, name
)
SELECT stretch, n.flag_version AS flag_version, n.variant AS variant, units FROM counted
INNER JOIN (SELECT name, any(variant) AS variant, any(flag_version) AS flag_version FROM recorded GROUP BY name) AS n USING name
ORDER BY stretch, flag_version, variant`;

/**
 * Operations with a record, and with the id of a unit, each unit once a trace however often it was evaluated there. Beyond
 * 65,536 within about 1 %, without keeping all of them in memory.
 */
export const RECORDED_OPERATIONS: string = `SELECT service, variant, uniq(operation) AS operations,
  uniqIf(operation, unit != 0) AS identified
FROM (
  SELECT service, variant, unit, cityHash64(unit, trace, if(trace = 0, toUnixTimestamp64Nano(time), 0)) AS operation
  FROM telltale_exposures WHERE ${RECORDED} AND time > ${at('from')} AND time <= ${at('to')}
) GROUP BY service, variant ORDER BY service, variant`;

/** The day of the oldest record, whatever the flag, and when the store was made: days between them may have been dropped. */
export const OLDEST_RECORD: string = `SELECT toUnixTimestamp(toStartOfDay(min(time), 'UTC')) AS oldest,
  (SELECT toUnixTimestamp(min(applied_at)) FROM telltale_schema) AS made
FROM telltale_exposures`;

/** More failing units than this are not counted: long before, there is nothing left to prove. */
const MOST_FAILING = 2_000_000;

/** Units by their first failure in the window, whatever the service and the variant. */
export const FAILING_UNITS: string = `WITH firsts AS (
  SELECT argMin((f.service, f.service_version, f.environment, f.variant, f.time), (f.time, f.variant)) AS first
  FROM telltale_failures AS f
  WHERE f.flag = {flag:String} AND f.time > ${at('from')} AND f.time <= ${at('to')}
    AND ({service:String} = '' OR f.service = {service:String})
    AND ({environment:String} = '' OR f.environment = {environment:String})
  GROUP BY f.unit
), placed AS (
  SELECT first.1 AS service, first.2 AS service_version, first.3 AS environment, first.4 AS variant, first.5 AS time
  FROM firsts
)
SELECT ${BLOCK} AS block, service, service_version, environment, variant, count() AS units
FROM placed GROUP BY block, service, service_version, environment, variant
ORDER BY block, service, service_version, environment, variant
SETTINGS max_rows_to_group_by = ${MOST_FAILING}, group_by_overflow_mode = 'any'`;
