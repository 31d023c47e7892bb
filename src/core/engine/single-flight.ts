import type { Clock } from '../ports/clock.ts';
import { wait } from '../ports/clock.ts';

/** The wait after a pass that failed, in milliseconds. */
const AGAIN_AFTER_MS = 500;

/**
 * Makes a function that starts a pass, at most one at a time; asked for while one is going, it is followed by one more. A
 * pass that fails is told of and made again.
 */
export function singleFlight(
  clock: Clock,
  killed: AbortSignal,
  onError: (error: unknown) => void,
  pass: () => Promise<void>,
): () => void {
  let going = false;
  let again = false;
  const go = async () => {
    going = true;
    do {
      again = false;
      try {
        await pass();
      } catch (error) {
        onError(error);
        again = await wait(clock, AGAIN_AFTER_MS, killed);
      }
    } while (again);
    going = false;
  };
  return () => {
    if (going) again = true;
    else void go();
  };
}
