import type { Batch } from './batch.js';
import { mergeRejections } from './batch.js';
import { decodeLogsJson } from './json/logs.js';
import { decodeMetricsJson } from './json/metrics.js';
import { decodeTracesJson } from './json/traces.js';
import type { Metric, Rejection, TelemetrySink } from './model.js';
import { decodeLogs } from './protobuf/logs.js';
import { decodeMetrics } from './protobuf/metrics.js';
import { decodeTraces } from './protobuf/traces.js';

export type Encoding = 'protobuf' | 'json';

export type SignalName = 'traces' | 'metrics' | 'logs';

/** What became of the records of a request: spans, log records, or for metrics data points. */
export interface Delivery {
  /** Records that the sink has. */
  readonly accepted: number;
  /** Records that no sink could use: the decoder's part of the rejection. */
  readonly invalid: number;
  /** Records that the sink refused for good. */
  readonly notStored: number;
  /** What the sender is told of both. */
  readonly rejection: Rejection | undefined;
}

export interface Signal {
  readonly name: SignalName;
  /** What OTLP/JSON calls the count of refused records. */
  readonly rejectedField: 'rejectedSpans' | 'rejectedDataPoints' | 'rejectedLogRecords';
  /** What gRPC calls its export method. */
  readonly rpcPath: string;
  /**
   * Decodes the body and returns how to deliver it, so that a caller can tell a body that cannot be read
   * from a sink that cannot take it.
   *
   * @throws OtlpDecodeError
   */
  decode(body: Uint8Array, encoding: Encoding): (sink: TelemetrySink) => Promise<Delivery>;
}

export const TRACES: Signal = {
  name: 'traces',
  rejectedField: 'rejectedSpans',
  rpcPath: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  decode(body, encoding) {
    const batch = encoding === 'json' ? decodeTracesJson(body) : decodeTraces(body);
    return (sink) => deliver(batch, batch.rows.length, (rows) => sink.spans(rows));
  },
};

export const METRICS: Signal = {
  name: 'metrics',
  rejectedField: 'rejectedDataPoints',
  rpcPath: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  decode(body, encoding) {
    const batch = encoding === 'json' ? decodeMetricsJson(body) : decodeMetrics(body);
    return (sink) => deliver(batch, countPoints(batch.rows), (rows) => sink.metrics(rows));
  },
};

export const LOGS: Signal = {
  name: 'logs',
  rejectedField: 'rejectedLogRecords',
  rpcPath: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  decode(body, encoding) {
    const batch = encoding === 'json' ? decodeLogsJson(body) : decodeLogs(body);
    return (sink) => deliver(batch, batch.rows.length, (rows) => sink.logs(rows));
  },
};

function countPoints(metrics: readonly Metric[]): number {
  return metrics.reduce((sum, metric) => sum + metric.points.length, 0);
}

async function deliver<Row>(
  { rows, rejection }: Batch<Row>,
  records: number,
  send: (rows: readonly Row[]) => Promise<Rejection | undefined>,
): Promise<Delivery> {
  const refused = rows.length === 0 ? undefined : await send(rows);
  return {
    accepted: records - (refused?.count ?? 0),
    invalid: rejection?.count ?? 0,
    notStored: refused?.count ?? 0,
    rejection: mergeRejections(rejection, refused),
  };
}
