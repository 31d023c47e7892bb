import type { Millis } from '../domain/time.ts';

/** Time as the core sees it; tests give it a virtual one. */
export interface Clock {
  /** Wall-clock time. */
  now(): Millis;
  /** Milliseconds from an arbitrary start, never going back; for measuring spans. */
  monotonic(): number;
  /** Calls back once, after `ms`; the returned function takes the timer away and may be called at any time. */
  after(ms: number, wake: () => void): () => void;
}

/** Waits, and gives up quietly when the signal is aborted: true if the time has passed, false if it was cut short. */
export function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve(true);
    });
    const aborted = () => {
      cancel();
      resolve(false);
    };
    signal.addEventListener('abort', aborted, { once: true });
  });
}
