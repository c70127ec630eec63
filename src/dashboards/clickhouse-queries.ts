import { WHERE_TIME } from '../sources/steps-sql.js';
import { ALL, bound } from './clickhouse-binding.js';
import { fieldOf, measuredSql } from './clickhouse-sql.js';
import type { Annotation, Target, Variable } from './grafana-model.js';
import type { DashboardQueries } from './measures.js';
import { placeholder } from './placeholder.js';
import { exploreLink, VALUE } from './trace-links.js';

const DATASOURCE = { type: 'grafana-clickhouse-datasource', uid: placeholder('datasource') } as const;

/** What the plugin makes of rows: lines by their text columns, or a table. */
type Shape = 'timeseries' | 'table';

/** The plugin's own numbers for them. */
const FORMATS: Readonly<Record<Shape, number>> = { timeseries: 0, table: 1 };

function target(refId: string, shape: Shape, sql: string): Target {
  return {
    refId,
    datasource: DATASOURCE,
    editorType: 'sql',
    queryType: shape,
    format: FORMATS[shape],
    rawSql: bound(sql),
  };
}

/** Questions to Telltale's own tables on a ClickHouse server, for the official plugin. */
export function clickhouseQueries(): DashboardQueries {
  const all = { includeAll: true, allValue: ALL } as const;
  return {
    datasource: DATASOURCE,
    variantField: 'variant',
    variantLabel: '__field.labels.variant',
    variables: {
      flag: variable('flag', 'Flag', 'feature_flag.key', valuesSql('flag', WHERE_TIME)),
      service: { ...variable('service', 'Service', 'service.name', valuesSql('service', OF_FLAG)), ...all },
      environment: {
        ...variable(
          'environment',
          'Environment',
          'deployment.environment.name',
          valuesSql('environment', OF_FLAG),
        ),
        ...all,
      },
      route: {
        ...variable(
          'route',
          'Route',
          'http.route, or the name of another operation',
          valuesSql('route', OF_FLAG),
        ),
        ...all,
      },
      control: variable(
        'control',
        'Control',
        'The variant that others are compared with',
        // As a comparison guesses it: by these names, before all others.
        `SELECT variant FROM telltale_points WHERE ${OF_FLAG} AND variant NOT IN ('', '__mixed__', '__overflow__')
GROUP BY variant ORDER BY lower(variant) IN ('off', 'control', 'false', 'baseline') DESC, variant`,
      ),
    },
    annotations: ANNOTATIONS,
    graph: (column) => target('A', 'timeseries', measuredSql({ columns: [column], by: 'time' })),
    table: (columns, by) => [target('A', 'table', measuredSql({ columns, by: by === 'route' ? by : '' }))],
    tableField: (column) => fieldOf(column, ''),
    traces: {
      target: target('A', 'table', TRACES),
      link: exploreLink('The whole trace', 'datasource', TRACE),
    },
  };
}

/** Of nothing that is chosen but the flag: a variable must not depend on itself. */
const OF_FLAG = `${WHERE_TIME} AND flag = {flag:String}`;

function valuesSql(column: 'flag' | 'service' | 'environment' | 'route', where: string): string {
  return `SELECT DISTINCT ${column} FROM telltale_points WHERE ${where} AND ${column} != '' ORDER BY ${column}`;
}

function variable(name: string, label: string, description: string, sql: string): Variable {
  return {
    name,
    label,
    description,
    type: 'query',
    datasource: DATASOURCE,
    query: target(name, 'table', sql),
    refresh: 2,
    sort: 0,
    multi: false,
    includeAll: false,
  };
}

/** Entry spans, those that failed first and then the longest. */
const TRACES = `SELECT Timestamp AS time, SpanAttributes[concat('feature_flags.', {flag:String})] AS variant, ServiceName AS service,
  SpanName AS span, StatusCode AS status, Duration / 1e9 AS seconds, TraceId AS trace
FROM otel_traces
WHERE $__timeFilter(Timestamp) AND mapContains(SpanAttributes, concat('feature_flags.', {flag:String}))
  AND SpanKind IN ('Server', 'Consumer') AND ({service:String} = '' OR ServiceName = {service:String})
  AND ({route:String} = '' OR SpanAttributes['http.route'] = {route:String})
  AND has(['', ResourceAttributes['deployment.environment.name'], ResourceAttributes['deployment.environment']],
    {environment:String})
ORDER BY status = 'Error' DESC, Duration DESC LIMIT 100`;

/** A trace's id is hexadecimal: nothing in it ends the literal. */
const TRACE = {
  type: DATASOURCE.type,
  editorType: 'sql',
  queryType: 'table',
  format: FORMATS.table,
  rawSql: `SELECT Timestamp, ServiceName, SpanName, StatusCode, Duration / 1e9 AS seconds, SpanAttributes FROM otel_traces WHERE TraceId = '${VALUE}' ORDER BY Timestamp`,
};

/** A version is new where none of its points is older than the range, as far as an hour before it. */
function beginsSql(
  column: 'flag_version' | 'service_version',
  where: string,
  title: string,
  text: string,
): string {
  return `SELECT first AS time, '${title}' AS title, ${text} AS text, ${column} AS tags FROM (
  SELECT ${column === 'flag_version' ? 'flag' : 'service'}, ${column}, min(time) AS first FROM telltale_points
  WHERE ${where} AND ${column} != '' GROUP BY ALL HAVING first > $__fromTime
) ORDER BY time`;
}

const OF_SERVICE = "({service:String} = '' OR service = {service:String})";

const TOLD = `SELECT time, if(kind = 'flag', concat('Flag ', flag, ' changed'), concat(service, ' was deployed')) AS title,
  arrayStringConcat(arrayFilter(part -> part != '', [description, if(version = '', '', concat('version ', version)),
    if(author = '', '', concat('by ', author))]), ', ') AS text, kind AS tags
FROM telltale_changes WHERE $__timeFilter(time) AND (flag = {flag:String} OR (kind = 'deployment' AND ${OF_SERVICE}))
ORDER BY time, id LIMIT 1 BY id LIMIT 1000`;

function annotation(name: string, iconColor: string, sql: string): Annotation {
  return {
    name,
    datasource: DATASOURCE,
    enable: true,
    hide: false,
    iconColor,
    target: target('Anno', 'table', sql),
  };
}

const ANNOTATIONS: Annotation[] = [
  annotation('Told changes', 'purple', TOLD),
  annotation(
    'Flag versions',
    'purple',
    beginsSql(
      'flag_version',
      OF_FLAG,
      'Flag version',
      "concat(flag, ': version ', flag_version, ' appears')",
    ),
  ),
  annotation(
    'Deployments',
    'green',
    beginsSql(
      'service_version',
      OF_SERVICE,
      'Deployment',
      "concat(service, ': version ', service_version, ' appears')",
    ),
  ),
];
