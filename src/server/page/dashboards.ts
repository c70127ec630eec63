import { readFile } from 'node:fs/promises';
import { BackendError } from '../../store/backend-error.js';
import type { Route } from '../routes.js';
import type { PageDocument } from './documents.js';

/** Where a flag's telemetry may be looked at beside the page. */
export type DashboardKind = 'clickhouse' | 'prometheus' | 'datadog';

interface Dashboard {
  readonly id: string;
  readonly kind: DashboardKind;
  readonly name: string;
  /** In the package's folder `dashboards`. */
  readonly file: string;
}

const DASHBOARDS: readonly Dashboard[] = [
  {
    ...{ id: 'grafana-clickhouse', kind: 'clickhouse', name: 'Grafana, from ClickHouse' },
    file: 'grafana-clickhouse.json',
  },
  {
    ...{ id: 'grafana-prometheus', kind: 'prometheus', name: 'Grafana, from Prometheus' },
    file: 'grafana-prometheus.json',
  },
  {
    ...{ id: 'grafana-prometheus-native', kind: 'prometheus' },
    ...{ name: 'Grafana, from Prometheus with native histograms', file: 'grafana-prometheus-native.json' },
  },
  { id: 'datadog', kind: 'datadog', name: 'Datadog', file: 'datadog/dashboard.json' },
];

/** From here and from what is compiled of this alike. */
const FOLDER = new URL('../../../dashboards/', import.meta.url);

/** Dashboards that fit, as the page lists them. */
export function dashboardsFor(kinds: readonly DashboardKind[]): PageDocument['dashboards'] {
  return DASHBOARDS.filter(({ kind }) => kinds.includes(kind)).map(({ id, name }) => ({
    name,
    path: `/api/v1/dashboards/${id}`,
  }));
}

/** What `telltale dashboards` prints, to be imported. */
export function dashboardRoute(): Route {
  return {
    method: 'GET',
    path: '/api/v1/dashboards/:name',
    async handle({ path }) {
      const found = DASHBOARDS.find(({ id }) => id === path['name']);
      if (found === undefined) {
        const known = DASHBOARDS.map(({ id }) => id).join(', ');
        throw new BackendError('not-found', `There is no dashboard of that name. There are: ${known}.`);
      }
      const body = await readFile(new URL(found.file, FOLDER), 'utf8');
      return { status: 200, contentType: 'application/json; charset=utf-8', body };
    },
  };
}
