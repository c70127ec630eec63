import { onTestFinished } from 'vitest';
import {
  type AnsweredRequest,
  createExporting,
  type Rejection,
  type Span,
  type TelemetrySink,
} from '../../src/otlp/index.js';
import { listenGrpc } from '../../src/server/grpc-listener.js';
import { grpcClient } from './grpc-client.js';

export interface GrpcReceiverOptions {
  readonly maxBodyBytes?: number;
  readonly maxHeldBytes?: number;
  readonly messageTimeoutMs?: number;
  readonly token?: string;
  /** Runs after the spans were recorded: its result is the sink's. */
  readonly settle?: () => Promise<Rejection | undefined>;
}

/** The real server on a free port with a sink that remembers, and a client of it; closed with the test. */
export async function startGrpcReceiver(options: GrpcReceiverOptions = {}) {
  const { settle, token, messageTimeoutMs, ...limits } = options;
  const spans: Span[] = [];
  const errors: unknown[] = [];
  const answered: AnsweredRequest[] = [];
  const other = async (): Promise<Rejection | undefined> => settle?.();
  const sink: TelemetrySink = {
    async spans(rows) {
      spans.push(...rows);
      return settle?.();
    },
    logs: other,
    metrics: other,
  };
  const exporting = createExporting({
    sink,
    onError: (error) => errors.push(error),
    onRequest: (request) => answered.push(request),
    ...limits,
  });
  const listener = await listenGrpc(
    {
      exporting,
      check: (authorization) =>
        token === undefined || authorization === token
          ? undefined
          : { status: 401, message: 'Expected a token.', headers: {} },
      ...(messageTimeoutMs === undefined ? {} : { messageTimeoutMs }),
    },
    { host: '127.0.0.1', port: 0, option: '--otlp-grpc-port' },
  );
  const client = grpcClient(listener.url);
  onTestFinished(async () => {
    client.close();
    await listener.close();
  });
  const held = (): number => exporting.budget.held;
  return { url: listener.url, call: client.call, close: listener.close, spans, errors, answered, held };
}
