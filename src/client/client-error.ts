import type { ErrorDescription } from '../wire/errors.ts';
import { describeError } from '../wire/errors.ts';

/** Which call failed, as far as the sentence for people needs it. */
export interface CallSite {
  /** `RunService/StartRun`. */
  readonly method: string;
  /** The server's address, as people write it. */
  readonly address: string;
  /** Whether this client has had an answer from the server before. */
  readonly reached: boolean;
}

/** A call that failed: the server's refusal, or the lack of a server. `message` is one sentence for people. */
export class ClientError extends Error {
  /** The canonical gRPC code, such as `NOT_FOUND`; UNAVAILABLE also where grpc-js calls a broken connection otherwise. */
  readonly code: string;
  /** The server's stable word, such as `MACHINE_BUSY`; empty where no server spoke. */
  readonly reason: string;
  /** Everything else that the server said. */
  readonly description: ErrorDescription;
  readonly method: string;
  readonly address: string;
  /** True where no server was there: neither now nor, for this client, ever before. */
  readonly noServer: boolean;

  constructor(description: ErrorDescription, site: CallSite, cause: unknown) {
    super(sentence(description, site), { cause });
    this.name = 'ClientError';
    this.reason = description.reason;
    this.description = description;
    this.method = site.method;
    this.address = site.address;
    this.noServer = !site.reached && meansNoConnection(description);
    this.code = this.noServer || isBrokenStream(description) ? 'UNAVAILABLE' : description.codeName;
  }

  /** True where it was no judgement on the request: the same call may well succeed later. */
  get isLoss(): boolean {
    return this.code === 'UNAVAILABLE';
  }
}

/** Whatever a call threw, as a ClientError; an error that is one already stays as it is. */
export function toClientError(error: unknown, site: CallSite): ClientError {
  if (error instanceof ClientError) return error;
  return new ClientError(describeError(error), site, error);
}

function spokenByServer(description: ErrorDescription): boolean {
  return description.reason !== '';
}

/** How grpc-js names a call that HTTP/2 reset because the other side died in the middle of it. */
function isBrokenStream(description: ErrorDescription): boolean {
  if (spokenByServer(description)) return false;
  return (
    description.codeName === 'CANCELLED' ||
    (description.codeName === 'INTERNAL' && /RST_STREAM/.test(description.message))
  );
}

/** Before anything was heard, a call that runs out of time has met nobody, either. */
function meansNoConnection(description: ErrorDescription): boolean {
  if (spokenByServer(description)) return false;
  const { codeName } = description;
  return codeName === 'UNAVAILABLE' || codeName === 'DEADLINE_EXCEEDED' || isBrokenStream(description);
}

function sentence(description: ErrorDescription, site: CallSite): string {
  const { codeName, message } = description;
  if (spokenByServer(description)) return message;
  const cause = connectionCause(message);
  const because = cause === '' ? '' : ` (${cause})`;
  if (!site.reached && meansNoConnection(description)) return `no bmdemo server answers at ${site.address}${because}`;
  if (codeName === 'UNAVAILABLE' || isBrokenStream(description)) {
    return `the connection to ${site.address} was lost${because}`;
  }
  if (codeName === 'DEADLINE_EXCEEDED') return `${site.address} did not answer ${site.method} in time`;
  return message === '' ? `${site.method} failed at ${site.address}` : message;
}

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/ENOENT/, 'there is no such socket'],
  [/EACCES|EPERM/, 'permission denied'],
  [/ENOTFOUND|EAI_AGAIN|[Nn]ame resolution failed/, 'the host name is not known'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, 'the host cannot be reached'],
  [/ECONNRESET|EPIPE|[Cc]onnection dropped|GOAWAY|Goaway/, 'connection closed'],
  [
    /[Pp]rotocol error|Parse Error|ERR_HTTP2|Bad status code|HTTP status|content-type/,
    'what listens there speaks no gRPC',
  ],
  [/keepalive/i, 'it no longer answers'],
  [/[Dd]eadline exceeded/, 'no answer in time'],
];

/** grpc-js's account of a connection that failed, in a few words for people; empty where it says nothing of use. */
function connectionCause(message: string): string {
  return CAUSES.find(([pattern]) => pattern.test(message))?.[1] ?? '';
}
