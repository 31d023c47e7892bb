import { LIMITS } from './limits.ts';

/** An address as it is kept, or what is wrong with what was sent. */
export type ReadEndpoint =
  | { readonly kind: 'read'; readonly value: string }
  | { readonly kind: 'fault'; readonly description: string };

const NO_SECRETS = 'must hold no user name or password: credentials are named by a reference';

// No fault repeats what was sent: it may hold a password.

/**
 * Reads where an SSH server listens: `host`, `host:port`, or either behind `user@`. Hosts are names, IPv4 and IPv6 addresses,
 * the latter in brackets where a port follows; they are kept in lower case. Empty means none.
 */
export function readSshEndpoint(text: string): ReadEndpoint {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  const user = trimmed.slice(0, Math.max(0, at));
  if (user.includes(':')) return fault(NO_SECRETS);
  if (at >= 0 && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,31}$/.test(user)) return fault('has a user name that is none');
  const host = readHostPort(trimmed.slice(at + 1));
  return host.kind === 'fault' || at < 0 ? host : read(`${user}@${host.value}`);
}

/**
 * Reads the address of a BMC: a host as for SSH, or a URL such as `redfish://host/redfish/v1/Systems/1`, without credentials
 * and without a query. Scheme and host are kept in lower case, so that two spellings of one address are one. Empty means none.
 */
export function readBmcAddress(text: string): ReadEndpoint {
  const trimmed = text.trim();
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(trimmed);
  if (url === null) return trimmed.includes('@') ? fault(NO_SECRETS) : readHostPort(trimmed);
  const [, scheme = '', authority = '', path = ''] = url;
  if (authority.includes('@')) return fault(NO_SECRETS);
  if (trimmed.length > LIMITS.address) return fault(`is longer than ${LIMITS.address} characters`);
  if (!/^(?:\/[\w.~!$&'()*+,;=:@%-]*)*$/.test(path)) return fault('has a path that is none, or a query');
  if (authority === '') return fault('has no host');
  const host = readHostPort(authority);
  return host.kind === 'fault' ? host : read(`${scheme.toLowerCase()}://${host.value}${path.replace(/\/+$/, '')}`);
}

function readHostPort(text: string): ReadEndpoint {
  if (text === '') return read('');
  if (text.length > LIMITS.address) return fault(`is longer than ${LIMITS.address} characters`);
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  const plain = /^([^:]*)(?::([^:]*))?$/s.exec(text);
  if (bracketed === null && plain === null) return readIpv6(text, undefined);
  const [, host = '', port] = bracketed ?? plain ?? [];
  if (port !== undefined && !isPort(port)) return fault('has a port that is not 1 to 65535');
  if (bracketed !== null) return readIpv6(host, port);
  const lower = host.toLowerCase();
  if (!isName(lower)) return fault('must be host or host:port');
  return read(port === undefined ? lower : `${lower}:${port}`);
}

/** The shortest spelling of RFC 5952, which is what the URL parser gives; in brackets where a port follows. */
function readIpv6(text: string, port: string | undefined): ReadEndpoint {
  const url = `http://[${text}]`;
  if (!/^[0-9a-f:.]+$/i.test(text) || !URL.canParse(url)) return fault('must be host or host:port');
  const { hostname } = new URL(url);
  return read(port === undefined ? hostname.slice(1, -1) : `${hostname}:${port}`);
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

/** A host name (RFC 1123, with the underscores that people use), or an IPv4 address where there are only digits and dots. */
function isName(host: string): boolean {
  if (host.length > 253) return false;
  if (/^[\d.]+$/.test(host)) return isIpv4(host);
  return host.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}

function isIpv4(host: string): boolean {
  const parts = host.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function read(value: string): ReadEndpoint {
  return { kind: 'read', value };
}

function fault(description: string): ReadEndpoint {
  return { kind: 'fault', description };
}
