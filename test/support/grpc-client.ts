import {
  Client,
  type ClientUnaryCall,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { WireReader } from '../../src/otlp/wire.js';

const SERVICES = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
} as const;

export interface GrpcReply {
  /** The name of the status code. */
  readonly code: string;
  readonly message: string;
  /** Bytes of the Export*ServiceResponse; empty where the call failed. */
  readonly body: Buffer;
  /** Seconds of the RetryInfo, where there is one. */
  readonly retryAfter: number | undefined;
}

export interface GrpcCall {
  readonly signal?: keyof typeof SERVICES;
  readonly path?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly compression?: 'gzip' | 'deflate';
  /** Told of the call once it was made. */
  readonly onCall?: (call: ClientUnaryCall) => void;
}

/** A client that sends bytes as they are. */
export function grpcClient(url: string): {
  call(body: Buffer, how?: GrpcCall): Promise<GrpcReply>;
  close(): void;
} {
  const address = new URL(url).host;
  const clients = new Map<number, Client>();
  const clientOf = (algorithm: number): Client => {
    const client =
      clients.get(algorithm) ??
      new Client(address, credentials.createInsecure(), {
        'grpc.default_compression_algorithm': algorithm,
        'grpc.max_send_message_length': -1,
      });
    clients.set(algorithm, client);
    return client;
  };
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    call(body, { signal = 'traces', path = SERVICES[signal], metadata = {}, compression, onCall } = {}) {
      const headers = new Metadata();
      for (const [name, value] of Object.entries(metadata)) headers.set(name, value);
      const client = clientOf(compressionAlgorithms[compression ?? 'identity']);
      return new Promise((resolve) => {
        const call = client.makeUnaryRequest(path, same, same, body, headers, (error, answer) =>
          resolve(error === null ? success(answer ?? Buffer.alloc(0)) : failure(error)),
        );
        onCall?.(call);
      });
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

function success(body: Buffer): GrpcReply {
  return { code: 'OK', message: '', body, retryAfter: undefined };
}

function failure({ code, details, metadata }: ServiceError): GrpcReply {
  const [status0] = metadata.get('grpc-status-details-bin');
  const retryAfter = status0 === undefined ? undefined : retryDelay(Buffer.from(status0));
  return { code: status[code], message: details, body: Buffer.alloc(0), retryAfter };
}

/** The delay of the RetryInfo in a google.rpc.Status, read by field numbers. */
function retryDelay(bytes: Buffer): number | undefined {
  let seconds: number | undefined;
  const any = field(bytes, 3);
  if (any === undefined) return undefined;
  if (field(any, 1)?.toString() !== 'type.googleapis.com/google.rpc.RetryInfo') return undefined;
  const delay = field(field(any, 2) ?? Buffer.alloc(0), 1) ?? Buffer.alloc(0);
  const reader = new WireReader(delay);
  while (reader.next()) {
    if (reader.field === 1) seconds = reader.int32();
    else reader.skip();
  }
  return seconds;
}

/** The bytes of a length-delimited field. */
function field(message: Buffer, number: number): Buffer | undefined {
  let found: Buffer | undefined;
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.field === number) found = Buffer.from(reader.base64(), 'base64');
    else reader.skip();
  }
  return found;
}
