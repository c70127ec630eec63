import { SERVICE } from '../store/schema-flags.js';
import { firstOf } from '../store/schema-fragments.js';
import { mostOperations } from './groups-sql.js';
import { at } from './steps-sql.js';

/**
 * SQL over failed operations of a flag, one row each: records `telltale.operation.failed`, and of services that write none
 * their entry spans.
 */

const ASKED = `({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})
    AND ({route:String} = '' OR route = {route:String})
    AND variant NOT IN ('', '__mixed__', '__overflow__')`;

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
    AND LogAttributes['feature_flag.key'] = '' AND ${ASKED}
  LIMIT 1 BY ServiceName, TraceId, SpanId, Timestamp, cityHash64(LogAttributes)`;

const ENTRY = `service, service_version, environment, route, trace, span, time
  FROM telltale_entry_spans FINAL
  WHERE failed AND outcome = '' AND time > ${at('from')} AND time <= ${at('to')}`;

/** As `evidence-sql.ts` counts them: flags on the span itself, or evaluations beside it in its trace. */
const SPANS = `SELECT * FROM (
    SELECT flags[{flag:String}] AS variant, ${ENTRY} AND mapContains(flags, {flag:String})
      AND has({flagged:Array(String)}, service)
    UNION ALL
    SELECT e.variant AS variant, s.* FROM (SELECT ${ENTRY} AND has({hooked:Array(String)}, service)) AS s
    INNER JOIN (
      SELECT service, trace, if(min(variant) = max(variant), min(variant), '__mixed__') AS variant
      FROM telltale_flag_events
      WHERE flag = {flag:String} AND has({hooked:Array(String)}, service)
        AND time > ${at('lookback')} AND time <= ${at('to')}
      GROUP BY service, trace HAVING argMin(assignment, time) = 'assigned'
    ) AS e USING (service, trace)
  ) WHERE ${ASKED}`;

const STATUS = firstOf("SpanAttributes['http.response.status_code']", "SpanAttributes['http.status_code']");

/** What a failed span says of why; its exception is the last of its events. */
const WHY = `SELECT cityHash64(TraceId) AS trace, cityHash64(SpanId) AS span, any(TraceId) AS trace_id,
    any(${firstOf("SpanAttributes['error.type']", `if(toUInt16OrZero(${STATUS}) >= 500, ${STATUS}, '')`)}) AS error_type,
    any(arrayLast((attributes, name) -> name = 'exception', Events.Attributes, Events.Name)['exception.type']) AS exception_type
  FROM otel_traces
  WHERE Timestamp > ${at('lookback')} AND Timestamp <= ${at('to')} AND SpanKind NOT IN ('Client', 'Producer')
    AND (trace, span) IN (SELECT trace, span FROM (${SPANS}))
  GROUP BY trace, span`;

const COLUMNS = 'variant, error_type, exception_type, route, service, time, trace_id, sampled';

const FROM_SPANS = `SELECT s.variant AS variant, w.error_type AS error_type, w.exception_type AS exception_type,
    s.route AS route, s.service AS service, s.time AS time, w.trace_id AS trace_id, true AS sampled
  FROM (${SPANS}) AS s LEFT JOIN (${WHY}) AS w USING (trace, span)`;

/** More than are shown, as of some no span may have come. */
const CANDIDATES = 10;

/** The newest of which spans may be stored: records tell whether a trace was sampled, not whether its spans came. */
const TRACES = `groupArraySortedIf(${CANDIDATES})((-toUnixTimestamp64Milli(time), trace_id), sampled AND trace_id != '')`;

/**
 * @param spans whether services are asked of which spans tell
 * @param seconds after which the engine gives up
 */
export function failuresSql(spans: boolean, seconds: number): string {
  const parts = [
    `SELECT ${COLUMNS} FROM (${RECORDS})`,
    ...(spans ? [`SELECT ${COLUMNS} FROM (${FROM_SPANS})`] : []),
  ];
  return `WITH failures AS (
  ${parts.join('\n  UNION ALL\n  ')}
), ${mostOperations(`SELECT [toString(error_type), toString(exception_type), toString(route)] AS name, variant,
    count() AS operations, groupUniqArrayArray(groupUniqArray(service)) OVER () AS services, ${TRACES} AS traces
  FROM failures GROUP BY name, variant`)}
SETTINGS max_execution_time = ${seconds}`;
}
