/** Where a server listens. */
export type ListenTarget =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Why a server cannot listen where it was told to. */
export interface ListenFault {
  readonly kind: 'fault';
  readonly code: 'ADDRESS_MALFORMED' | 'ADDRESS_REFUSED' | 'ADDRESS_IN_USE' | 'ADDRESS_UNUSABLE';
  /** One sentence: what, which, and what to do. */
  readonly message: string;
}

/** The longest path of a socket, in bytes: what fits into sockaddr_un on every system that has them. */
const MAX_SOCKET_PATH = 103;

/**
 * Reads `HOST:PORT` (port 0: a free one) or `unix:PATH`. Anybody who reaches an open server may give it commands, so it
 * listens on loopback and on sockets of its own user alone.
 */
export function parseListen(text: string): ListenTarget | ListenFault {
  if (text.startsWith('unix:')) return unixTarget(text, text.slice('unix:'.length));
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (match === null || host === '' || port > 65_535) {
    return malformed(text, 'is not HOST:PORT or unix:PATH, with a port from 0 to 65535');
  }
  const loopback = loopbackOf(host);
  if (loopback === null) {
    const message =
      `cannot listen on ${text}: without authentication the server listens on loopback alone ` +
      `(127.0.0.1, [::1], localhost) or on unix:PATH`;
    return { kind: 'fault', code: 'ADDRESS_REFUSED', message };
  }
  return { kind: 'tcp', host: loopback, port };
}

/** A target as clients name it; port 0 is told by the port that came of it. */
export function listenText(target: ListenTarget, port?: number): string {
  if (target.kind === 'unix') return `unix:${target.path}`;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${host}:${port ?? target.port}`;
}

function unixTarget(text: string, path: string): ListenTarget | ListenFault {
  if (path === '' || path.includes('\0')) return malformed(text, 'has no path behind unix:');
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return { kind: 'unix', path };
  return malformed(
    text,
    `has a path of more than ${MAX_SOCKET_PATH} bytes, which no socket can have; take a shorter one`,
  );
}

function loopbackOf(host: string): string | null {
  const name = host.toLowerCase();
  if (name === 'localhost') return '127.0.0.1';
  if (name === '::1') return name;
  const parts = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(name)?.slice(1);
  return parts?.every((part) => Number(part) <= 255) ? name : null;
}

function malformed(text: string, why: string): ListenFault {
  return { kind: 'fault', code: 'ADDRESS_MALFORMED', message: `cannot listen on "${text}": it ${why}` };
}
