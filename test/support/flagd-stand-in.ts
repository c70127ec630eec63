import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';

/**
 * What flagd's flag sync service says to an in-process provider, on a free port. A stand-in: flagd itself is neither in
 * Go's module proxy nor in any package registry. Evaluating the flags is the provider's own work.
 */
export interface FlagdStandIn extends AsyncDisposable {
  readonly port: number;
  /** Sends flags to every provider that listens, as flagd does when its file has changed. */
  change(flags: string): void;
}

/** @param flags A file of flagd's, as text. */
export async function startFlagdStandIn(flags: string): Promise<FlagdStandIn> {
  let current = asSent(flags);
  const streams = new Set<ServerWritableStream<Buffer, string>>();
  const server = new Server();
  server.addService(
    {
      syncFlags: {
        path: '/flagd.sync.v1.FlagSyncService/SyncFlags',
        requestStream: false,
        responseStream: true,
        requestSerialize: (request: Buffer) => request,
        requestDeserialize: (request: Buffer) => request,
        responseSerialize: syncFlagsResponse,
        responseDeserialize: String,
      },
    },
    {
      syncFlags(stream: ServerWritableStream<Buffer, string>) {
        streams.add(stream);
        stream.once('cancelled', () => streams.delete(stream));
        stream.write(current);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    change(next) {
      current = asSent(next);
      for (const stream of streams) stream.write(current);
    },
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

/** flagd sends the flags alone, each with the metadata of its set. */
function asSent(file: string): string {
  const { metadata, flags } = JSON.parse(file) as { metadata?: object; flags: Record<string, Flag> };
  const merged = Object.entries(flags).map(([key, flag]) => [
    key,
    { ...flag, metadata: { ...metadata, ...flag.metadata } },
  ]);
  return JSON.stringify({ flags: Object.fromEntries(merged) });
}

interface Flag {
  readonly metadata?: object;
}

/** `SyncFlagsResponse`: field 1, `flag_configuration`, is a string. */
function syncFlagsResponse(flags: string): Buffer {
  const text = Buffer.from(flags);
  const length: number[] = [];
  for (let left = text.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([(1 << 3) | 2, ...length]), text]);
}
