/** Where a server is reached: what people write, and what grpc-js is given. */
export interface Address {
  readonly kind: 'tcp' | 'unix';
  /** How people write it: `127.0.0.1:50051`, `[::1]:50051`, `unix:/run/bmdemo.sock`. */
  readonly label: string;
  /** The same for grpc-js. */
  readonly target: string;
}

/** The host that is meant where only a port is given. */
const DEFAULT_HOST = '127.0.0.1';

/** The port that is meant where only a host is given. */
const DEFAULT_PORT = 50051;

/** Where a server listens, and where a client looks for one, unless told otherwise. */
export const DEFAULT_ADDRESS = `${DEFAULT_HOST}:${DEFAULT_PORT}`;

const HOST =
  /^(?=.{1,253}$)[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*\.?$/;
const IPV6 = /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/;

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, `HOST`, `:PORT`, `PORT` or `unix:PATH`; what is left out is the default.
 *
 * @throws RangeError with a clause that says what is wrong
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  if (trimmed.startsWith('unix:')) return unixAddress(trimmed.slice('unix:'.length));
  if (/^\d+$/.test(trimmed)) return tcpAddress(DEFAULT_HOST, trimmed);
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(trimmed);
  if (bracketed !== null) return ipv6Address(bracketed[1] ?? '', bracketed[2] ?? String(DEFAULT_PORT));
  const parts = /^([^:]*)(?::(\d+))?$/.exec(trimmed);
  if (parts === null || trimmed === '') throw new RangeError('must be HOST:PORT or unix:PATH');
  return tcpAddress(parts[1] === '' ? DEFAULT_HOST : (parts[1] ?? DEFAULT_HOST), parts[2] ?? String(DEFAULT_PORT));
}

function unixAddress(path: string): Address {
  if (path === '') throw new RangeError('needs a path behind unix:');
  return { kind: 'unix', label: `unix:${path}`, target: `unix:${path}` };
}

function tcpAddress(host: string, port: string): Address {
  if (!HOST.test(host)) throw new RangeError(`names no host: "${host}"`);
  const label = `${host}:${readPort(port)}`;
  return { kind: 'tcp', label, target: `dns:${label}` };
}

function ipv6Address(host: string, port: string): Address {
  if (!IPV6.test(host)) throw new RangeError(`names no IPv6 address: "${host}"`);
  const label = `[${host}]:${readPort(port)}`;
  return { kind: 'tcp', label, target: `ipv6:${label}` };
}

function readPort(text: string): number {
  const port = Number(text);
  if (port > 65_535) throw new RangeError(`has a port above 65535: ${text}`);
  return port;
}
