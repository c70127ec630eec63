import type { LogRecord, Metric, Resource, Scope, Span } from '../../src/otlp/model.js';
import { encodeMessage, type JsonForm } from './otlp-encoder.js';

/** Metrics of the kinds that Telltale reads. */
export type SentMetric = Extract<Metric, { type: 'exponentialHistogram' | 'histogram' | 'sum' }>;

/** A metrics request with these points, as protobuf. */
export function metricsRequest(metrics: readonly SentMetric[]): Buffer {
  return encodeMessage('ExportMetricsServiceRequest', { resourceMetrics: metrics.map(resourceMetrics) });
}

/** A trace request with these spans, as protobuf. */
export function tracesRequest(spans: readonly Span[]): Buffer {
  const resourceSpans = spans.map((of) => ({
    ...from(of),
    scopeSpans: [{ ...scope(of), spans: [span(of)] }],
  }));
  return encodeMessage('ExportTraceServiceRequest', { resourceSpans });
}

/** A logs request with these records, as protobuf. */
export function logsRequest(records: readonly LogRecord[]): Buffer {
  const resourceLogs = records.map((of) => ({
    ...from(of),
    scopeLogs: [{ ...scope(of), logRecords: [logRecord(of)] }],
  }));
  return encodeMessage('ExportLogsServiceRequest', { resourceLogs });
}

function from({ resource }: { readonly resource: Resource }): JsonForm {
  return { resource: { attributes: keyValues(resource.attributes) } };
}

function scope({ scope: { name } }: { readonly scope: Scope }): JsonForm {
  return { scope: { name } };
}

function resourceMetrics(metric: SentMetric): JsonForm {
  const { name, unit } = metric;
  return {
    ...from(metric),
    scopeMetrics: [{ ...scope(metric), metrics: [{ name, unit, ...data(metric) }] }],
  };
}

function data(metric: SentMetric): JsonForm {
  const { temporality: aggregationTemporality } = metric;
  switch (metric.type) {
    case 'histogram':
      return { histogram: { aggregationTemporality, dataPoints: metric.points.map(explicit) } };
    case 'exponentialHistogram':
      return { exponentialHistogram: { aggregationTemporality, dataPoints: metric.points.map(exponential) } };
    case 'sum': {
      const { isMonotonic, points } = metric;
      const dataPoints = points.map((point) => ({ ...moment(point), asDouble: point.value }));
      return { sum: { aggregationTemporality, isMonotonic, dataPoints } };
    }
  }
}

type ExponentialPoint = Extract<SentMetric, { type: 'exponentialHistogram' }>['points'][number];
type ExplicitPoint = Extract<SentMetric, { type: 'histogram' }>['points'][number];

function exponential(point: ExponentialPoint): JsonForm {
  const { scale, zeroCount, positive } = point;
  const { offset, bucketCounts } = positive;
  return { ...common(point), scale, zeroCount, positive: { offset, bucketCounts } };
}

function explicit(point: ExplicitPoint): JsonForm {
  const { bucketCounts, explicitBounds } = point;
  return { ...common(point), bucketCounts, explicitBounds };
}

function common(point: ExponentialPoint | ExplicitPoint): JsonForm {
  const { count, sum } = point;
  return { ...moment(point), count, sum: sum ?? 0 };
}

function moment(point: SentMetric['points'][number]): JsonForm {
  const { attributes, startTimeUnixNano, timeUnixNano } = point;
  return { attributes: keyValues(attributes), startTimeUnixNano, timeUnixNano };
}

function span(of: Span): JsonForm {
  const { traceId, spanId, name, kind, startTimeUnixNano, endTimeUnixNano, flags } = of;
  return {
    ...{
      traceId,
      spanId,
      parentSpanId: of.parentSpanId,
      name,
      kind,
      startTimeUnixNano,
      endTimeUnixNano,
      flags,
    },
    attributes: keyValues(of.attributes),
    status: { code: of.statusCode, message: of.statusMessage },
  };
}

function logRecord(of: LogRecord): JsonForm {
  const { timeUnixNano, observedTimeUnixNano, traceId, spanId, flags, severityNumber, severityText } = of;
  return {
    ...{ timeUnixNano, observedTimeUnixNano, traceId, spanId, flags, severityNumber, severityText },
    eventName: of.eventName,
    attributes: keyValues(of.attributes),
  };
}

function keyValues(attributes: object): JsonForm[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}
