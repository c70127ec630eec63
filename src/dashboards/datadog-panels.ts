import { COMPARED, errors, percentile, requests, type Scope, slow } from './datadog-queries.js';
import { type DatadogSelection, OPERATION_TAG, ROUTE_TAG, spanAttribute, TAGS } from './datadog-selection.js';
import {
  type Formula,
  type Link,
  type Queries,
  queryValue,
  table,
  timeseries,
  toplist,
  traces,
  type Widget,
} from './datadog-widgets.js';

/** What the widgets of the dashboard ask, in terms of its variables. */

const WHERE: Scope = ['$service', '$env', '$route'];
const FLAG: Scope = ['$flag', ...WHERE, ...COMPARED];
const CONTROL: Scope = [...FLAG, '$control'];
const BY_VARIANT = [TAGS.variant];

function links({ flag }: DatadogSelection): Link[] {
  const attribute = flag === undefined ? '@feature_flags.{{$flag.value}}' : linked(spanAttribute(flag));
  const link = (label: string, condition: string): Link => ({
    label,
    link: `/apm/traces?query=${attribute}:*${condition} {{$service}} {{$env}}&start={{timestamp_start}}&end={{timestamp_end}}`,
  });
  return [link('Traces with this flag', ''), link('Failed traces with this flag', ' status:error')];
}

/** A text in a link: Datadog encodes the rest, and takes braces for variables of its own. */
function linked(text: string): string {
  return text.replace(/[^\w@\-./]/gu, encodeURIComponent);
}

/** Queries of the groups, and with `control_` before their names those of the control. */
function measures(slowSeconds: number, by: readonly string[]): Queries {
  const measure = (prefix: string, scope: Scope, groups: readonly string[]): Queries => ({
    [`${prefix}requests`]: requests(scope, groups),
    [`${prefix}errors`]: errors(scope, groups),
    [`${prefix}slow`]: slow(slowSeconds, scope, groups),
    [`${prefix}p95`]: percentile(95, scope, groups),
  });
  return { ...measure('', FLAG, by), ...measure('control_', CONTROL, []) };
}

/** A share in per cent: nothing counted is none. */
function share(part: string, whole: string): string {
  return `default_zero(${part}) / ${whole} * 100`;
}

const ERROR_RATE = share('errors', 'requests');
const CONTROL_ERROR_RATE = share('control_errors', 'control_requests');
const SLOW_SHARE = share('slow', 'requests');
const CONTROL_SLOW_SHARE = share('control_slow', 'control_requests');

/** The same queries everywhere, but only those that the formulas name. */
function only(queries: Queries, formulas: readonly Formula[]): Queries {
  const named = new Set(formulas.flatMap(({ formula }) => formula.match(/[a-z_][a-z0-9_]*/g) ?? []));
  return Object.fromEntries(Object.entries(queries).filter(([name]) => named.has(name)));
}

/** Every variant beside the control, over the time shown. */
export function againstControl(selection: DatadogSelection): Widget[] {
  const queries = {
    ...measures(selection.slowSeconds, BY_VARIANT),
    all: requests(FLAG),
    p50: percentile(50, FLAG, BY_VARIANT),
    p99: percentile(99, FLAG, BY_VARIANT),
  };
  const columns: Formula[] = [
    { formula: 'requests', alias: 'requests' },
    { formula: share('requests', 'all'), alias: 'share', unit: 'percent' },
    { formula: ERROR_RATE, alias: 'error rate', unit: 'percent' },
    { formula: `${ERROR_RATE} - ${CONTROL_ERROR_RATE}`, alias: 'over the control (points)', unit: 'percent' },
    { formula: `(${ERROR_RATE}) / (${CONTROL_ERROR_RATE})`, alias: 'error ratio' },
    { formula: SLOW_SHARE, alias: 'slow', unit: 'percent' },
    { formula: `(${SLOW_SHARE}) / (${CONTROL_SLOW_SHARE})`, alias: 'slow ratio' },
    { formula: 'p50', alias: 'p50', unit: 'second' },
    { formula: 'p95', alias: 'p95', unit: 'second' },
    { formula: 'p99', alias: 'p99', unit: 'second' },
    { formula: 'p95 - control_p95', alias: 'p95 over the control', unit: 'second' },
  ];
  const treated = [...FLAG, `!${TAGS.variant}:$control.value`];
  const values = {
    requests: requests(treated),
    errors: errors(treated),
    control_requests: requests(CONTROL),
    control_errors: errors(CONTROL),
  };
  return [
    table({ title: 'Variants', queries, formulas: columns, links: links(selection) }),
    queryValue({
      title: 'Error rate of what is not the control, over the control (points)',
      queries: values,
      formulas: [{ formula: `${ERROR_RATE} - ${CONTROL_ERROR_RATE}`, unit: 'percent' }],
      links: links(selection),
    }),
  ];
}

/** The same as lines, with changes of the flag as bars. */
export function overTime(selection: DatadogSelection): Widget[] {
  const queries = { ...measures(selection.slowSeconds, BY_VARIANT), all: requests(FLAG) };
  const graph = (title: string, formula: Formula, others: Queries = {}): Widget =>
    timeseries({
      title,
      queries: only({ ...queries, ...others }, [formula]),
      formulas: [formula],
      links: links(selection),
      events: 'tags:$flag',
    });
  return [
    graph('Traffic share', { formula: share('requests', 'all'), unit: 'percent' }),
    graph('Error rate', { formula: ERROR_RATE, unit: 'percent' }),
    graph('Error rate over the control (points)', {
      formula: `${ERROR_RATE} - ${CONTROL_ERROR_RATE}`,
      unit: 'percent',
    }),
    graph('Slow share', { formula: SLOW_SHARE, unit: 'percent' }),
    ...[50, 95, 99].map((p) =>
      graph(`p${p}`, { formula: `p${p}`, unit: 'second' }, { [`p${p}`]: percentile(p, FLAG, BY_VARIANT) }),
    ),
    graph('p95 over the control', { formula: 'p95 - control_p95', unit: 'second' }),
    graph(
      'Requests by version of the service: deployments',
      { formula: 'versions', alias: 'requests' },
      { versions: requests(FLAG, [TAGS.serviceVersion]) },
    ),
  ];
}

/** Where in the application: a route by itself decides nothing. */
export function byRoute(selection: DatadogSelection): Widget[] {
  const by = [ROUTE_TAG, OPERATION_TAG, TAGS.variant];
  const columns: Formula[] = [
    { formula: 'requests', alias: 'requests' },
    { formula: ERROR_RATE, alias: 'error rate', unit: 'percent' },
    { formula: SLOW_SHARE, alias: 'slow', unit: 'percent' },
    { formula: 'p95', alias: 'p95', unit: 'second' },
  ];
  const graph = (formulas: readonly Formula[]) => ({
    queries: only(measures(selection.slowSeconds, by), formulas),
    formulas,
    links: links(selection),
  });
  return [
    table({ title: 'Routes and variants', ...graph(columns) }),
    toplist({ title: 'Most errors', ...graph([{ formula: 'errors' }]) }),
    toplist({ title: 'Slowest p95', ...graph([{ formula: 'p95', unit: 'second' }]) }),
  ];
}

/** The newest spans with the flag. */
export function traceList(flag: string): Widget {
  return traces('Operations that evaluated the flag', `${spanAttribute(flag)}:* $service $env`, [
    'timestamp',
    'service',
    'resource_name',
    '@duration',
    '@http.status_code',
    `@feature_flags.${flag}`,
  ]);
}

/** What there is to choose from; grouped by flag, so that nothing is added over flags. */
export function allFlags(): Widget {
  const by = [TAGS.flag, TAGS.variant];
  const scope = [...WHERE, ...COMPARED];
  return table({
    title: 'Flags and variants',
    queries: { requests: requests(scope, by), errors: errors(scope, by) },
    formulas: [
      { formula: 'requests', alias: 'requests' },
      { formula: ERROR_RATE, alias: 'error rate', unit: 'percent' },
    ],
    links: [],
  });
}
