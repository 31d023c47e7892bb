import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** The way between a store and PostgreSQL, which a test can spoil. */
export interface SpoiltWay {
  /** The URL of a database, by way of the proxy. */
  through(url: string): string;
  /** Ends every connection, and every new one at once, until `mend`. */
  cut(): void;
  /** Carries nothing any more in either direction, without a word to anybody, until `mend`. New connections are taken. */
  swallow(): void;
  /** Carries again; connections that were swallowed stay lost. */
  mend(): void;
  /** How many connections were taken since it was opened. */
  readonly taken: number;
  close(): Promise<void>;
}

/** Opens a proxy to a PostgreSQL on loopback. */
export function openProxy(target: { readonly host: string; readonly port: number }): Promise<SpoiltWay> {
  const sockets = new Set<Socket>();
  let state: 'carries' | 'cut' | 'swallows' = 'carries';
  let taken = 0;
  const server = createServer((near) => {
    taken += 1;
    sockets.add(near);
    near.on('close', () => sockets.delete(near));
    near.on('error', () => {});
    if (state === 'cut') near.destroy();
    if (state !== 'carries') return;
    const far = connect(target.port, target.host);
    sockets.add(far);
    far.on('close', () => {
      sockets.delete(far);
      near.destroy();
    });
    near.on('close', () => far.destroy());
    far.on('error', () => {});
    near.pipe(far);
    far.pipe(near);
  });
  const forgetAll = (each: (socket: Socket) => void) => {
    for (const socket of sockets) each(socket);
  };
  const proxy: SpoiltWay = {
    through(url) {
      const other = new URL(url);
      const address = server.address();
      other.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
      return other.href;
    },
    cut() {
      state = 'cut';
      forgetAll((socket) => socket.destroy());
    },
    swallow() {
      state = 'swallows';
      forgetAll((socket) => {
        socket.unpipe();
        socket.pause();
      });
    },
    mend() {
      state = 'carries';
    },
    get taken() {
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        forgetAll((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(proxy));
  });
}
