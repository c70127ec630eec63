import type { ExponentialHistogramMetric, HistogramMetric } from '../../src/otlp/model.js';
import { encodeMessage, type JsonForm } from './otlp-encoder.js';

type HistogramPoints = ExponentialHistogramMetric | HistogramMetric;

/** A metrics request with these points, as protobuf: for receivers that are not ours. */
export function metricsRequest(metrics: readonly HistogramPoints[]): Buffer {
  return encodeMessage('ExportMetricsServiceRequest', { resourceMetrics: metrics.map(resourceMetrics) });
}

function resourceMetrics(metric: HistogramPoints): JsonForm {
  const { name, unit, resource, scope } = metric;
  const data =
    metric.type === 'histogram'
      ? { histogram: { aggregationTemporality: metric.temporality, dataPoints: metric.points.map(explicit) } }
      : {
          exponentialHistogram: {
            aggregationTemporality: metric.temporality,
            dataPoints: metric.points.map(exponential),
          },
        };
  return {
    resource: { attributes: keyValues(resource.attributes) },
    scopeMetrics: [{ scope: { name: scope.name }, metrics: [{ name, unit, ...data }] }],
  };
}

function exponential(point: ExponentialHistogramMetric['points'][number]): JsonForm {
  const { scale, zeroCount, positive } = point;
  const { offset, bucketCounts } = positive;
  return { ...common(point), scale, zeroCount, positive: { offset, bucketCounts } };
}

function explicit(point: HistogramMetric['points'][number]): JsonForm {
  const { bucketCounts, explicitBounds } = point;
  return { ...common(point), bucketCounts, explicitBounds };
}

function common(point: HistogramPoints['points'][number]): JsonForm {
  const { attributes, startTimeUnixNano, timeUnixNano, count, sum } = point;
  return { attributes: keyValues(attributes), startTimeUnixNano, timeUnixNano, count, sum: sum ?? 0 };
}

function keyValues(attributes: object): JsonForm[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}
