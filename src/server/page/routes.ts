import type { Route } from '../routes.js';
import { assetRoutes } from './assets.js';
import { dashboardRoute } from './dashboards.js';
import type { Live } from './live.js';
import { type PageSettings, settingsRoute } from './settings.js';

export interface PageParts {
  readonly settings: PageSettings;
  readonly live: Live;
}

/** The page, and what it asks for beside flags, comparisons and changes. */
export function pageRoutes({ settings, live }: PageParts): Route[] {
  return [...assetRoutes(), settingsRoute(settings), dashboardRoute(), live.route];
}
