import type { Address } from './address.ts';
import type { CallRecord } from './call-record.ts';
import { jsonText } from './json-text.ts';

/** Where calls go to, and what goes with each. */
export interface CallTarget {
  readonly address: Address;
  /** The name that goes with each call; empty: none. */
  readonly user: string;
  /** Whether a token goes with each call. The token itself is nobody's business here. */
  readonly token?: boolean | undefined;
  /** How the connection is secured; absent: it is not. */
  readonly tls?: TlsFiles | undefined;
}

/** Files of a secured connection, as the client was given them; what is absent is the system's own. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server has to prove where it is not the address's host. */
  readonly serverName?: string | undefined;
}

/** The longest single argument that Linux hands to a program, with some room: 128 KiB. */
const MAX_ARGUMENT = 120_000;

/** What ends a request that is too long for an argument; no JSON text has a line of it. */
const END = 'END_OF_REQUEST';

/**
 * The command that makes the same call with grpcurl, through the server's reflection: bash runs it as it is. A token is
 * `$BMDEMO_TOKEN`, for whoever has it. A single line, but for a request that is too long for an argument.
 *
 * @see https://github.com/fullstorydev/grpcurl
 */
export function grpcurlCommand(
  { method, request }: Pick<CallRecord, 'method' | 'request'>,
  target: CallTarget,
): string {
  const data = jsonText(request);
  const long = Buffer.byteLength(data) > MAX_ARGUMENT;
  const words = ['grpcurl', ...securityWords(target.tls)];
  if (target.user !== '') words.push('-H', shellQuote(`x-bmdemo-user: ${target.user}`));
  if (target.token === true) words.push('-H', '"authorization: Bearer $BMDEMO_TOKEN"');
  if (data !== '{}') words.push('-d', long ? '@' : shellQuote(data));
  words.push(...addressWords(target.address), shellQuote(method));
  return long ? `${words.join(' ')} <<'${END}'\n${data}\n${END}` : words.join(' ');
}

/** A word that a POSIX shell reads as exactly that text. */
export function shellQuote(text: string): string {
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function securityWords(tls: TlsFiles | undefined): string[] {
  if (tls === undefined) return ['-plaintext'];
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [name, shellQuote(value)]);
  return [
    ...option('-cacert', tls.ca),
    ...option('-cert', tls.cert),
    ...option('-key', tls.key),
    ...option('-servername', tls.serverName),
  ];
}

function addressWords({ kind, label }: Address): string[] {
  if (kind === 'tcp') return [shellQuote(label)];
  return ['-unix', shellQuote(label.slice('unix:'.length))];
}
