import type { Source } from '../sources/source.js';
import { type AccessOptions, createAccess } from './access.js';
import { createApi } from './api.js';
import { flagRoutes } from './flag-routes.js';
import { healthRoutes } from './health-routes.js';
import { listen, type Place } from './listener.js';
import { pageRoutes } from './page/routes.js';
import { createProcessMetrics } from './process-metrics.js';
import { createTrafficMetrics } from './traffic-metrics.js';

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

/** Of how long ago a probe asks for flags: a store that answers has little to read. */
const PROBED_SECONDS = 60;

/**
 * Serves the API from a store that somebody else fills: nothing is received, nothing kept.
 *
 * @throws BackendError where the port cannot be used
 */
export async function startSourceBackend(options: SourceBackendOptions): Promise<SourceBackend> {
  const { access, apiPort, source, onError } = options;
  const { api: check } = createAccess(access);
  const now = (): number => Date.now() / 1000;
  const traffic = createTrafficMetrics();
  const processMetrics = createProcessMetrics();
  const measures = [traffic.measure, processMetrics.measure];
  const probe = () => source.flags({ from: now() - PROBED_SECONDS, to: now() }, {});
  const routes = [
    ...pageRoutes(),
    ...flagRoutes(source, undefined, now),
    ...healthRoutes({ probe, onError, measures }),
  ];
  const place: Place = {
    ...{ host: access.host, port: apiPort, option: '--port' },
    onRefused: (why) => traffic.connection('api', why),
  };
  const api = await listen(createApi({ routes, check, onError, onAnswer: traffic.api }), place);
  return {
    apiUrl: api.url,
    async close() {
      await api.close();
      processMetrics.stop();
    },
  };
}
