import type { Selection } from './source.js';

/** Text of Datadog's metrics queries. Nothing of users goes in but what {@link tagValue} leaves of it. */

const METRIC = 'telltale.operation.duration';

/** What sets operations apart, as OTLP's attributes become tags; those of the resource are renamed. */
export const TAGS = {
  flag: 'feature_flag.key',
  variant: 'feature_flag.result.variant',
  assignment: 'telltale.assignment',
  outcome: 'telltale.outcome',
  flagVersion: 'feature_flag.version',
  errorType: 'error.type',
  overflow: 'otel.metric.overflow',
  service: 'service',
  serviceVersion: 'version',
  environment: 'env',
} as const;

/** A text as Datadog keeps it in a tag: lower-case, what is no letter, digit or one of `_-:./` an underscore. */
export function tagValue(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}_\-:./]/gu, '_');
}

/**
 * A count of operations in each `seconds`.
 *
 * @param atMost Only those of at most so many seconds; it takes percentiles switched on for the metric.
 */
export function countQuery(selection: Partial<Selection>, seconds: number, atMost?: number): string {
  const aggregator = atMost === undefined ? 'count' : `count(v: v<=${atMost.toFixed(9)})`;
  const by = Object.values(TAGS).join(',');
  return `${aggregator}:${METRIC}{${scope(selection)}} by {${by}}.as_count().rollup(sum, ${seconds})`;
}

/** A percentile of the operations that are compared, by variant. */
export function percentileQuery(selection: Selection, percentile: number): string {
  const compared = `${TAGS.assignment}:assigned AND NOT ${TAGS.outcome}:aborted`;
  return `p${percentile}:${METRIC}{${scope(selection)} AND ${compared}} by {${TAGS.variant}}`;
}

function scope({ flag, service, environment, route }: Partial<Selection>): string {
  const parts = [
    ...(service === undefined ? [] : [`${TAGS.service}:${tagValue(service)}`]),
    ...(environment === undefined ? [] : [`${TAGS.environment}:${tagValue(environment)}`]),
    ...(route === undefined
      ? []
      : [`(http.route:${tagValue(route)} OR telltale.operation.name:${tagValue(route)})`]),
    // What a limit folded together has no flag any more, and may be of any.
    ...(flag === undefined ? [] : [`(${TAGS.flag}:${tagValue(flag)} OR ${TAGS.overflow}:true)`]),
  ];
  return parts.length === 0 ? '*' : parts.join(' AND ');
}
