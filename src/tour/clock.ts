/** Time as the tour sees it; a test has one that it moves itself. */
export interface TourClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `wake` once in `ms` milliseconds, unless the function that it answers is called before. */
  after(ms: number, wake: () => void): () => void;
}

/** The machine's own time. */
export const systemClock: TourClock = {
  now: () => Date.now(),
  after: (ms, wake) => {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves in `ms` milliseconds, or as soon as the signal is aborted. */
export function pause(clock: TourClock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    const abort = () => {
      cancel();
      resolve();
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}
