import { createRequire } from 'node:module';
import type * as Api from '@opentelemetry/api';
import type { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import type * as Resources from '@opentelemetry/resources';
import type * as Sdk from '@opentelemetry/sdk-metrics';
import type { Measure, Metric } from './metrics.js';
import { loadPackage } from './optional-package.js';
import { within } from './within.js';

const SDK = '@opentelemetry/sdk-metrics';
const EXPORTER = '@opentelemetry/exporter-metrics-otlp-proto';

export interface SelfTelemetryOptions {
  /** Base address of an OTLP/HTTP receiver; headers and the like come from the OTEL_EXPORTER_OTLP_* variables. */
  readonly url: string;
  readonly measures: readonly Measure[];
  /** Told what could not be sent. */
  readonly onError: (error: unknown) => void;
}

/** For one export with its retries: who stops the backend waits for the last one, and the receiver may be gone. */
const EXPORT_TIMEOUT_MS = 3000;

export interface SelfTelemetry {
  /** Sends the last values, and no more; waits 3 s at most. */
  stop(): Promise<void>;
}

/**
 * Sends what `/metrics` shows by OTLP, once a minute.
 *
 * @throws BackendError `package-missing`
 */
export function startSelfTelemetry({ url, measures, onError }: SelfTelemetryOptions): SelfTelemetry {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const sdk = loadPackage<typeof Sdk>(SDK);
  const { resourceFromAttributes } = loadPackage<typeof Resources>('@opentelemetry/resources', SDK);
  const { OTLPMetricExporter: Exporter } = loadPackage<{ OTLPMetricExporter: typeof OTLPMetricExporter }>(
    EXPORTER,
  );
  const exporter = new Exporter({
    url: `${url.replace(/\/+$/, '')}/v1/metrics`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const send = exporter.export.bind(exporter);
  exporter.export = (metrics, done) =>
    send(metrics, (result) => {
      if (result.error !== undefined) onError(result.error);
      done(result);
    });
  const resource = resourceFromAttributes({ 'service.name': 'telltale', 'service.version': version });
  const startTime = hrTime();
  const producer: Sdk.MetricProducer = {
    async collect() {
      const metrics = (await Promise.all(measures.map((measure) => measure()))).flat();
      const endTime = hrTime();
      const scope = { name: 'telltale', version };
      const data = metrics.map((metric) => metricData(sdk, metric, startTime, endTime));
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: data }] }, errors: [] };
    },
  };
  const reader = new sdk.PeriodicExportingMetricReader({ exporter, metricProducers: [producer] });
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  return { stop: () => within(EXPORT_TIMEOUT_MS, provider.shutdown()).catch(onError) };
}

function hrTime(): Api.HrTime {
  const now = Date.now();
  return [Math.floor(now / 1000), (now % 1000) * 1e6];
}

function metricData(
  sdk: typeof Sdk,
  metric: Metric,
  startTime: Api.HrTime,
  endTime: Api.HrTime,
): Sdk.MetricData {
  const { name, description, unit } = metric;
  // 1: ValueType.DOUBLE.
  const common = {
    descriptor: { name, description, unit, valueType: 1 },
    aggregationTemporality: sdk.AggregationTemporality.CUMULATIVE,
  };
  if (metric.type === 'histogram') {
    const { counts, bounds, sum } = metric;
    const count = counts.reduce((total, n) => total + n, 0);
    const value = { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count };
    const dataPoints = [{ attributes: {}, startTime, endTime, value }];
    return { ...common, dataPointType: sdk.DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = metric.points.map((point) => ({ ...point, startTime, endTime }));
  if (metric.type === 'gauge') return { ...common, dataPointType: sdk.DataPointType.GAUGE, dataPoints };
  return { ...common, dataPointType: sdk.DataPointType.SUM, isMonotonic: true, dataPoints };
}
