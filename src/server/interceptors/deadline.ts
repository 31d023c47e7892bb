import type { Clock } from '../../core/ports/clock.ts';
import { RpcError } from '../../wire/errors.ts';

/** The longest that a call with one answer is worked on, in milliseconds; a client's own deadline may be shorter. */
const LONGEST_CALL_MS = 30_000;

/**
 * The answer, if it comes in time. grpc-js holds the client's deadline; this one is for clients that set none, so that
 * no call waits for ever on a store that does not answer.
 *
 * @throws RpcError UNAVAILABLE where it does not: what was commanded may or may not have happened
 */
export async function withinLimit<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(LONGEST_CALL_MS, () => late.reject(tooLate()));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}

function tooLate(): RpcError {
  return new RpcError({
    code: 'UNAVAILABLE',
    reason: 'STORE_UNAVAILABLE',
    message:
      `the server's store has not answered within ${LONGEST_CALL_MS / 1_000} s; whether the call took effect is not ` +
      'known: repeat it with the same request id',
  });
}
