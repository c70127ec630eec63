import type { QueryParameters } from '../store/store.js';
import { BLOCK_SECONDS, type Cut, type Selection, type Window } from './source.js';

/**
 * SQL that turns cumulative points into what was added since the point before, whatever is counted: a point sent
 * twice counts once, a restart (another `start`) begins anew, a clock that is set back counts nothing again, and a
 * stream that was running before the look-back begins with its first point as the base, because what it held then is
 * not of this window.
 */

/** How far before the window a cumulative stream's last point is looked for, in seconds. */
const LOOK_BACK_SECONDS = 3600;

/** The slot of totals: the whole window. */
export const WHOLE = '0';

/** A moment given as a parameter in nanoseconds. */
export const at = (name: string): string => `fromUnixTimestamp64Nano({${name}:Int64}, 'UTC')`;

/** Parameters of every query over points; `edge` is the threshold's index in quarter powers of two. */
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

/** Parameters of a query by {@link BLOCK}. */
export function cutParameters(selection: Selection, window: Window, cut: Cut): QueryParameters {
  return {
    ...stepsParameters(selection, window, cut.edgeIndex),
    calibrated: nanos(cut.calibratedUntil),
    changes: micros(cut.changes),
  };
}

/** Unix seconds as the nanoseconds of a parameter; whole microseconds, as far as a number can tell them. */
export function nanos(seconds: number): string {
  return (BigInt(Math.round(Math.max(0, seconds) * 1e6)) * 1000n).toString();
}

/** Moments as an array parameter. */
export function micros(moments: readonly number[]): number[] {
  return moments.map((moment) => Math.round(moment * 1e6));
}

/** The flag and the services asked for, and what a limit folded together, which may be of any flag. */
export const FILTER = `({flag:String} = '' OR flag = {flag:String} OR overflow)
    AND ({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})`;

export const WHERE_TIME: string = `time > ${at('lookback')} AND time <= ${at('to')}`;

/** Of a stream that says when it began. */
const STARTED = 'toUnixTimestamp64Nano(start) > 0';

/**
 * Whether the process behind a stream had reported before the stream's first point. Most SDKs give every stream
 * the start of the process, so a stream that appears later (the first error of its kind) held nothing until then,
 * however old its start is.
 *
 * @param first the column with the time of the stream's first point, or of each of its points
 */
export const reportedBefore = (first: string): string =>
  `(${STARTED} AND min(${first}) OVER (PARTITION BY service, service_version, start) < ${first})`;

/** The points of one life of a stream before the one looked at; one frame for all, so that they are sorted once. */
const PAST = 'PARTITION BY series, start ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING';

/**
 * What a stream held before a point. It cannot hold less later: a process that begins anew has another start, so of
 * points that fall the clock was set back, and the most that was seen is counted. Without a start a fall is a restart.
 */
const previous = (column: string): string =>
  `if(${STARTED}, max(${column}) OVER past, last_value(${column}) OVER past)`;

const step = (column: string): string =>
  `multiIf(is_again, 0, is_whole, ${column},
    toUInt64(${column} - least(${column}, if(is_base, first_${column}, previous_${column}))))`;

/**
 * Common table expressions that end in `steps`: one row a point in the window, with the dimensions, `series`, `start`,
 * `time`, the time of the point `before` (of a stream's first point its start) and what it added.
 *
 * @param points A query for rows with the dimensions, the measures, `series`, `start`, `time` and `temporality`.
 * @param added What each measure's addition is called; the measure `count` tells a restart of a stream without start.
 * @param slot Cumulative points with the same value are one row: what a life of a stream added while they were
 * reported is the most that it held, less the most that it held before. Streams without a start stay point by point, for
 * between two points that grow there may have been a restart. Absent: each point is a row.
 */
export function stepsSql(
  points: string,
  dimensions: readonly string[],
  added: Readonly<Record<string, string>>,
  slot?: string,
): string {
  const measures = Object.keys(added);
  const columns = [...dimensions, 'temporality', 'series', 'start', 'time'];
  const looked =
    slot === undefined
      ? `SELECT ${[...columns, ...measures, ...measures.map((name) => `${name} AS first_${name}`)].join(', ')},
    time AS first_time FROM (${points})`
      : `SELECT ${[...dimensions, 'temporality'].map((name) => `any(p.${name}) AS ${name}`).join(', ')},
    p.series AS series, p.start AS start, max(p.time) AS time,
    ${measures.map((name) => `max(p.${name}) AS ${name}, argMin(p.${name}, p.time) AS first_${name}`).join(', ')},
    min(p.time) AS first_time
  FROM (SELECT *, time > ${at('from')} AS inside, ${slot} AS slot FROM (${points})) AS p
  GROUP BY series, start, p.inside, p.slot,
    if(p.temporality = 1 OR NOT ${STARTED}, toUnixTimestamp64Nano(p.time), 0)`;
  return `WITH points AS (
  ${looked}
), lives AS (
  SELECT *, count() OVER past = 0 AS is_first, if(is_first, start, last_value(time) OVER past) AS before,
    ${measures.map((name) => `${previous(name)} AS previous_${name}`).join(', ')},
    ${reportedBefore('first_time')} AS reported_before
  FROM points WINDOW past AS (${PAST})
), steps AS (
  SELECT ${dimensions.join(', ')}, temporality, series, start, time, before,
    NOT is_first AND before = time AS is_again,
    temporality = 1 OR (NOT is_first AND NOT ${STARTED} AND count < previous_count) AS is_whole,
    is_first AND start < ${at('lookback')} AND NOT reported_before AS is_base,
    ${measures.map((name) => `${step(name)} AS ${added[name]}`).join(', ')}
  FROM lives WHERE time > ${at('from')}
)`;
}

/**
 * When the block of a report begins, in Unix seconds. A report tells of what came before it, so one at the very
 * beginning of a block belongs to the block before.
 */
export const BLOCK_START: string = `toUnixTimestamp(
  toStartOfInterval(time - INTERVAL 1 NANOSECOND, INTERVAL ${BLOCK_SECONDS} SECOND, 'UTC'))`;

/** The last moment before a report at which blocks are cut, in microseconds; 0 where there is none. */
const LAST_CHANGE = `arrayLast(change -> change * 1000 < toUnixTimestamp64Nano(time), {changes:Array(Int64)})`;

/**
 * The block that a report counts in, in microseconds, so that it equals the cut to the last digit: the
 * calibration makes a block of its own, and the block it ends in begins at its end; a change splits either.
 */
export const BLOCK: string = `greatest(${LAST_CHANGE}, if(time <= ${at('calibrated')}, intDiv({from:Int64}, 1000),
  greatest(toInt64(${BLOCK_START}) * 1000000, intDiv({calibrated:Int64}, 1000))))`;

/** The step that a report is in: how many moments at which steps end come before it. */
export const STEP: string =
  'arrayCount(moment -> moment * 1000 < toUnixTimestamp64Nano(time), {moments:Array(Int64)})';
