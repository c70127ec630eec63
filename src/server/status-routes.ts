import type { StoreStatus } from '../store/status.js';
import { json, type Route } from './routes.js';

/** What is in the store, what it refused and what it dropped. */
export function statusRoutes(store: { status(): Promise<StoreStatus> }): Route[] {
  return [{ method: 'GET', path: '/api/v1/status', handle: async () => json(await store.status()) }];
}
