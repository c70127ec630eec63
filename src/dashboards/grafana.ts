import { clickhouseQueries } from './clickhouse-queries.js';
import type { Annotation, Dashboard, Variable } from './grafana-model.js';
import { panelsOf } from './grafana-panels.js';
import { type DashboardQueries, SLOW_EDGES } from './measures.js';
import { prometheusQueries } from './prometheus-queries.js';

/** Where the metrics are, and how: by explicit buckets, as native histograms, or in our own tables. */
export const GRAFANA_SOURCES = ['prometheus', 'prometheus-native', 'clickhouse'] as const;

export type GrafanaSource = (typeof GRAFANA_SOURCES)[number];

interface SourceOf {
  readonly title: string;
  readonly queries: () => DashboardQueries;
}

const SOURCES: Readonly<Record<GrafanaSource, SourceOf>> = {
  prometheus: { title: 'Prometheus', queries: () => prometheusQueries('classic') },
  'prometheus-native': { title: 'Prometheus, native histograms', queries: () => prometheusQueries('native') },
  clickhouse: { title: 'ClickHouse', queries: clickhouseQueries },
};

/**
 * A dashboard of what a flag's variants do, to import into Grafana 11 or newer.
 *
 * @param flag which flag it opens with; any can be chosen in it. Left out: the first there is.
 */
export function grafanaDashboard(source: GrafanaSource, flag?: string): Dashboard {
  const { title, queries: queriesOf } = SOURCES[source];
  const queries = queriesOf();
  return {
    uid: `telltale-${source}`,
    title: `Feature flag (${title})`,
    description:
      "What a feature flag's variants do to latency and errors. Written by `telltale dashboards grafana`.",
    tags: ['telltale', 'feature-flags'],
    // Of Grafana 10 and 11; newer ones migrate it themselves.
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '5m',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: variablesOf(queries, flag) },
    annotations: { list: [...GRAFANA_ANNOTATIONS, ...queries.annotations] },
    panels: panelsOf(queries),
  };
}

function variablesOf({ datasource, variables }: DashboardQueries, flag: string | undefined): Variable[] {
  const { flag: ofFlag, service, environment, route, control } = variables;
  return [
    datasourceVariable('datasource', 'Data source', datasource.type),
    flag === undefined ? ofFlag : { ...ofFlag, current: { text: flag, value: flag } },
    control,
    service,
    environment,
    route,
    SLOW,
    datasourceVariable('tempo', 'Tempo', 'tempo'),
    datasourceVariable('jaeger', 'Jaeger', 'jaeger'),
  ];
}

function datasourceVariable(name: string, label: string, type: string): Variable {
  return {
    name,
    label,
    description: `Which data source of the type ${type}`,
    type: 'datasource',
    query: type,
    multi: false,
    includeAll: false,
  };
}

/** 297 ms, from which on people notice. */
const USUAL_EDGE = 2 ** (-7 / 4);

const SLOW: Variable = {
  name: 'slow',
  label: 'Slow above',
  description: 'Edges of the histogram, between which nothing is known',
  type: 'custom',
  query: SLOW_EDGES.map((edge) => `${edgeText(edge)} : ${edge}`).join(', '),
  current: { text: edgeText(USUAL_EDGE), value: String(USUAL_EDGE) },
  multi: false,
  includeAll: false,
};

function edgeText(seconds: number): string {
  const [value, unit] = seconds < 1 ? [seconds * 1000, 'ms'] : [seconds, 's'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

const GRAFANA = { type: 'grafana', uid: '-- Grafana --' } as const;

/** What people and alerts wrote, hidden as in every dashboard, and what `telltale up --notify` wrote. */
const GRAFANA_ANNOTATIONS: readonly Annotation[] = [
  {
    name: 'Annotations & Alerts',
    datasource: GRAFANA,
    enable: true,
    hide: true,
    iconColor: 'rgba(0, 211, 255, 1)',
    builtIn: 1,
    type: 'dashboard',
  },
  {
    name: 'Telltale',
    datasource: GRAFANA,
    enable: true,
    hide: false,
    iconColor: 'red',
    target: { refId: 'Anno', type: 'tags', tags: ['telltale'], matchAny: false, limit: 100 },
  },
];
