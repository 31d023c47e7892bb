import type { Metadata } from '@grpc/grpc-js';
import { userFault } from '../../core/domain/limits.ts';
import { RpcError } from '../../wire/errors.ts';
import type { Caller } from './call.ts';

/** The header in which a client of an open server says who it is. */
const USER_HEADER = 'x-bmdemo-user';
/** Who calls without saying who. */
const NOBODY: Caller = { user: 'anonymous', authenticated: false };
/**
 * Who calls. An open server, which binds loopback and unix sockets alone, takes the client's word for it.
 *
 * @throws RpcError INVALID_ARGUMENT where the name could not be kept: it goes into runs, events and logs
 */
export function identify(metadata: Metadata): Caller {
  const names = metadata.get(USER_HEADER);
  const name = String(names[0] ?? '').trim();
  if (name === '') return NOBODY;
  const fault = names.length > 1 ? 'was sent more than once' : userFault(name);
  if (fault !== null) {
    throw new RpcError({
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELD',
      message: `metadata ${USER_HEADER} ${fault}`,
      fieldViolations: [{ field: USER_HEADER, description: fault }],
    });
  }
  return { user: name, authenticated: false };
}
