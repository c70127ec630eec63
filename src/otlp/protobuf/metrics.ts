import { type Batch, createRejections } from '../batch.js';
import { acceptMetric, type MetricData } from '../metric-checks.js';
import type { Metric } from '../model.js';
import { finishBatch } from '../record-checks.js';
import type { WireReader } from '../wire.js';
import { readEnvelope } from './envelope.js';
import { readExponentialPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from './points.js';

/**
 * Decodes an ExportMetricsServiceRequest. Left out on purpose, as the store has no column for it: the
 * metadata of metrics. A metric without points, or of a kind that did not exist yet, leaves nothing.
 *
 * @throws OtlpDecodeError
 */
export function decodeMetrics(body: Uint8Array): Batch<Metric> {
  const rows: Metric[] = [];
  const rejections = createRejections('data points');
  readEnvelope(body, (reader, owner) => {
    const { data, ...names } = readMetric(reader);
    if (data === undefined) return;
    const metric = acceptMetric({ resource: owner.resource, scope: owner.scope, ...names }, data, rejections);
    if (metric !== undefined) rows.push(metric);
  });
  return finishBatch(rows, rejections, ({ points }) => points.length);
}

interface MetricDraft {
  name: string;
  description: string;
  unit: string;
  data: MetricData | undefined;
}

function readMetric(reader: WireReader): MetricDraft {
  const metric: MetricDraft = { name: '', description: '', unit: '', data: undefined };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        metric.name = reader.string();
        break;
      case 2:
        metric.description = reader.string();
        break;
      case 3:
        metric.unit = reader.string();
        break;
      case 5:
        metric.data = reader.message(readGauge, undefined);
        break;
      case 7:
        metric.data = reader.message(readSum, undefined);
        break;
      case 9:
        metric.data = reader.message(readHistogram, undefined);
        break;
      case 10:
        metric.data = reader.message(readExponentialHistogram, undefined);
        break;
      case 11:
        metric.data = reader.message(readSummary, undefined);
        break;
      default:
        reader.skip();
    }
  }
  return metric;
}

function readGauge(reader: WireReader): MetricData {
  const data: MetricData = { type: 'gauge', points: [] };
  while (reader.next()) {
    if (reader.field === 1) data.points.push(reader.message(readNumberPoint, undefined));
    else reader.skip();
  }
  return data;
}

function readSum(reader: WireReader): MetricData {
  const data: MetricData = { type: 'sum', points: [], temporality: 0, isMonotonic: false };
  while (reader.next()) {
    if (reader.field === 1) data.points.push(reader.message(readNumberPoint, undefined));
    else if (reader.field === 2) data.temporality = reader.int32();
    else if (reader.field === 3) data.isMonotonic = reader.bool();
    else reader.skip();
  }
  return data;
}

function readHistogram(reader: WireReader): MetricData {
  const data: MetricData = { type: 'histogram', points: [], temporality: 0 };
  while (reader.next()) {
    if (reader.field === 1) data.points.push(reader.message(readHistogramPoint, undefined));
    else if (reader.field === 2) data.temporality = reader.int32();
    else reader.skip();
  }
  return data;
}

function readExponentialHistogram(reader: WireReader): MetricData {
  const data: MetricData = { type: 'exponentialHistogram', points: [], temporality: 0 };
  while (reader.next()) {
    if (reader.field === 1) data.points.push(reader.message(readExponentialPoint, undefined));
    else if (reader.field === 2) data.temporality = reader.int32();
    else reader.skip();
  }
  return data;
}

function readSummary(reader: WireReader): MetricData {
  const data: MetricData = { type: 'summary', points: [] };
  while (reader.next()) {
    if (reader.field === 1) data.points.push(reader.message(readSummaryPoint, undefined));
    else reader.skip();
  }
  return data;
}
