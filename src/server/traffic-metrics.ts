import type { AnsweredRequest, Budget } from '../otlp/index.js';
import type { AnsweredQuestion } from './api.js';
import type { RefusedConnection } from './listener.js';
import { createCounter, gauge, type Measure, type Metric } from './metrics.js';

/** What a port is for. */
export type PortName = 'otlp' | 'otlp_grpc' | 'api';

/** Counts what the ports were asked and what became of it. */
export interface TrafficMetrics {
  otlp(request: AnsweredRequest): void;
  api(question: AnsweredQuestion): void;
  connection(port: PortName, refused: RefusedConnection): void;
  readonly measure: Measure;
}

/** @param budget of the receivers; absent where nothing is received */
export function createTrafficMetrics(budget?: () => Budget): TrafficMetrics {
  const requests = createCounter({
    name: 'telltale.otlp.requests',
    description:
      'Export requests that were answered, by HTTP status; gRPC has the status of the same meaning.',
    unit: '{request}',
  });
  const received = createCounter({
    name: 'telltale.otlp.received',
    description: 'Bodies that were read, after decompression.',
    unit: 'By',
  });
  const accepted = createCounter({
    name: 'telltale.otlp.records.accepted',
    description: 'Spans, log records and data points that were stored and acknowledged.',
    unit: '{record}',
  });
  const refused = createCounter({
    name: 'telltale.otlp.records.refused',
    description:
      'Records that partial_success told of: invalid in themselves, or not_stored by the rules of the store.',
    unit: '{record}',
  });
  const questions = createCounter({
    name: 'telltale.api.requests',
    description: 'Requests to the API that were answered, by route and status.',
    unit: '{request}',
  });
  const connections = createCounter({
    name: 'telltale.connections.refused',
    description:
      'Connections that were closed: too_many at one time, too slow (timeout), or not HTTP (malformed).',
    unit: '{connection}',
  });
  // From zero on, so that the first one is a rise.
  for (const port of budget === undefined ? ['api'] : ['otlp', 'otlp_grpc', 'api']) {
    for (const reason of ['too_many', 'timeout', 'malformed']) connections.add({ port, reason }, 0);
  }
  return {
    otlp({ protocol, signal: known, status, bytes, delivery }) {
      const signal = known ?? 'unknown';
      requests.add({ protocol, signal, status: String(status) });
      received.add({ protocol, signal }, bytes);
      if (delivery === null) return;
      accepted.add({ signal }, delivery.accepted);
      refused.add({ signal, reason: 'invalid' }, delivery.invalid);
      refused.add({ signal, reason: 'not_stored' }, delivery.notStored);
    },
    api({ route, status }) {
      questions.add({ route, status: String(status) });
    },
    connection(port, reason) {
      connections.add({ port, reason });
    },
    measure: () => [
      ...(budget === undefined ? [] : receiverMetrics(budget())),
      questions.metric(),
      connections.metric(),
    ],
  };

  function receiverMetrics({ held }: Budget): Metric[] {
    const description = 'Bodies that are held now, of requests that are not answered yet.';
    return [
      ...[requests, received, accepted, refused].map((counter) => counter.metric()),
      gauge({ name: 'telltale.otlp.held', description, unit: 'By' }, held),
    ];
  }
}
