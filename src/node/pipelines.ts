import { diag } from '@opentelemetry/api';
import type { LogRecordExporter, LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { IMetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { type Protocol, positiveNumber, type Signal } from './environment.js';
import { watched } from './exports-under-way.js';
import { loadPeer } from './peer.js';

/** What exports one process's telemetry; a list is empty where a signal is not exported. */
export interface Pipelines {
  readonly spanProcessors: SpanProcessor[];
  readonly logRecordProcessors: LogRecordProcessor[];
  readonly metricReaders: IMetricReader[];
}

type SdkTrace = typeof import('@opentelemetry/sdk-trace');
type SdkLogs = typeof import('@opentelemetry/sdk-logs');
type SdkMetrics = typeof import('@opentelemetry/sdk-metrics');

// It depends on the exporters and on the SDK's packages, so installing it is enough.
export const VIA = '@opentelemetry/sdk-node';

/** The OTLP exporters' packages differ by protocol, their classes do not. */
const PACKAGES: Readonly<Record<Protocol, string>> = {
  grpc: 'grpc',
  'http/json': 'http',
  'http/protobuf': 'proto',
};

const EXPORTERS: Readonly<Record<Signal, readonly [infix: string, className: string]>> = {
  TRACES: ['trace', 'OTLPTraceExporter'],
  METRICS: ['metrics', 'OTLPMetricExporter'],
  LOGS: ['logs', 'OTLPLogExporter'],
};

/** The exporter of each signal. */
export interface Exporters {
  readonly TRACES: SpanExporter;
  readonly METRICS: PushMetricExporter;
  readonly LOGS: LogRecordExporter;
}

/**
 * OpenTelemetry's own OTLP exporter of one signal.
 *
 * @param config What its constructor takes; what is not in it the exporter reads from the environment.
 * @throws Error where its package is not installed.
 */
export function createOtlpExporter<S extends Signal>(
  signal: S,
  protocol: Protocol,
  config?: object,
): Exporters[S] {
  const [infix, className] = EXPORTERS[signal];
  const name = `@opentelemetry/exporter-${infix}-otlp-${PACKAGES[protocol]}`;
  const exports = loadPeer(name, VIA) as Record<string, (new (given?: object) => Exporters[S]) | undefined>;
  const Exporter = exports[className];
  if (Exporter === undefined)
    throw new Error(`${name} has no ${className}; install the version that sdk-node uses.`);
  return new Exporter(config);
}

/** Batches as `OTEL_BSP_*` says. */
export function batchSpans(exporter: SpanExporter): SpanProcessor {
  const sdk = loadPeer('@opentelemetry/sdk-trace', VIA) as SdkTrace;
  return new sdk.BatchSpanProcessor({ exporter: watched(exporter), ...batchOptions('OTEL_BSP') });
}

/** Batches as `OTEL_BLRP_*` says. */
export function batchLogRecords(exporter: LogRecordExporter): LogRecordProcessor {
  const sdk = loadPeer('@opentelemetry/sdk-logs', VIA) as SdkLogs;
  return new sdk.BatchLogRecordProcessor({ exporter: watched(exporter), ...batchOptions('OTEL_BLRP') });
}

/** Reads as `OTEL_METRIC_EXPORT_INTERVAL` and `_TIMEOUT` say. */
export function readPeriodically(exporter: PushMetricExporter): IMetricReader {
  const sdk = loadPeer('@opentelemetry/sdk-metrics', VIA) as SdkMetrics;
  return new sdk.PeriodicExportingMetricReader({ exporter: watched(exporter), ...metricIntervals() });
}

export function printSpans(): SpanProcessor {
  const sdk = loadPeer('@opentelemetry/sdk-trace', VIA) as SdkTrace;
  return new sdk.SimpleSpanProcessor({ exporter: new sdk.ConsoleSpanExporter() });
}

export function printLogRecords(): LogRecordProcessor {
  const sdk = loadPeer('@opentelemetry/sdk-logs', VIA) as SdkLogs;
  return new sdk.SimpleLogRecordProcessor({ exporter: new sdk.ConsoleLogRecordExporter() });
}

export function printMetrics(): IMetricReader {
  const sdk = loadPeer('@opentelemetry/sdk-metrics', VIA) as SdkMetrics;
  // NodeSDK gives the console no intervals from the environment either.
  return new sdk.PeriodicExportingMetricReader({ exporter: new sdk.ConsoleMetricExporter() });
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
