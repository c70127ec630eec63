import { randomUUID } from 'node:crypto';
import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { environmentText } from '../core/settings-environment.js';
import { attachInstruments } from '../instrument/instruments.js';
import { FeatureFlagLogRecordProcessor } from '../instrument/log-record-processor.js';
import { FeatureFlagSpanProcessor } from '../instrument/span-processor.js';
import { telltaleViews } from '../instrument/views.js';
import { isTrue } from './environment.js';
import { exportersFromEnvironment } from './exporters.js';
import { exportsEnded } from './exports-under-way.js';
import { registerLoader } from './loader.js';
import { loadPeer } from './peer.js';
import type { Pipelines } from './pipelines.js';
import { exportersOf } from './presets.js';
import { type StartOptions, type StartTelemetryOptions, startOptions } from './start-options.js';
import { warnOfUnknownVariables } from './unknown-variables.js';

/** What {@link startTelemetry} started. */
export interface Telemetry {
  /** Exports what is waiting. Rejects where an exporter fails, once all of them are done. */
  forceFlush(): Promise<void>;
  /** Exports what is waiting and stops, for the rest of the process. Call it before `process.exit()`. */
  shutdown(): Promise<void>;
}

type SdkNode = typeof import('@opentelemetry/sdk-node');
type Resources = typeof import('@opentelemetry/resources');
type InstrumentationHttp = typeof import('@opentelemetry/instrumentation-http');
type InstrumentationExpress = typeof import('@opentelemetry/instrumentation-express');

let running: Telemetry | undefined;

/**
 * Starts OpenTelemetry's NodeSDK with the exporters named, else those of the standard `OTEL_*` variables, the HTTP and
 * Express instrumentations, and Telltale's processors and View. Call it before the application is loaded: put it in a
 * file of its own and start the application with `node --import ./telemetry.js app.js`.
 *
 * What is waiting is exported when the process runs out of work. It takes no signals, because listening for one
 * changes how a process ends: where the application calls `process.exit()` or is ended by a signal, call
 * `shutdown()` first. Where the backend is gone, the end waits for the exporters' retries, 10 s a batch unless with the
 * exporter `otlp` `OTEL_EXPORTER_OTLP_TIMEOUT` says less. With `OTEL_SDK_DISABLED=true` it does nothing. A second call
 * gives what the first started.
 *
 * @throws Error where an option or variable is wrong or a package is not installed; it says what to do.
 *
 * @example
 * ```ts
 * import { startTelemetry } from 'telltale/node';
 *
 * startTelemetry({ serviceName: 'shop' });
 * ```
 */
export function startTelemetry(options: StartTelemetryOptions = {}): Telemetry {
  const checked = startOptions(options);
  if (running !== undefined) {
    diag.warn('telltale: startTelemetry() was called again; what the first call started goes on.');
    return running;
  }
  if (isTrue('OTEL_SDK_DISABLED')) {
    running = { forceFlush: async () => {}, shutdown: async () => {} };
    return running;
  }
  const { NodeSDK } = loadPeer('@opentelemetry/sdk-node') as SdkNode;
  const exporters = withDiagnostics(() => createExporters(checked));
  const instrumentations = checked.instrumentations ?? defaultInstrumentations();
  registerLoader(instrumentations);
  const sdk = new NodeSDK(configuration(checked, exporters, instrumentations));
  sdk.start();
  // The counters have to reach this MeterProvider even if no flag is ever evaluated again.
  attachInstruments();
  running = handle(() => sdk.shutdown(), exporters);
  return running;
}

function createExporters({ exporter }: StartOptions): Pipelines {
  warnOfUnknownVariables();
  if (environmentText('OTEL_CONFIG_FILE') !== undefined) {
    diag.warn(
      'telltale: startTelemetry() does not read OTEL_CONFIG_FILE. Start the SDK yourself, with the processors ' +
        'and views of telltale/node, to use it.',
    );
  }
  return exporter === undefined ? exportersFromEnvironment() : exportersOf(exporter);
}

/** NodeSDK installs the logger of `OTEL_LOG_LEVEL` in its constructor, too late for what is said before it. */
function withDiagnostics<T>(read: () => T): T {
  const level = environmentText('OTEL_LOG_LEVEL')?.toUpperCase() ?? '';
  if (!(level in DiagLogLevel)) return read();
  const logLevel = DiagLogLevel[level as keyof typeof DiagLogLevel];
  diag.setLogger(new DiagConsoleLogger(), { logLevel, suppressOverrideMessage: true });
  try {
    return read();
  } finally {
    diag.disable();
  }
}

/**
 * Those without which there is no entry span and no route.
 *
 * @throws Error where one is not installed.
 */
export function defaultInstrumentations(): NodeSDKConfiguration['instrumentations'] {
  const http = loadPeer('@opentelemetry/instrumentation-http') as InstrumentationHttp;
  const express = loadPeer('@opentelemetry/instrumentation-express') as InstrumentationExpress;
  return [new http.HttpInstrumentation(), new express.ExpressInstrumentation()];
}

function configuration(
  options: StartOptions,
  exporters: Pipelines,
  instrumentations: NodeSDKConfiguration['instrumentations'],
): Partial<NodeSDKConfiguration> {
  const { spanProcessors, logRecordProcessors, metricReaders } = exporters;
  const { childSpans, exporter, httpFlags, views } = options;
  const config: Partial<NodeSDKConfiguration> = {
    // A processor of ours alone would switch on a signal that the environment switched off.
    spanProcessors: addFirst<SpanProcessor>(
      () => new FeatureFlagSpanProcessor({ childSpans }),
      spanProcessors,
    ),
    metricReaders,
    // Views are the SDK's, not a reader's: with Prometheus among them, all readers get the form that it can write.
    views: [...telltaleViews({ httpFlags, exponential: !exporter?.includes('prometheus') }), ...views],
    instrumentations,
  };
  // Left out, NodeSDK reads `none` itself; an empty list would still make a LoggerProvider. Where presets decide, left
  // out it would make an exporter that none of them is.
  if (logRecordProcessors.length > 0 || exporter !== undefined) {
    config.logRecordProcessors = addFirst<LogRecordProcessor>(
      () => new FeatureFlagLogRecordProcessor(),
      logRecordProcessors,
    );
  }
  if (options.serviceName !== undefined) config.serviceName = options.serviceName;
  const resource = resourceAttributes(options);
  if (Object.keys(resource).length > 0) {
    const resources = loadPeer('@opentelemetry/resources', '@opentelemetry/sdk-node') as Resources;
    config.resource = resources.defaultResource().merge(resources.resourceFromAttributes(resource));
  }
  return config;
}

/** What detectors and `OTEL_RESOURCE_ATTRIBUTES` go before. */
function resourceAttributes({ serviceVersion, exporter }: StartOptions): Record<string, string> {
  const attributes: Record<string, string> = {};
  if (serviceVersion !== undefined) attributes['service.version'] = serviceVersion;
  // Datadog keeps one of the points that two processes write in one second, where nothing tells them apart; and the
  // detector that makes an id can be switched off.
  if (exporter?.some((preset) => preset.startsWith('datadog')))
    attributes['service.instance.id'] = randomUUID();
  return attributes;
}

function addFirst<T>(create: () => T, exporting: readonly T[]): T[] {
  return exporting.length === 0 ? [] : [create(), ...exporting];
}

interface Ending {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

function handle(stop: () => Promise<void>, exporters: Pipelines): Telemetry {
  const endings = Object.values(exporters).flat() as Ending[];
  const shutDown = waitForAll(endings, stop);
  async function forceFlush(): Promise<void> {
    const results = await Promise.allSettled(endings.map((one) => one.forceFlush()));
    await exportsEnded();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
  // Emitted when nothing is left to do, and again once the flush is done: hence once.
  function flushAtEnd(): void {
    forceFlush().catch((error: unknown) => diag.error('telltale: the last export failed.', error));
  }
  process.once('beforeExit', flushAtEnd);
  async function shutdown(): Promise<void> {
    process.off('beforeExit', flushAtEnd);
    await shutDown();
  }
  return { forceFlush, shutdown };
}

/**
 * NodeSDK's own shutdown ends with the first exporter that fails. Who ends the process then loses what the others have
 * under way: a backend that refuses traces would cost the metrics.
 */
function waitForAll(endings: readonly Ending[], stop: () => Promise<void>): () => Promise<void> {
  const failures: unknown[] = [];
  for (const one of endings) {
    const shutDown = one.shutdown.bind(one);
    one.shutdown = () => shutDown().catch((error: unknown) => void failures.push(error));
  }
  return async () => {
    await stop();
    await exportsEnded();
    if (failures.length > 0) throw failures[0];
  };
}
