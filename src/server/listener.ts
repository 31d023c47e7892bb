import { lstat, unlink } from 'node:fs/promises';
import type { ListenOptions, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { ListenFault, ListenTarget } from './listen-address.ts';
import { listenText } from './listen-address.ts';

/** The most connections at once; the next ones are closed as they come. */
const MAX_CONNECTIONS = 1_000;
/** Sockets are made with this mask: the server's own user, and nobody else. */
const OWNER_ONLY = 0o177;

/** A place that takes connections. */
export interface Listener {
  readonly kind: 'listener';
  /** As clients name it, with the port that it got. */
  readonly address: string;
  /** Takes no more connections; those that there are stay. */
  close(): void;
}

/**
 * Takes connections. The listening is ours and not grpc-js's, because a port in use has to be an answer and not a line
 * on stderr, and a socket file has to be private from its first moment.
 */
export async function listen(
  target: ListenTarget,
  onConnection: (socket: Socket) => void,
): Promise<Listener | ListenFault> {
  if (target.kind === 'unix') {
    const fault = await clearSocket(target.path);
    if (fault !== null) return fault;
  }
  // As http2's own servers have it.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  server.maxConnections = MAX_CONNECTIONS;
  const error = await open(server, target);
  if (error !== null) return faultOf(target, error);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : undefined;
  return { kind: 'listener', address: listenText(target, port), close: () => void server.close() };
}

function open(server: Server, target: ListenTarget): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.once('listening', () => {
      server.off('error', resolve);
      // A connection that cannot be accepted (no more file descriptors, say) is that connection's end, not the server's.
      server.on('error', () => {});
      resolve(null);
    });
    if (target.kind === 'tcp') listenOn(server, { host: target.host, port: target.port });
    else withMask(OWNER_ONLY, () => listenOn(server, { path: target.path }));
  });
}

function listenOn(server: Server, options: ListenOptions): void {
  server.listen(options);
}

/** Node makes the socket file before `listen` returns, so that nothing else is made under this mask. */
function withMask(mask: number, action: () => void): void {
  const before = process.umask(mask);
  try {
    action();
  } finally {
    process.umask(before);
  }
}

/** Takes away a socket file that nobody listens on any more; says why where that cannot be. */
async function clearSocket(path: string): Promise<ListenFault | null> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null) return null;
  const address = `unix:${path}`;
  if (!stat.isSocket()) return unusable(address, 'there is a file of that name which is no socket; name another path');
  const error = await connectionFault(path);
  if (error === null) return inUse(address);
  if (error.code === 'ENOENT') return null;
  // With any other error than that of a file which a dead server left, somebody may be there: one who is busy, or somebody else's.
  if (error.code !== 'ECONNREFUSED') return unusable(address, `whose its socket is cannot be told (${error.code})`);
  await unlink(path).catch(() => {});
  return null;
}

/** Why nobody answers at a socket; null where somebody does. */
function connectionFault(path: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', resolve);
  });
}

function faultOf(target: ListenTarget, error: NodeJS.ErrnoException): ListenFault {
  const text = listenText(target);
  if (error.code === 'EADDRINUSE') return inUse(text);
  return unusable(text, error.code ?? error.message);
}

function unusable(text: string, why: string): ListenFault {
  return { kind: 'fault', code: 'ADDRESS_UNUSABLE', message: `cannot listen on ${text}: ${why}` };
}

function inUse(text: string): ListenFault {
  const message = `cannot listen on ${text}: it is in use; stop what has it, or listen elsewhere (port 0 takes a free one)`;
  return { kind: 'fault', code: 'ADDRESS_IN_USE', message };
}
