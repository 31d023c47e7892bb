/**
 * Wakes everybody who waits. A wake-up carries nothing: what is new is found out by looking. Who looks takes `count`
 * before it, and waits with that, so that no wake-up between looking and waiting is missed.
 */
export class Wakeup {
  readonly #waiting = new Set<() => void>();
  #count = 0;

  /** How many wake-ups there were. */
  get count(): number {
    return this.#count;
  }

  /** Wakes everybody who waits. */
  wake(): void {
    this.#count += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when there were more than `count` wake-ups, or the signal is aborted. */
  wait(count: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#count !== count) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
