import { json, type Route } from '../routes.js';
import { courseDocument } from './course.js';
import { type CompareParts, latencyDocument } from './latency.js';

/**
 * How a comparison went over time, and its latency distributions.
 *
 * @param now Unix seconds
 */
export function courseRoutes(parts: CompareParts, now: () => number): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/flags/:key/course',
      handle: async ({ path, query }) => json(await courseDocument(parts, path['key'] ?? '', query, now())),
    },
    {
      method: 'GET',
      path: '/api/v1/flags/:key/latency',
      handle: async ({ path, query }) => json(await latencyDocument(parts, path['key'] ?? '', query, now())),
    },
  ];
}
