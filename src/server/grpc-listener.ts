import { createServer, type Server, type Socket } from 'node:net';
import { createOtlpGrpcServer, type GrpcModule, type GrpcReceiverOptions } from '../otlp/index.js';
import { addressOf, bind, DRAIN_MS, type Listener, type Place } from './listener.js';
import { loadPackage } from './optional-package.js';

/**
 * OTLP/gRPC on a port, without TLS. The socket is ours, so that ports, connections and their faults are treated as those
 * of HTTP.
 *
 * @throws BackendError `package-missing`, `cannot-listen`
 */
export async function listenGrpc(options: GrpcReceiverOptions, place: Place): Promise<Listener> {
  const grpc = loadPackage<GrpcModule>('@grpc/grpc-js');
  const server = createOtlpGrpcServer(grpc, options);
  const connections = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    connections.injectConnection(socket);
  });
  await bind(listening, place);
  return { url: `http://${addressOf(listening)}`, close: () => drain(server, listening, sockets) };
}

type GrpcServer = ReturnType<typeof createOtlpGrpcServer>;

/** Calls under way are answered, at most `DRAIN_MS`. */
async function drain(server: GrpcServer, listening: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => listening.close(() => resolve()));
  const giveUp = setTimeout(() => {
    server.forceShutdown();
    for (const socket of sockets) socket.destroy();
  }, DRAIN_MS);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  await closed;
  clearTimeout(giveUp);
}
