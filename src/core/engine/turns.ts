/** So many announcements are under way at once where the store keeps up. */
const MOST_AT_ONCE = 64;

/**
 * Says who may announce a call next. An announcement is good for a moment only; a thousand that are sent at once wait for
 * one another in the store until all of them are too old, are sent again, and so on without one call being made. So only
 * some are under way at a time: half as many after each one that came too late, one more after each that came in time.
 */
export class Turns {
  #limit = MOST_AT_ONCE;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * Resolves when the caller may go, in the order in which they came, those that are late already before the others; at once
   * when the signal is aborted. True where there was no wait.
   */
  async enter(signal: AbortSignal, isLate: boolean): Promise<boolean> {
    if (this.#inside < this.#limit || signal.aborted) {
      this.#inside += 1;
      return true;
    }
    await new Promise<void>((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', aborted);
        this.#inside += 1;
        resolve();
      };
      const aborted = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        go();
      };
      signal.addEventListener('abort', aborted, { once: true });
      if (isLate) this.#waiting.unshift(go);
      else this.#waiting.push(go);
    });
    return false;
  }

  /** Ends a turn, which came in time or did not, and lets the next ones go. */
  leave(inTime: boolean): void {
    this.#inside -= 1;
    this.#limit = inTime ? Math.min(MOST_AT_ONCE, this.#limit + 1) : Math.max(1, this.#limit >> 1);
    while (this.#inside < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
    }
  }
}
