import type * as Grpc from '@grpc/grpc-js';
import { type Meter, meterMessage } from './grpc-meter.js';
import type { GrpcModule, GrpcReceiverOptions } from './grpc-receiver.js';
import { refusalOf, refusalStatus } from './grpc-status.js';
import { type Refusal, refuse, refuseForNow } from './refusal.js';

/** Calls of all connections whose message is still coming. */
const MAX_INCOMPLETE_CALLS = 64;

const DEADLINE_EXCEEDED = 4;

/**
 * Ends calls that may not be made before their message is read, those whose message is more than may be held or
 * cannot be inflated, and those whose message does not come.
 */
export function gate(
  grpc: GrpcModule,
  { check, exporting, messageTimeoutMs }: Required<GrpcReceiverOptions>,
): Grpc.ServerInterceptor {
  let incomplete = 0;
  const denialOf = (authorization: string | undefined): Refusal | undefined => {
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
    const refuseIncomplete = (refusal: Refusal): void => {
      // While it was inflated its time ran out, or the client went away.
      if (timer === undefined) return;
      refused = true;
      complete();
      refuseCall(call, refusal);
    };
    const listener = new grpc.ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const refusal = denialOf(metadata.get('authorization')[0]?.toString());
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
        meter = meterMessage(call, exporting, refuseIncomplete);
        if (!refused) next(metadata);
      })
      .withOnReceiveMessage((message: Buffer, next) => {
        const inflated = meter?.inflated(message);
        if (inflated === undefined) next(message);
        else inflated.then(next, (error: unknown) => refuseIncomplete(refusalOf(error, exporting)));
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
