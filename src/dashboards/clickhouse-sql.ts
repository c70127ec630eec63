import { COMPARED } from '../sources/points-sql.js';
import { FILTER, stepsSql, WHERE_TIME } from '../sources/steps-sql.js';
import { type Column, isQuantile, type Measure, QUANTILES, type Quantile } from './measures.js';

/**
 * SQL over `telltale_points`: what each stream added since the point before, by the rules of `telltale compare`, so
 * that counts are the same. For durations each bucket is a stream of its own, on a grid of cells that are a quarter of
 * a doubling wide: whatever scale a histogram has, its buckets lie in them.
 */

/** What sets operations apart, beside what is compared. */
const DIMENSIONS: readonly string[] = [
  'variant',
  'assignment',
  'outcome',
  'overflow',
  'failed',
  'service',
  'service_version',
  'route',
];

const POINTS = `SELECT *, error_type != '' AS failed FROM telltale_points WHERE ${FILTER} AND ${WHERE_TIME}`;

/** Of no known duration, and of none at all; other cells are whole powers of 2^(1/4) s. */
const UNKNOWN = -32_768;
const ZERO = -32_767;

const CELLS_OF_BUCKETS = 'arrayMap(i -> toInt32(floor(i * exp2(2 - scale))), mapKeys(buckets))';
/** Bounds are edges of the grid, so that rounding mends only what text lost. The last bucket has no upper one. */
const CELLS_OF_BOUNDS = `arrayMap((low, high) -> multiIf(isFinite(high), toInt32(round(log2(high) * 4)) - 1,
      low > 0, toInt32(round(log2(low) * 4)), ${UNKNOWN}),
    arraySlice(arrayPushFront(bounds, 0.), 1, length(bucket_counts)),
    arraySlice(arrayPushBack(bounds, inf), 1, length(bucket_counts)))`;

/** A point as pairs of a cell and what it holds; buckets of one cell are one. */
const HELD = `arrayReduce('sumMap',
    [arrayConcat(${CELLS_OF_BUCKETS}, [toInt32(${ZERO})], ${CELLS_OF_BOUNDS})],
    [arrayConcat(mapValues(buckets), [zero_count], bucket_counts)])`;

const BUCKETS = `SELECT ${DIMENSIONS.join(', ')}, cell, n AS count, cityHash64(series, cell) AS series, start, time, temporality
  FROM (SELECT *, ${HELD} AS held FROM (${POINTS}))
  ARRAY JOIN tupleElement(held, 1) AS cell, tupleElement(held, 2) AS n WHERE n > 0`;

const COUNTS = `SELECT ${DIMENSIONS.join(', ')}, toInt32(${UNKNOWN}) AS cell, count, series, start, time, temporality
  FROM (${POINTS})`;

const ROUTE = "({route:String} = '' OR route = {route:String})";

/** Of quarters of a doubling, the first that is slow. */
const SLOW_CELL = 'round(log2({slow:Float64}) * 4)';

/** Interpolated inside the cell, on a log scale, as a comparison shows it. */
function quantileSql(quantile: Quantile): string {
  const rank = `(${QUANTILES[quantile]} * arraySum(sizes))`;
  const place = `arrayFirstIndex(below -> below >= ${rank}, arrayCumSum(sizes))`;
  const inside = `(${rank} - arraySum(arraySlice(sizes, 1, ${place} - 1))) / sizes[${place}]`;
  return `multiIf(empty(cells), NULL, cells[${place}] = ${ZERO}, 0., exp2((cells[${place}] + ${inside}) / 4))`;
}

function valueSql(measure: Measure, partition: string): string {
  if (isQuantile(measure)) return quantileSql(measure);
  return {
    requests: 'toFloat64(requests)',
    errors: 'toFloat64(errors)',
    share: `requests / sum(requests) OVER (${partition})`,
    errorRate: 'errors / requests',
    slowShare: 'slow / requests',
  }[measure];
}

export interface Question {
  readonly columns: readonly Column[];
  /** What rows are told apart by beside the variant; empty: by nothing. */
  readonly by: 'time' | 'route' | '';
}

/** A row a variant, with a column for each asked for. */
export function measuredSql({ columns, by }: Question): string {
  const isOfDurations = columns.some(({ measure }) => isQuantile(measure) || measure === 'slowShare');
  // Of each stream the last point in a graph's interval is enough, or of the whole range.
  const slot = by === 'time' ? '$__timeInterval(time)' : '0';
  const steps = stepsSql(
    isOfDurations ? BUCKETS : COUNTS,
    [...DIMENSIONS, 'cell'],
    { count: 'requests' },
    slot,
  );
  const [selected, grouped] = {
    time: ['$__timeInterval(time) AS time, ', 'time, '],
    route: ['route, ', 'route, '],
    '': ['', ''],
  }[by] as [string, string];
  const measures = [...new Set(columns.map(({ measure }) => measure))];
  const partition = by === '' ? '' : `PARTITION BY ${by}`;
  const isCompared = columns.some(({ against }) => against !== undefined);
  return `${steps}, sums AS (
  SELECT ${selected}variant, failed, cell, sum(steps.requests) AS n FROM steps
  WHERE ${COMPARED} AND ${ROUTE} GROUP BY ${grouped}variant, failed, cell HAVING n > 0
), totals AS (
  SELECT ${grouped}variant, sum(n) AS requests, sumIf(n, failed) AS errors, sumIf(n, cell >= ${SLOW_CELL}) AS slow,
    sumMapIf([cell], [n], cell != ${UNKNOWN}) AS held, tupleElement(held, 1) AS cells, tupleElement(held, 2) AS sizes
  FROM sums GROUP BY ${grouped}variant
), measured AS (
  SELECT ${grouped}variant, ${measures.map((measure) => `${valueSql(measure, partition)} AS value_${measure}`).join(',\n    ')}
  FROM totals
), compared AS (
  SELECT *, ${measures.map((measure) => `maxOrNullIf(value_${measure}, variant = {control:String}) OVER (${partition}) AS control_${measure}`).join(',\n    ')}
  FROM measured
)
SELECT ${grouped}variant, ${columns.map((column) => `${columnSql(column)} AS ${fieldOf(column, by)}`).join(',\n  ')}
FROM compared${isCompared ? ' WHERE variant != {control:String}' : ''} ORDER BY ${grouped}variant`;
}

function columnSql({ measure, against }: Column): string {
  const [value, control] = [`value_${measure}`, `control_${measure}`];
  if (against === undefined) return value;
  return against === 'difference'
    ? `${value} - ${control}`
    : `if(${control} > 0, ${value} / ${control}, NULL)`;
}

/** What a column is called in the answer. Of a graph so that Grafana calls each line by its variant alone. */
export function fieldOf({ measure, against }: Column, by: Question['by']): string {
  if (by === 'time') return 'Value';
  return against === undefined ? measure : `${measure}_${against}`;
}
