import { createExporting, createOtlpHandler } from '../otlp/index.js';
import { createClickHouseSource } from '../sources/clickhouse.js';
import { createKeptChanges } from '../sources/clickhouse-changes.js';
import type { StoreLocation } from '../store/engine.js';
import { openStore } from '../store/store.js';
import { createApi } from './api.js';
import { changeRoutes } from './change-routes.js';
import { flagRoutes } from './flag-routes.js';
import { type Listener, listen } from './listener.js';

export interface BackendOptions {
  readonly host: string;
  /** OTLP/HTTP; 0 takes a free port. */
  readonly otlpPort: number;
  /** API; 0 takes a free port. */
  readonly apiPort: number;
  readonly location: StoreLocation;
  /** Told of faults inside; the backend goes on. */
  readonly onError: (error: unknown) => void;
}

export interface Backend {
  readonly otlpUrl: string;
  readonly apiUrl: string;
  /** In reverse order of the start: receivers drain, then the store, so that what was acknowledged is kept. */
  close(): Promise<void>;
}

/**
 * Opens the store, then the receiver and the API.
 *
 * @throws BackendError where the store cannot be opened or a port cannot be used
 */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { host, otlpPort, apiPort, location, onError } = options;
  const store = await openStore(location);
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await store.close();
  };
  try {
    const exporting = createExporting({ sink: store.sink, onError });
    const otlp = await listen(createOtlpHandler(exporting), host, otlpPort, '--otlp-port');
    listeners.push(otlp);
    const source = createClickHouseSource(store.query);
    const now = (): number => Date.now() / 1000;
    const kept = createKeptChanges(store.query);
    const routes = [...flagRoutes(source, kept, now), ...changeRoutes(kept, store, now)];
    const api = await listen(createApi({ routes, onError }), host, apiPort, '--port');
    listeners.push(api);
    return { otlpUrl: otlp.url, apiUrl: api.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
