import type { Logger } from 'pino';
import type { CallContext } from '../../wire/bridge-server.ts';
import type { RpcError } from '../../wire/errors.ts';
import { describeError } from '../../wire/errors.ts';
import type { Call } from './call.ts';

/** How a call ended: well, with an error, or because its client went away. */
export type CallEnd = 'ok' | 'canceled' | RpcError;

/** Writes one line a call at debug: what was called, by whom, from where, how it ended, how long it took. */
export function logCall(log: Logger, context: CallContext, call: Call | null, end: CallEnd, elapsedMs: number): void {
  if (!log.isLevelEnabled('debug')) return;
  const { method, peer } = context;
  log.debug(
    {
      method: `${method.parent.typeName}/${method.name}`,
      peer,
      user: call?.caller.user ?? '',
      ...outcomeOf(end),
      ms: Math.round(elapsedMs * 10) / 10,
    },
    'call',
  );
}

function outcomeOf(end: CallEnd): { readonly code: string; readonly reason?: string } {
  if (end === 'ok') return { code: 'OK' };
  if (end === 'canceled') return { code: 'CANCELLED' };
  const { codeName, reason } = describeError(end);
  return { code: codeName, reason };
}
