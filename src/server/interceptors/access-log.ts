import type { Logger } from 'pino';
import type { CallContext } from '../../wire/bridge-server.ts';
import type { RpcError } from '../../wire/errors.ts';
import { describeError } from '../../wire/errors.ts';
import type { Call } from './call.ts';

/** Writes one line a call at debug: what was called, by whom, from where, how it ended, how long it took. */
export function logCall(
  log: Logger,
  context: CallContext,
  call: Call | null,
  error: RpcError | null,
  elapsedMs: number,
): void {
  if (!log.isLevelEnabled('debug')) return;
  const { method, peer } = context;
  const told = error === null ? { code: 'OK' } : outcomeOf(error);
  log.debug(
    {
      method: `${method.parent.typeName}/${method.name}`,
      peer,
      user: call?.caller.user ?? '',
      ...told,
      ms: Math.round(elapsedMs * 10) / 10,
    },
    'call',
  );
}

function outcomeOf(error: RpcError): { code: string; reason: string } {
  const { codeName, reason } = describeError(error);
  return { code: codeName, reason };
}
