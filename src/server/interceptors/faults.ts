import type { Logger } from 'pino';
import type { CallContext } from '../../wire/bridge-server.ts';
import { RpcError } from '../../wire/errors.ts';
import { newErrorId } from '../ids.ts';

/** The error of every call that the end of the server cuts short. */
export function shuttingDown(): RpcError {
  return new RpcError({
    code: 'UNAVAILABLE',
    reason: 'SHUTTING_DOWN',
    message: 'the server is shutting down; call again when it is back',
  });
}

/**
 * What a client is told of an error. What nobody decided about becomes INTERNAL with a short id, and its details go to
 * the log under the same id.
 */
export function tell(error: unknown, context: CallContext, closing: AbortSignal, log: Logger): RpcError {
  if (error instanceof RpcError) return error;
  if (closing.aborted) return shuttingDown();
  const { method, peer } = context;
  const about = { err: error, method: `${method.parent.typeName}/${method.name}`, peer };
  if (error instanceof Error && error.name === 'StoreUnavailable') {
    log.warn(about, 'the store did not answer');
    return new RpcError({
      code: 'UNAVAILABLE',
      reason: 'STORE_UNAVAILABLE',
      message: `the server's store ${whatAils(error)}, with the same request id`,
      retryAfterMs: 500,
      cause: error,
    });
  }
  const id = newErrorId();
  log.error({ ...about, error_id: id }, 'a call failed');
  return new RpcError({
    code: 'INTERNAL',
    reason: 'INTERNAL',
    message: `the server failed at this call; its log says why, under ${id}`,
    metadata: { error_id: id },
    cause: error,
  });
}

/** What a store says of itself for clients, where it says anything, and what they can do. */
function whatAils(error: Error): string {
  const told = 'told' in error && typeof error.told === 'string' ? error.told : '';
  return told === '' ? 'does not answer; try again' : `${told}; try again when that is mended`;
}
