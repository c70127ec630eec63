import type { Route } from '../routes.js';
import { assetRoutes } from './assets.js';

/** The page, and what it asks for beside flags, comparisons and changes. */
export function pageRoutes(): Route[] {
  return assetRoutes();
}
