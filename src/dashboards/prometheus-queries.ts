import type { Annotation, Target, Variable } from './grafana-model.js';
import type { Column, DashboardQueries } from './measures.js';
import { placeholder } from './placeholder.js';
import { type HistogramKind, measured } from './promql.js';
import { durations, type Part, VARIANT } from './promql-added.js';

const DATASOURCE = { type: 'prometheus', uid: placeholder('datasource') } as const;

/**
 * What operations that are no HTTP requests are called by is another label; one of the two is empty. `route` of a
 * table.
 */
const ROUTE_LABELS = ['http_route', 'telltale_operation_name'] as const;

/** Values that Grafana puts between quotes as they are: it escapes some of the others, and not all in every version. */
const QUOTABLE = '/^[^"\'\\\\]+$/';

/** The same of variants, without those that stand for several. */
const ASSIGNED = '/^(?!__(?:mixed|overflow)__$)[^"\'\\\\]+$/';

/** A graph's smallest step. It makes `$__rate_interval` four minutes or more: OpenTelemetry's SDKs export once in one. */
const STEP = '1m';

/** Questions to a Prometheus that was filled by OTLP, with the names that it gives by default. */
export function prometheusQueries(kind: HistogramKind): DashboardQueries {
  const part: Part = kind === 'native' ? '' : '_count';
  const variable = (name: string, label: string, description: string, query: string): Variable => ({
    name,
    label,
    description,
    type: 'query',
    datasource: DATASOURCE,
    // 1: values of a label.
    query: { qryType: 1, query, refId: name },
    regex: QUOTABLE,
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: false,
  });
  const all = { includeAll: true, allValue: '.*' } as const;
  const ofFlag = ['feature_flag_key="$flag"'];
  return {
    datasource: DATASOURCE,
    variantField: VARIANT,
    variantLabel: `__field.labels.${VARIANT}`,
    variables: {
      flag: variable(
        'flag',
        'Flag',
        'feature_flag.key',
        `label_values(${durations(part, [])}, feature_flag_key)`,
      ),
      service: {
        ...variable('service', 'Service', 'job', `label_values(${durations(part, ofFlag)}, job)`),
        ...all,
      },
      environment: {
        ...variable(
          'environment',
          'Environment',
          'deployment.environment.name, of target_info',
          'label_values(target_info{job=~"$service"}, deployment_environment_name)',
        ),
        ...all,
      },
      route: {
        ...variable('route', 'Route', 'http.route', `label_values(${durations(part, ofFlag)}, http_route)`),
        ...all,
      },
      control: {
        ...variable(
          'control',
          'Control',
          'The variant that others are compared with',
          `label_values(${durations(part, ofFlag)}, ${VARIANT})`,
        ),
        regex: ASSIGNED,
      },
    },
    annotations: annotations(part),
    graph: ({ measure, against }) => ({
      refId: measure,
      datasource: DATASOURCE,
      expr: measured(kind, measure, [VARIANT], 'graph', against),
      legendFormat: `{{${VARIANT}}}`,
      interval: STEP,
      range: true,
      instant: false,
      editorMode: 'code',
    }),
    table: (columns, by) =>
      columns.map((column): Target => {
        const { measure, against } = column;
        const labels = by === 'route' ? [...ROUTE_LABELS, VARIANT] : [VARIANT];
        const expr = measured(kind, measure, labels, 'table', against);
        return {
          refId: refIdOf(column),
          datasource: DATASOURCE,
          expr: by === 'route' ? `label_join(${expr}, "route", "", "${ROUTE_LABELS.join('", "')}")` : expr,
          format: 'table',
          range: false,
          instant: true,
          editorMode: 'code',
        };
      }),
    tableField: (column) => `Value #${refIdOf(column)}`,
  };
}

function refIdOf({ measure, against }: Column): string {
  return against === undefined ? measure : `${measure}-${against}`;
}

/** What is there and was not a step ago: a point where it begins. */
function begins(labels: string, series: string): string {
  return `group by (${labels}) (${series}) unless group by (${labels}) (${series} offset $__interval)`;
}

function annotations(part: Part): Annotation[] {
  const annotation = (name: string, iconColor: string, expr: string, textFormat: string): Annotation => ({
    name,
    datasource: DATASOURCE,
    enable: true,
    hide: false,
    iconColor,
    target: { refId: 'Anno', expr, interval: STEP },
    titleFormat: name,
    textFormat,
  });
  const counted = durations(part, [
    'feature_flag_key="$flag"',
    'feature_flag_version!=""',
    'job=~"$service"',
  ]);
  return [
    annotation(
      'Flag changes',
      'purple',
      begins('feature_flag_key, feature_flag_version', counted),
      '{{feature_flag_key}}: version {{feature_flag_version}} appears',
    ),
    annotation(
      'Deployments',
      'green',
      begins('job, service_version', 'target_info{service_version!="",job=~"$service"}'),
      '{{job}}: version {{service_version}} appears',
    ),
  ];
}
