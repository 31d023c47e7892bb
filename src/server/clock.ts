import type { Clock } from '../core/ports/clock.ts';

/** The machine's own clock. A timer keeps the process alive until it has fired or was taken away. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, wake) {
    // Longer waits would fire at once: setTimeout counts in 31 bits. Who waits so long asks again when woken.
    const timer = setTimeout(wake, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};
