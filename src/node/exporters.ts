import { exporterNames, otlpProtocol } from './environment.js';
import {
  batchLogRecords,
  batchSpans,
  createOtlpExporter,
  type Pipelines,
  printLogRecords,
  printMetrics,
  printSpans,
  readPeriodically,
} from './pipelines.js';

/** What {@link exportersFromEnvironment} makes; each list is empty where the signal is switched off. */
export type EnvironmentExporters = Pipelines;

/**
 * Makes exporters, batch processors and metric readers from the standard `OTEL_*` variables, with NodeSDK's
 * defaults. NodeSDK drops its own as soon as it is given a processor, so these go in together with Telltale's.
 *
 * Read are `OTEL_{TRACES,METRICS,LOGS}_EXPORTER` (`otlp`, `console`, `none`; several separated by commas),
 * `OTEL_EXPORTER_OTLP_PROTOCOL` and `OTEL_EXPORTER_OTLP_{TRACES,METRICS,LOGS}_PROTOCOL` (`http/protobuf`,
 * `http/json`, `grpc`), `OTEL_BSP_*`, `OTEL_BLRP_*`, `OTEL_METRIC_EXPORT_INTERVAL` and `_TIMEOUT`; the exporters
 * themselves read endpoints, headers, compression, certificates, timeouts and temporality. `TELLTALE_EXPORTER` is
 * for `startTelemetry` and `telltale/register`, and not read here.
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
    spanProcessors: exporterNames('TRACES').map((name) =>
      name === 'console' ? printSpans() : batchSpans(createOtlpExporter('TRACES', otlpProtocol('TRACES'))),
    ),
    logRecordProcessors: exporterNames('LOGS').map((name) =>
      name === 'console'
        ? printLogRecords()
        : batchLogRecords(createOtlpExporter('LOGS', otlpProtocol('LOGS'))),
    ),
    metricReaders: exporterNames('METRICS').map((name) =>
      name === 'console'
        ? printMetrics()
        : readPeriodically(createOtlpExporter('METRICS', otlpProtocol('METRICS'))),
    ),
  };
}
