import type { Batch } from './batch.js';
import { mergeRejections } from './batch.js';
import { decodeLogsJson } from './json/logs.js';
import { decodeMetricsJson } from './json/metrics.js';
import { decodeTracesJson } from './json/traces.js';
import type { Rejection, TelemetrySink } from './model.js';
import { decodeLogs } from './protobuf/logs.js';
import { decodeMetrics } from './protobuf/metrics.js';
import { decodeTraces } from './protobuf/traces.js';

export type Encoding = 'protobuf' | 'json';

export interface Signal {
  /** What OTLP/JSON calls the count of refused records. */
  readonly rejectedField: 'rejectedSpans' | 'rejectedDataPoints' | 'rejectedLogRecords';
  /**
   * Decodes the body and returns how to deliver it, so that a caller can tell a body that cannot be read
   * from a sink that cannot take it.
   *
   * @throws OtlpDecodeError
   */
  decode(body: Uint8Array, encoding: Encoding): (sink: TelemetrySink) => Promise<Rejection | undefined>;
}

export const TRACES: Signal = {
  rejectedField: 'rejectedSpans',
  decode(body, encoding) {
    const batch = encoding === 'json' ? decodeTracesJson(body) : decodeTraces(body);
    return (sink) => deliver(batch, (rows) => sink.spans(rows));
  },
};

export const METRICS: Signal = {
  rejectedField: 'rejectedDataPoints',
  decode(body, encoding) {
    const batch = encoding === 'json' ? decodeMetricsJson(body) : decodeMetrics(body);
    return (sink) => deliver(batch, (rows) => sink.metrics(rows));
  },
};

export const LOGS: Signal = {
  rejectedField: 'rejectedLogRecords',
  decode(body, encoding) {
    const batch = encoding === 'json' ? decodeLogsJson(body) : decodeLogs(body);
    return (sink) => deliver(batch, (rows) => sink.logs(rows));
  },
};

async function deliver<Row>(
  { rows, rejection }: Batch<Row>,
  send: (rows: readonly Row[]) => Promise<Rejection | undefined>,
): Promise<Rejection | undefined> {
  return rows.length === 0 ? rejection : mergeRejections(rejection, await send(rows));
}
