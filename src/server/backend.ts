import { createExporting, createOtlpHandler } from '../otlp/index.js';
import { createClickHouseSource } from '../sources/clickhouse.js';
import { createKeptChanges } from '../sources/clickhouse-changes.js';
import { createSeenTelemetry } from '../sources/clickhouse-seen.js';
import { type BackendError, isBackendError } from '../store/backend-error.js';
import type { StoreLocation } from '../store/engine.js';
import { openStore } from '../store/store.js';
import type { StoreOptions } from '../store/upkeep.js';
import { type AccessOptions, createAccess } from './access.js';
import { createApi } from './api.js';
import { createChangeHistory } from './change-history.js';
import { changeRoutes } from './change-routes.js';
import { flagRoutes } from './flag-routes.js';
import { listenGrpc } from './grpc-listener.js';
import { healthRoutes } from './health-routes.js';
import { launchDarklyRoute } from './launchdarkly-webhook.js';
import { type Listener, listen, type Place } from './listener.js';
import { type Notifier, startNotifier } from './notify/notifier.js';
import { createNotifyMetrics } from './notify/notify-metrics.js';
import type { NotifyOptions } from './notify/notify-options.js';
import { type Boards, createBoards } from './page/boards.js';
import type { DashboardKind } from './page/dashboards.js';
import { createLive } from './page/live.js';
import { pageRoutes } from './page/routes.js';
import { createStorePulse, receivedRecords } from './page/store-pulse.js';
import { createProcessMetrics } from './process-metrics.js';
import { type SelfTelemetry, startSelfTelemetry } from './self-telemetry.js';
import { statusRoutes } from './status-routes.js';
import { storeMeasure } from './store-metrics.js';
import { createTrafficMetrics, type PortName } from './traffic-metrics.js';

export interface BackendOptions {
  readonly access: AccessOptions;
  /** Origins of pages that may send telemetry. */
  readonly corsOrigins: readonly string[];
  /** OTLP/HTTP; 0 takes a free port. */
  readonly otlpPort: number;
  /** OTLP/gRPC; 0 takes a free port. */
  readonly grpcPort: number;
  /** Whether nothing starts where OTLP/gRPC cannot; else `Backend.grpc` says why it is off. */
  readonly grpcRequired: boolean;
  /** API; 0 takes a free port. */
  readonly apiPort: number;
  readonly location: StoreLocation;
  /** By which LaunchDarkly's webhook is signed; absent: none is expected. */
  readonly launchDarklySecret?: string | undefined;
  readonly store: StoreOptions;
  /** Where the backend sends its own metrics by OTLP; absent: nowhere. */
  readonly selfTelemetryUrl?: string | undefined;
  /** Who is told of changes and of verdicts that turn; absent: nobody. */
  readonly notify?: NotifyOptions | undefined;
  /** What a flag is compared with for an overview beside its filters, by names of the API's parameters; absent: nothing. */
  readonly parametersOf?: ((flag: string) => Readonly<Record<string, string>>) | undefined;
  /** A link to a trace, with `{traceId}` in it, for the page; absent: none. */
  readonly traceUrl?: string | undefined;
  /** Told of faults inside; the backend goes on. */
  readonly onError: (error: unknown) => void;
}

export interface Backend {
  readonly otlpUrl: string;
  readonly apiUrl: string;
  /** Where OTLP/gRPC is received, or why it is not. */
  readonly grpc: { readonly url: string } | { readonly off: BackendError };
  /** In reverse order of the start: receivers drain, then the store, so that what was acknowledged is kept. */
  close(): Promise<void>;
}

/**
 * Opens the store, then the receivers and the API.
 *
 * @throws BackendError where the store cannot be opened, a port cannot be used or a package is missing
 */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { otlpPort, grpcPort, grpcRequired, apiPort, location, notify, onError } = options;
  const { host } = options.access;
  const access = createAccess(options.access);
  const store = await openStore(location, options.store);
  const listeners: Listener[] = [];
  const processMetrics = createProcessMetrics();
  let self: SelfTelemetry | undefined;
  let notifier: Notifier | undefined;
  let boards: Boards | undefined;
  const now = (): number => Date.now() / 1000;
  const pulse = createStorePulse(store, 'dataDir' in location, now);
  const live = createLive({ pulse, received: () => receivedRecords(store.stats.inserts) });
  const close = async (): Promise<void> => {
    // First, as the receiver of it may be this backend.
    await self?.stop();
    live.close();
    const boardsStopped = boards?.stop();
    await Promise.all(listeners.map((listener) => listener.close()));
    await Promise.all([boardsStopped, notifier?.stop()]);
    processMetrics.stop();
    await store.close();
  };
  try {
    const traffic = createTrafficMetrics(() => exporting.budget);
    const exporting = createExporting({ sink: store.sink, onError, onRequest: traffic.otlp });
    const measures = [
      traffic.measure,
      storeMeasure(store.stats, store.query),
      processMetrics.measure,
      live.measure,
    ];
    const notifyMetrics = notify && createNotifyMetrics(notify.targets.map(({ kind }) => kind));
    if (notifyMetrics !== undefined) measures.push(notifyMetrics.measure);
    const { selfTelemetryUrl: url } = options;
    if (url !== undefined) self = startSelfTelemetry({ url, measures, onError });
    const placeOf = (name: PortName, port: number, option: string): Place => ({
      ...{ host, port, option },
      onRefused: (why) => traffic.connection(name, why),
    });
    const gate = { origins: new Set(options.corsOrigins), check: access.otlp };
    const otlpPlace = placeOf('otlp', otlpPort, '--otlp-port');
    const otlp = await listen(createOtlpHandler(exporting, gate), otlpPlace);
    listeners.push(otlp);
    const grpcPlace = placeOf('otlp_grpc', grpcPort, '--otlp-grpc-port');
    const grpc = await listenGrpc({ exporting, check: access.grpc }, grpcPlace).catch((error: unknown) => {
      if (grpcRequired || !isBackendError(error)) throw error;
      return error;
    });
    if (!isBackendError(grpc)) listeners.push(grpc);
    const source = createClickHouseSource(store.query);
    const kept = createKeptChanges(store.query);
    const history = createChangeHistory(kept, createSeenTelemetry(store.query));
    boards = createBoards({
      ...{ source, changes: history, now, onError, pulse, onAltered: live.altered },
      parametersOf: options.parametersOf ?? (() => ({})),
    });
    measures.push(boards.measure);
    const settings = {
      ...{ otlpUrl: otlp.url, traceUrl: options.traceUrl ?? null },
      dashboards: dashboardKinds(location),
    };
    const routes = [
      ...pageRoutes({ settings, live, boards, source, query: store.query, changes: history, now }),
      ...flagRoutes(source, history, now),
      ...changeRoutes(history, kept, store, now),
      launchDarklyRoute(kept, store, options.launchDarklySecret),
      ...statusRoutes(store),
      ...healthRoutes({ probe: () => store.query('SELECT 1'), onError, measures }),
    ];
    const handler = createApi({ routes, check: access.api, onError, onAnswer: traffic.api });
    const api = await listen(handler, placeOf('api', apiPort, '--port'));
    listeners.push(api);
    if (notify !== undefined && notifyMetrics !== undefined) {
      notifier = startNotifier({
        ...{ source, history, store, onError, metrics: notifyMetrics },
        ...{ apiUrl: api.url, ...notify },
      });
    }
    return {
      otlpUrl: otlp.url,
      apiUrl: api.url,
      grpc: isBackendError(grpc) ? { off: grpc } : { url: grpc.url },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Grafana reads no embedded engine; applications may send to the others as well. */
function dashboardKinds(location: StoreLocation): DashboardKind[] {
  return [...('dataDir' in location ? [] : (['clickhouse'] as const)), 'prometheus', 'datadog'];
}
