import type * as Grpc from '@grpc/grpc-js';
import { type Exporting, exportBody } from './export.js';
import { gate } from './grpc-gate.js';
import { refusalOf, refusalStatus } from './grpc-status.js';
import { successMessage } from './http-answer.js';
import type { Denial } from './refusal.js';
import { type Delivery, LOGS, METRICS, type Signal, TRACES } from './signals.js';

/** The package, which is loaded by whoever starts a server: this folder works without it. */
export type GrpcModule = typeof Grpc;

export interface GrpcReceiverOptions {
  readonly exporting: Exporting;
  /** Asked before a message is read, with what the call's metadata has as `authorization`. */
  readonly check: (authorization: string | undefined) => Denial | undefined;
  /** A call whose message is not whole by then is ended. @default 30 s */
  readonly messageTimeoutMs?: number;
}

const MESSAGE_TIMEOUT_MS = 30_000;

/** Calls of one connection at one time. */
const MAX_CONCURRENT_STREAMS = 32;

/** Looks for peers that went away without a word. */
const KEEPALIVE_TIME_MS = 60_000;

/**
 * Receives OTLP/gRPC: the export services of traces, metrics and logs, with the rules of the HTTP receiver. OK is the
 * acknowledgement; RESOURCE_EXHAUSTED and UNAVAILABLE carry a RetryInfo where the same call may be accepted later.
 */
export function createOtlpGrpcServer(grpc: GrpcModule, options: GrpcReceiverOptions): Grpc.Server {
  const { exporting, messageTimeoutMs = MESSAGE_TIMEOUT_MS } = options;
  const server = new grpc.Server({
    'grpc.max_receive_message_length': exporting.maxBodyBytes,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
    'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
    'grpc.enable_channelz': 0,
    interceptors: [gate(grpc, { ...options, messageTimeoutMs })],
  });
  for (const signal of [TRACES, METRICS, LOGS]) {
    server.addService({ Export: methodOf(signal) }, { Export: exportHandler(grpc, signal, exporting) });
  }
  return server;
}

/** Messages stay bytes: our own decoders read them. */
function methodOf({ rpcPath }: Signal): Grpc.MethodDefinition<Buffer, Buffer> {
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    path: rpcPath,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

function exportHandler(
  grpc: GrpcModule,
  signal: Signal,
  exporting: Exporting,
): Grpc.handleUnaryCall<Buffer, Buffer> {
  return ({ request: body }, answer) => {
    const observe = (status: number, delivery: Delivery | null): void =>
      exporting.observe({ protocol: 'grpc', signal: signal.name, status, bytes: body.length, delivery });
    exportMessage(signal, body, exporting).then(
      (delivery) => {
        answer(null, successMessage(delivery.rejection));
        observe(200, delivery);
      },
      (error: unknown) => {
        const refusal = refusalOf(error, exporting);
        answer(refusalStatus(grpc, refusal));
        observe(refusal.status, null);
      },
    );
  };
}

async function exportMessage(signal: Signal, body: Buffer, exporting: Exporting): Promise<Delivery> {
  const hold = exporting.budget.hold();
  try {
    hold.set(body.length);
    return await exportBody(signal, body, 'protobuf', exporting);
  } finally {
    hold.release();
  }
}
