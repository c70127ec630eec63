import type { Source } from '../sources/source.js';
import { type AccessOptions, createAccess } from './access.js';
import { createApi } from './api.js';
import { flagRoutes } from './flag-routes.js';
import { listen } from './listener.js';

export interface SourceBackendOptions {
  readonly access: AccessOptions;
  /** 0 takes a free port. */
  readonly apiPort: number;
  readonly source: Source;
  /** Told of faults inside; the backend goes on. */
  readonly onError: (error: unknown) => void;
}

export interface SourceBackend {
  readonly apiUrl: string;
  close(): Promise<void>;
}

/**
 * Serves the API from a store that somebody else fills: nothing is received, nothing kept.
 *
 * @throws BackendError where the port cannot be used
 */
export async function startSourceBackend(options: SourceBackendOptions): Promise<SourceBackend> {
  const { access, apiPort, source, onError } = options;
  const { api: check } = createAccess(access);
  const routes = flagRoutes(source, undefined, () => Date.now() / 1000);
  const place = { host: access.host, port: apiPort, option: '--port' };
  const api = await listen(createApi({ routes, check, onError }), place);
  return { apiUrl: api.url, close: () => api.close() };
}
