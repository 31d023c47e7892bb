import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { serviceDefinition } from '../../wire/bridge.ts';
import { serviceImplementation } from '../../wire/bridge-server.ts';
import { RemoteService } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import type { TourService } from './service.ts';

/** Where a tour takes its notes screens. */
export type RemoteTarget =
  | { readonly kind: 'unix'; readonly path: string }
  /** On loopback: whoever reaches it may drive the tour. */
  | { readonly kind: 'tcp'; readonly host: '127.0.0.1' | '::1'; readonly port: number };

/** A listener of the remote. */
export interface RemoteListener {
  /** As notes screens are told it: `127.0.0.1:4711`, `unix:/run/…`. */
  readonly address: string;
  /** Ends it and everybody who is attached. */
  close(): void;
}

/** The most connections at once; the next ones are closed as they come. */
const MAX_CONNECTIONS = 100;
/** Sockets are made with this mask: the tour's own user, and nobody else. */
const OWNER_ONLY = 0o177;

/**
 * Serves a tour at a place of its own, so that it outlives the server that is shown.
 *
 * @throws the system's error where it cannot listen there
 */
export async function listenRemote(target: RemoteTarget, service: TourService): Promise<RemoteListener> {
  const grpc = new Server({ 'grpc.max_receive_message_length': 64 * 1024 });
  grpc.addService(serviceDefinition(RemoteService), serviceImplementation(RemoteService, service));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  if (target.kind === 'unix') rmSync(target.path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
    // Node makes the socket file before `listen` returns: it is private from its first moment.
    const before = target.kind === 'unix' ? process.umask(OWNER_ONLY) : null;
    try {
      server.listen(target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port });
    } finally {
      if (before !== null) process.umask(before);
    }
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const host = target.kind === 'tcp' && target.host === '::1' ? '[::1]' : '127.0.0.1';
  return {
    address: target.kind === 'unix' ? `unix:${target.path}` : `${host}:${port}`,
    close: () => {
      server.close();
      grpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
      if (target.kind === 'unix') rmSync(target.path, { force: true });
    },
  };
}
