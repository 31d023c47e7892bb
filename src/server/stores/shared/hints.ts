import type { Hint } from '../../../core/ports/store.ts';

/** Tells listeners what may have changed. */
export class Hints {
  readonly #listeners = new Set<{ readonly tell: (hint: Hint) => void }>();
  readonly #onFault: (error: unknown) => void;

  /** `onFault` is told of a listener that threw; the others are told the hint all the same. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Adds a listener; the answer takes it away again. */
  subscribe(tell: (hint: Hint) => void): () => void {
    const listener = { tell };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells everybody who listens now, once, unless there is nothing to tell. */
  tell(hint: Hint): void {
    if (Object.keys(hint).length === 0) return;
    for (const { tell } of [...this.#listeners]) {
      try {
        tell(hint);
      } catch (error) {
        this.#onFault(error);
      }
    }
  }

  /** Lets go of every listener. */
  close(): void {
    this.#listeners.clear();
  }
}
