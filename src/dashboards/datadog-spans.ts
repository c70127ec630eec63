import { tagValue } from '../sources/datadog-query.js';
import { escapeSearch, type FlagSelection, spanAttribute, TAGS } from './datadog-selection.js';

/** A metric that Datadog makes of ingested spans, as its API takes it. */
export interface SpansMetric {
  readonly data: {
    readonly id: string;
    readonly type: 'spans_metrics';
    readonly attributes: {
      readonly compute: Readonly<Record<string, string | boolean>>;
      readonly filter: { readonly query: string };
      readonly group_by: readonly { readonly path: string; readonly tag_name: string }[];
    };
  };
}

/**
 * Metrics of the spans of one flag, by the names of their files: for services that send spans with
 * `feature_flags.<key>` and no `telltale.operation.duration`.
 */
export function datadogSpansMetrics(selection: FlagSelection): Readonly<Record<string, SpansMetric>> {
  const metric = (name: string, compute: Readonly<Record<string, string | boolean>>): SpansMetric => ({
    data: {
      id: `telltale.spans.${metricName(selection.flag)}.${name}`,
      type: 'spans_metrics',
      attributes: {
        compute,
        filter: { query: `${spanAttribute(selection.flag)}:* @span.kind:(server OR consumer)` },
        group_by: [
          { path: `@feature_flags.${selection.flag}`, tag_name: TAGS.variant },
          { path: 'service', tag_name: TAGS.service },
          { path: 'env', tag_name: TAGS.environment },
          { path: 'resource_name', tag_name: 'resource_name' },
          { path: 'status', tag_name: 'status' },
        ],
      },
    },
  });
  return {
    hits: metric('hits', { aggregation_type: 'count' }),
    duration: metric('duration', {
      aggregation_type: 'distribution',
      path: '@duration',
      include_percentiles: true,
    }),
  };
}

/** A search in the trace explorer. Datadog's API keeps none, so that it is opened, and saved there by hand. */
export interface TraceQuery {
  readonly name: string;
  readonly query: string;
  /** Behind the address of your Datadog site. */
  readonly path: string;
}

export function datadogTraceQueries(selection: FlagSelection): readonly TraceQuery[] {
  const { flag, control, treatment, service, environment, slowSeconds } = selection;
  const attribute = spanAttribute(flag);
  const where = [
    ...(service === undefined ? [] : [`service:${escapeSearch(service)}`]),
    ...(environment === undefined ? [] : [`env:${escapeSearch(environment)}`]),
  ];
  const is = (variant: string): string => `${attribute}:${escapeSearch(variant)}`;
  const treated = treatment === undefined ? [`${attribute}:*`, `-${is(control)}`] : [is(treatment)];
  const query = (name: string, ...terms: readonly string[]): TraceQuery => {
    const text = [...terms, ...where].join(' ');
    return { name, query: text, path: `/apm/traces?query=${encodeURIComponent(text)}` };
  };
  const who = treatment ?? `not ${control}`;
  return [
    query(`${flag}: all`, `${attribute}:*`),
    query(`${flag}: ${control}`, is(control)),
    query(`${flag}: ${who}`, ...treated),
    query(`${flag}: ${who}, failed`, ...treated, 'status:error'),
    query(`${flag}: ${who}, slow`, ...treated, `@duration:>${Math.round(slowSeconds * 1e9)}`),
    query(`${flag}: several variants in one operation`, is('__mixed__')),
  ];
}

/** A flag's key as part of a metric's name: ASCII letters, digits and underscores. */
function metricName(flag: string): string {
  return tagValue(flag).replace(/[^a-z0-9_]/g, '_');
}
