import type * as Grpc from '@grpc/grpc-js';
import { type Exporting, exportBody } from './export.js';
import { type Meter, meterMessage } from './grpc-meter.js';
import { refusalStatus } from './grpc-status.js';
import { successMessage } from './http-answer.js';
import { type Denial, Refusal, refuse, refuseForNow } from './refusal.js';
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

/** Calls of all connections whose message is still coming. */
const MAX_INCOMPLETE_CALLS = 64;

/** Looks for peers that went away without a word. */
const KEEPALIVE_TIME_MS = 60_000;

const DEADLINE_EXCEEDED = 4;

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
        const refusal = error instanceof Refusal ? error : failed(error, exporting);
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

function failed(error: unknown, { report }: Exporting): Refusal {
  report(error);
  return refuse(500, 'The receiver failed on this request; it was not stored.');
}

/**
 * Ends calls that may not be made before their message is read, those whose message is more than may be held, and those
 * whose message does not come.
 */
function gate(
  grpc: GrpcModule,
  { check, exporting, messageTimeoutMs }: Required<GrpcReceiverOptions>,
): Grpc.ServerInterceptor {
  let incomplete = 0;
  const refusalOf = (authorization: string | undefined): Refusal | undefined => {
    const denial = check(authorization);
    if (denial !== undefined) return refuse(denial.status, denial.message);
    if (incomplete < MAX_INCOMPLETE_CALLS) return undefined;
    return refuseForNow(429, `${incomplete} messages are on their way already. Send this one again later.`);
  };
  const refuseCall = (call: Grpc.ServerInterceptingCallInterface, refusal: Refusal): void => {
    call.sendStatus(refusalStatus(grpc, refusal));
    exporting.observe({ protocol: 'grpc', signal: null, status: refusal.status, bytes: 0, delivery: null });
  };
  return (_method, call) => {
    let meter: Meter | undefined;
    let timer: NodeJS.Timeout | undefined;
    let refused = false;
    const complete = (): void => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      incomplete -= 1;
      meter?.release();
    };
    const listener = new grpc.ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const refusal = refusalOf(metadata.get('authorization')[0]?.toString());
        if (refusal !== undefined) {
          refuseCall(call, refusal);
          return;
        }
        incomplete += 1;
        const details = `Expected the whole message within ${messageTimeoutMs / 1000} s, and it did not come.`;
        timer = setTimeout(() => {
          complete();
          call.sendStatus({ code: DEADLINE_EXCEEDED, details });
          meter?.abandon();
        }, messageTimeoutMs);
        meter = meterMessage(call, exporting, (tooMuch) => {
          refused = true;
          complete();
          refuseCall(call, tooMuch);
        });
        if (!refused) next(metadata);
      })
      .withOnReceiveHalfClose((next) => {
        complete();
        next();
      })
      .withOnCancel(complete)
      .build();
    const responder = new grpc.ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((status, next) => {
        complete();
        next(status);
      })
      .build();
    return new grpc.ServerInterceptingCall(call, responder);
  };
}
