import { SERVICE } from '../store/schema-flags.js';
import { firstOf } from '../store/schema-fragments.js';
import { mostOperations } from './groups-sql.js';
import { at } from './steps-sql.js';

/**
 * SQL over failed operations of a flag, one row each: records `telltale.operation.failed`, and of services that write none
 * their entry spans.
 */

const VARIANT = "variant NOT IN ('', '__mixed__', '__overflow__')";

/**
 * Found by what it has and what it lacks: the tables of older collectors have no column for the name of an event, and
 * ordinary records, which may carry flags too, have a body. A record that was sent again is the same one.
 */
const RECORDS = `SELECT LogAttributes[{attribute:String}] AS variant, LogAttributes['error.type'] AS error_type,
    LogAttributes['exception.type'] AS exception_type, LogAttributes['http.route'] AS route, ${SERVICE},
    Timestamp AS time, TraceId AS trace_id, bitAnd(TraceFlags, 1) = 1 AS sampled
  FROM otel_logs
  WHERE Timestamp > ${at('from')} AND Timestamp <= ${at('to')} AND SeverityNumber = 17 AND Body = ''
    AND mapContains(LogAttributes, {attribute:String}) AND LogAttributes['error.type'] != ''
    AND LogAttributes['feature_flag.key'] = '' AND ${VARIANT}
    AND ({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})
    AND ({route:String} = '' OR route = {route:String})
  LIMIT 1 BY ServiceName, TraceId, SpanId, Timestamp, cityHash64(LogAttributes)`;

const STATUS = firstOf("SpanAttributes['http.response.status_code']", "SpanAttributes['http.status_code']");

/** What a failed span says of why; its exception is the last of its events. GLOBAL, as one Distributed table is asked within another. */
const why = (
  failed: string,
): string => `SELECT cityHash64(TraceId) AS trace, cityHash64(SpanId) AS span, any(TraceId) AS trace_id,
    any(${firstOf("SpanAttributes['error.type']", `if(toUInt16OrZero(${STATUS}) >= 500, ${STATUS}, '')`)}) AS error_type,
    any(arrayLast((attributes, name) -> name = 'exception', Events.Attributes, Events.Name)['exception.type']) AS exception_type
  FROM otel_traces
  WHERE Timestamp > ${at('lookback')} AND Timestamp <= ${at('to')} AND SpanKind NOT IN ('Client', 'Producer')
    AND (trace, span) GLOBAL IN (SELECT trace, span FROM (${failed}))
  GROUP BY trace, span`;

/** @param spans as `failedSpans` has them */
function spanFailures(spans: string): string {
  const failed = `SELECT * FROM (${spans}) WHERE outcome = '' AND assignment = 'assigned' AND ${VARIANT}`;
  return `SELECT s.variant AS variant, w.error_type AS error_type, w.exception_type AS exception_type,
    s.route AS route, s.service AS service, s.time AS time, w.trace_id AS trace_id, true AS sampled
  FROM (${failed}) AS s LEFT JOIN (${why(failed)}) AS w USING (trace, span)`;
}

const COLUMNS = 'variant, error_type, exception_type, route, service, time, trace_id, sampled';

/** More than are shown, as of some no span may have come. */
const CANDIDATES = 10;

/** The newest of which spans may be stored: records tell whether a trace was sampled, not whether its spans came. */
const TRACES = `groupArraySortedIf(${CANDIDATES})((-toUnixTimestamp64Milli(time), trace_id), sampled AND trace_id != '')`;

/**
 * @param spans the entry spans that failed in services that write no records; undefined: all write some
 * @param seconds after which the engine gives up
 */
export function failuresSql(spans: string | undefined, seconds: number): string {
  const parts = [RECORDS, ...(spans === undefined ? [] : [spanFailures(spans)])].map(
    (rows) => `SELECT ${COLUMNS} FROM (${rows})`,
  );
  return `WITH failures AS (
  ${parts.join('\n  UNION ALL\n  ')}
), ${mostOperations(`SELECT [toString(error_type), toString(exception_type), toString(route)] AS name, variant,
    count() AS operations, groupUniqArrayArray(groupUniqArray(service)) OVER () AS services, ${TRACES} AS traces
  FROM failures GROUP BY name, variant`)}
SETTINGS max_execution_time = ${seconds}`;
}
