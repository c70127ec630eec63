// A real OpenTelemetry SDK whose exporters drop everything, for SDK 3 and 2 alike: whichever is installed here.
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AggregationTemporality, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';

/** How many spans and log records were handed to the exporters. */
export const exported = { spans: 0, logs: 0 };

function exporterOf(signal) {
  return {
    export(items, done) {
      exported[signal] += items.length;
      done({ code: 0 });
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

const metricExporter = {
  export: (_metrics, done) => done({ code: 0 }),
  selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
  forceFlush: async () => {},
  shutdown: async () => {},
};

/**
 * Starts batch processors with their usual settings.
 *
 * @param {{ instrumentations?: unknown[], spanProcessors?: unknown[], views?: unknown[], sampled?: number }} options
 *   What is added, and the share of traces that is sampled.
 * @returns `flush` exports what is waiting; `points` collects, and gives a metric's points.
 */
export function startSdk({ instrumentations = [], spanProcessors = [], views = [], sampled = 1 } = {}) {
  const spans = new BatchSpanProcessor({ exporter: exporterOf('spans') });
  const logs = new BatchLogRecordProcessor({ exporter: exporterOf('logs') });
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter });
  new NodeSDK({
    spanProcessors: [...spanProcessors, spans],
    logRecordProcessors: [logs],
    metricReaders: [reader],
    views,
    instrumentations,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampled) }),
    resourceDetectors: [],
  }).start();
  return {
    async flush() {
      await Promise.all([spans.forceFlush(), logs.forceFlush()]);
    },
    async points(name) {
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints);
    },
  };
}
