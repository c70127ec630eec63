import { type Batch, createRejections } from '../batch.js';
import { acceptMetric, type MetricData } from '../metric-checks.js';
import type { Metric } from '../model.js';
import { finishBatch } from '../record-checks.js';
import { readEnvelope } from './envelope.js';
import type { JsonMessage } from './message.js';
import { readExponentialPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from './points.js';

const NAMES = {
  request: 'ExportMetricsServiceRequest',
  resources: 'resourceMetrics',
  scopes: 'scopeMetrics',
  records: 'metrics',
} as const;

/**
 * Decodes an ExportMetricsServiceRequest; the same rows as from protobuf.
 *
 * @throws OtlpDecodeError
 */
export function decodeMetricsJson(body: Uint8Array): Batch<Metric> {
  const rows: Metric[] = [];
  const rejections = createRejections('data points');
  readEnvelope(body, NAMES, (from, resource, scope) => {
    const data = readData(from);
    if (data === undefined) return;
    const names = {
      name: from.string('name'),
      description: from.string('description'),
      unit: from.string('unit'),
    };
    const metric = acceptMetric({ resource, scope, ...names }, data, rejections);
    if (metric !== undefined) rows.push(metric);
  });
  return finishBatch(rows, rejections, ({ points }) => points.length);
}

function readData(metric: JsonMessage): MetricData | undefined {
  const gauge = metric.message('gauge');
  if (gauge !== undefined) return { type: 'gauge', points: gauge.messages(POINTS).map(readNumberPoint) };
  const sum = metric.message('sum');
  if (sum !== undefined) {
    const isMonotonic = sum.bool('isMonotonic');
    return {
      type: 'sum',
      points: sum.messages(POINTS).map(readNumberPoint),
      temporality: temporality(sum),
      isMonotonic,
    };
  }
  const histogram = metric.message('histogram');
  if (histogram !== undefined) {
    const points = histogram.messages(POINTS).map(readHistogramPoint);
    return { type: 'histogram', points, temporality: temporality(histogram) };
  }
  const exponential = metric.message('exponentialHistogram');
  if (exponential !== undefined) {
    const points = exponential.messages(POINTS).map(readExponentialPoint);
    return { type: 'exponentialHistogram', points, temporality: temporality(exponential) };
  }
  const summary = metric.message('summary');
  if (summary !== undefined)
    return { type: 'summary', points: summary.messages(POINTS).map(readSummaryPoint) };
  return undefined;
}

const POINTS = 'dataPoints';

function temporality(data: JsonMessage): number {
  return data.int32('aggregationTemporality');
}
