import { createRequire } from 'node:module';
import { json, type Route } from '../routes.js';
import { type DashboardKind, dashboardsFor } from './dashboards.js';
import type { PageDocument } from './documents.js';

/** What the page is told of the backend that serves it. */
export interface PageSettings {
  readonly otlpUrl: string | null;
  readonly traceUrl: string | null;
  readonly dashboards: readonly DashboardKind[];
}

/** What the page must know before it asks for data. */
export function settingsRoute({ otlpUrl, traceUrl, dashboards }: PageSettings): Route {
  const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };
  const document: PageDocument = { version, otlpUrl, traceUrl, dashboards: dashboardsFor(dashboards) };
  return { method: 'GET', path: '/api/v1/page', handle: async () => json(document) };
}
