import type { Metadata, StatusObject } from '@grpc/grpc-js';
import type { Exporting } from './export.js';
import type { GrpcModule } from './grpc-receiver.js';
import { RETRY_AFTER_SECONDS, Refusal, refuse } from './refusal.js';
import { bytesField, stringField, varintField } from './wire-writer.js';

/** google.rpc.Status goes here, in the trailers, where a bare code and text do not say all. */
const STATUS_DETAILS = 'grpc-status-details-bin';

/** What a call that threw is refused with: a fault of the receiver is reported. */
export function refusalOf(error: unknown, { report }: Exporting): Refusal {
  if (error instanceof Refusal) return error;
  report(error);
  return refuse(500, 'The receiver failed on this request; it was not stored.');
}

/** The refusal as a call ends with it: a RetryInfo tells an exporter that RESOURCE_EXHAUSTED is worth another try. */
export function refusalStatus(grpc: GrpcModule, refusal: Refusal): StatusObject {
  const { rpcCode: code, message: details, retryable } = refusal;
  const metadata: Metadata = new grpc.Metadata();
  if (retryable) metadata.set(STATUS_DETAILS, retryDetails(code, details));
  return { code, details, metadata };
}

/** Status { code = 1, message = 2, details = 3: Any { type_url = 1, value = 2: RetryInfo { retry_delay = 1 } } }. */
function retryDetails(code: number, message: string): Buffer {
  const duration = varintField(1, RETRY_AFTER_SECONDS);
  const any = Buffer.concat([
    stringField(1, 'type.googleapis.com/google.rpc.RetryInfo'),
    bytesField(2, bytesField(1, duration)),
  ]);
  return Buffer.concat([varintField(1, code), stringField(2, message), bytesField(3, any)]);
}
