import type { Route } from '../routes.js';
import { assetRoutes } from './assets.js';
import type { Boards } from './boards.js';
import { courseRoutes } from './course-routes.js';
import { dashboardRoute } from './dashboards.js';
import { detailRoutes } from './detail-routes.js';
import type { DetailSources } from './detail-sources.js';
import type { Live } from './live.js';
import { type PageSettings, settingsRoute } from './settings.js';

export interface PageParts extends DetailSources {
  readonly settings: PageSettings;
  readonly live: Live;
  readonly boards: Boards;
  /** Unix seconds. */
  readonly now: () => number;
}

/** The page, and what it asks for beside flags, comparisons and changes. */
export function pageRoutes({ settings, live, boards, now, ...sources }: PageParts): Route[] {
  return [
    ...assetRoutes(),
    settingsRoute(settings),
    dashboardRoute(),
    live.route,
    boards.route,
    ...courseRoutes(sources, now),
    ...detailRoutes(sources, now),
  ];
}
