import { diag } from '@opentelemetry/api';
import type { LogRecordExporter, LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { IMetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { exporterNames, otlpProtocol, type Protocol, positiveNumber, type Signal } from './environment.js';
import { loadPeer } from './peer.js';

/** What {@link exportersFromEnvironment} makes; each list is empty where the signal is switched off. */
export interface EnvironmentExporters {
  readonly spanProcessors: SpanProcessor[];
  readonly logRecordProcessors: LogRecordProcessor[];
  readonly metricReaders: IMetricReader[];
}

type SdkTrace = typeof import('@opentelemetry/sdk-trace');
type SdkLogs = typeof import('@opentelemetry/sdk-logs');
type SdkMetrics = typeof import('@opentelemetry/sdk-metrics');

/** The OTLP exporters' packages differ by protocol, their classes do not. */
const PACKAGES: Readonly<Record<Protocol, string>> = {
  grpc: 'grpc',
  'http/json': 'http',
  'http/protobuf': 'proto',
};

// It depends on the exporters and on the SDK's packages, so installing it is enough.
const VIA = '@opentelemetry/sdk-node';

/**
 * Makes exporters, batch processors and metric readers from the standard `OTEL_*` variables, with NodeSDK's
 * defaults. NodeSDK drops its own as soon as it is given a processor, so these go in together with Telltale's.
 *
 * Read are `OTEL_{TRACES,METRICS,LOGS}_EXPORTER` (`otlp`, `console`, `none`; several separated by commas),
 * `OTEL_EXPORTER_OTLP_PROTOCOL` and `OTEL_EXPORTER_OTLP_{TRACES,METRICS,LOGS}_PROTOCOL` (`http/protobuf`,
 * `http/json`, `grpc`), `OTEL_BSP_*`, `OTEL_BLRP_*`, `OTEL_METRIC_EXPORT_INTERVAL` and `_TIMEOUT`; the exporters
 * themselves read endpoints, headers, compression, certificates, timeouts and temporality.
 *
 * @throws Error that names the variable, where a value is unknown, or the package, where one is not installed.
 *
 * @example
 * ```ts
 * import { NodeSDK } from '@opentelemetry/sdk-node';
 * import { exportersFromEnvironment, FeatureFlagSpanProcessor, telltaleViews } from 'telltale/node';
 *
 * const { spanProcessors, logRecordProcessors, metricReaders } = exportersFromEnvironment();
 * new NodeSDK({
 *   spanProcessors: [new FeatureFlagSpanProcessor(), ...spanProcessors],
 *   logRecordProcessors,
 *   metricReaders,
 *   views: telltaleViews(),
 * }).start();
 * ```
 */
export function exportersFromEnvironment(): EnvironmentExporters {
  return {
    spanProcessors: exporterNames('TRACES').map(createSpanProcessor),
    logRecordProcessors: exporterNames('LOGS').map(createLogRecordProcessor),
    metricReaders: exporterNames('METRICS').map(createMetricReader),
  };
}

function createSpanProcessor(name: 'otlp' | 'console'): SpanProcessor {
  const sdk = loadPeer('@opentelemetry/sdk-trace', VIA) as SdkTrace;
  if (name === 'console') return new sdk.SimpleSpanProcessor({ exporter: new sdk.ConsoleSpanExporter() });
  const exporter = createOtlpExporter<SpanExporter>('TRACES', 'trace', 'OTLPTraceExporter');
  return new sdk.BatchSpanProcessor({ exporter, ...batchOptions('OTEL_BSP') });
}

function createLogRecordProcessor(name: 'otlp' | 'console'): LogRecordProcessor {
  const sdk = loadPeer('@opentelemetry/sdk-logs', VIA) as SdkLogs;
  if (name === 'console')
    return new sdk.SimpleLogRecordProcessor({ exporter: new sdk.ConsoleLogRecordExporter() });
  const exporter = createOtlpExporter<LogRecordExporter>('LOGS', 'logs', 'OTLPLogExporter');
  return new sdk.BatchLogRecordProcessor({ exporter, ...batchOptions('OTEL_BLRP') });
}

function createMetricReader(name: 'otlp' | 'console'): IMetricReader {
  const sdk = loadPeer('@opentelemetry/sdk-metrics', VIA) as SdkMetrics;
  // NodeSDK gives the console no intervals from the environment either.
  if (name === 'console')
    return new sdk.PeriodicExportingMetricReader({ exporter: new sdk.ConsoleMetricExporter() });
  const exporter = createOtlpExporter<PushMetricExporter>('METRICS', 'metrics', 'OTLPMetricExporter');
  return new sdk.PeriodicExportingMetricReader({ exporter, ...metricIntervals() });
}

function createOtlpExporter<T>(signal: Signal, infix: string, className: string): T {
  const name = `@opentelemetry/exporter-${infix}-otlp-${PACKAGES[otlpProtocol(signal)]}`;
  const exports = loadPeer(name, VIA) as Record<string, (new () => T) | undefined>;
  const Exporter = exports[className];
  if (Exporter === undefined)
    throw new Error(`${name} has no ${className}; install the version that sdk-node uses.`);
  return new Exporter();
}

interface BatchOptions {
  maxQueueSize?: number;
  scheduledDelayMillis?: number;
  exportTimeoutMillis?: number;
  maxExportBatchSize?: number;
}

function batchOptions(prefix: 'OTEL_BSP' | 'OTEL_BLRP'): BatchOptions {
  const options: BatchOptions = {};
  const maxQueueSize = positiveNumber(`${prefix}_MAX_QUEUE_SIZE`);
  const scheduledDelayMillis = positiveNumber(`${prefix}_SCHEDULE_DELAY`);
  const exportTimeoutMillis = positiveNumber(`${prefix}_EXPORT_TIMEOUT`);
  const maxExportBatchSize = positiveNumber(`${prefix}_MAX_EXPORT_BATCH_SIZE`);
  // An option that is present and undefined is not the same as an absent one to every SDK.
  if (maxQueueSize !== undefined) options.maxQueueSize = maxQueueSize;
  if (scheduledDelayMillis !== undefined) options.scheduledDelayMillis = scheduledDelayMillis;
  if (exportTimeoutMillis !== undefined) options.exportTimeoutMillis = exportTimeoutMillis;
  if (maxExportBatchSize !== undefined) options.maxExportBatchSize = maxExportBatchSize;
  return options;
}

function metricIntervals(): { exportIntervalMillis: number; exportTimeoutMillis: number } {
  const interval = positiveNumber('OTEL_METRIC_EXPORT_INTERVAL');
  const timeout = positiveNumber('OTEL_METRIC_EXPORT_TIMEOUT');
  const exportIntervalMillis = interval ?? 60_000;
  const exportTimeoutMillis = timeout ?? 30_000;
  if (exportTimeoutMillis <= exportIntervalMillis) return { exportIntervalMillis, exportTimeoutMillis };
  const message =
    `telltale: OTEL_METRIC_EXPORT_TIMEOUT (${exportTimeoutMillis}) is above OTEL_METRIC_EXPORT_INTERVAL ` +
    `(${exportIntervalMillis}); the timeout is cut to the interval.`;
  if (interval !== undefined && timeout !== undefined) diag.warn(message);
  else diag.info(message);
  return { exportIntervalMillis, exportTimeoutMillis: exportIntervalMillis };
}
