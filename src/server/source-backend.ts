import type { Source } from '../sources/source.js';
import { type AccessOptions, createAccess } from './access.js';
import { createApi } from './api.js';
import { flagRoutes } from './flag-routes.js';
import { healthRoutes } from './health-routes.js';
import { listen, type Place } from './listener.js';
import { createBoards } from './page/boards.js';
import type { DashboardKind } from './page/dashboards.js';
import { createLive } from './page/live.js';
import { pageRoutes } from './page/routes.js';
import { createSourcePulse } from './page/source-pulse.js';
import { createProcessMetrics } from './process-metrics.js';
import { createTrafficMetrics } from './traffic-metrics.js';

export interface SourceBackendOptions {
  readonly access: AccessOptions;
  /** 0 takes a free port. */
  readonly apiPort: number;
  readonly source: Source;
  /** Dashboards that fit the source. */
  readonly dashboards: readonly DashboardKind[];
  /** What a flag is compared with for an overview beside its filters, by names of the API's parameters; absent: nothing. */
  readonly parametersOf?: ((flag: string) => Readonly<Record<string, string>>) | undefined;
  /** A link to a trace, with `{traceId}` in it, for the page; absent: none. */
  readonly traceUrl?: string | undefined;
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
  const pulse = createSourcePulse(source, now);
  const live = createLive({
    pulse,
    received: () => ({ spans: 0, points: 0, logRecords: 0 }),
  });
  const boards = createBoards({
    ...{ source, changes: undefined, now, onError, pulse, onAltered: live.altered },
    parametersOf: options.parametersOf ?? (() => ({})),
  });
  const measures = [traffic.measure, processMetrics.measure, live.measure, boards.measure];
  const probe = () => source.flags({ from: now() - PROBED_SECONDS, to: now() }, {});
  const settings = {
    ...{ otlpUrl: null, traceUrl: options.traceUrl ?? null },
    dashboards: options.dashboards,
  };
  const routes = [
    ...pageRoutes({ settings, live, boards, source, query: undefined, changes: undefined, now }),
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
      live.close();
      await Promise.all([boards.stop(), api.close()]);
      processMetrics.stop();
    },
  };
}
