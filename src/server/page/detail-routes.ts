import { json, type Route } from '../routes.js';
import { breakdownDocument } from './breakdown.js';
import type { DetailSources } from './detail-sources.js';
import { evaluationsDocument } from './evaluations.js';
import { failuresDocument } from './failures.js';
import { traceDocument } from './trace.js';

/**
 * What is behind a comparison: its parts, and what to look at next.
 *
 * @param now Unix seconds
 */
export function detailRoutes(sources: DetailSources, now: () => number): Route[] {
  const { query } = sources;
  return [
    {
      method: 'GET',
      path: '/api/v1/flags/:key/breakdown',
      handle: async ({ path, query: asked }) =>
        json(await breakdownDocument(sources, path['key'] ?? '', asked, now())),
    },
    {
      method: 'GET',
      path: '/api/v1/flags/:key/failures',
      handle: async ({ path, query: asked }) =>
        json(await failuresDocument(sources, path['key'] ?? '', asked, now())),
    },
    {
      method: 'GET',
      path: '/api/v1/flags/:key/evaluations',
      handle: async ({ path, query: asked }) =>
        json(await evaluationsDocument(query, path['key'] ?? '', asked, now())),
    },
    {
      method: 'GET',
      path: '/api/v1/traces/:id',
      handle: async ({ path }) => json(await traceDocument(query, path['id'] ?? '')),
    },
  ];
}
