import { RpcError } from '../../wire/errors.ts';

/** Counts the streams that a server has open, and keeps them bounded. */
export class OpenStreams {
  readonly #limit: number;
  #open = 0;
  #idle: (() => void)[] = [];

  /** @param limit how many may be open at once; the next one is refused */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a place for a stream.
   *
   * @throws RpcError RESOURCE_EXHAUSTED where there is none
   */
  enter(): void {
    if (this.#open >= this.#limit) {
      throw new RpcError({
        code: 'RESOURCE_EXHAUSTED',
        reason: 'TOO_MANY_REQUESTS',
        message: `the server has ${this.#limit} streams open, which is the most; close one and try again`,
        retryAfterMs: 1_000,
      });
    }
    this.#open += 1;
  }

  /** Gives the place back. */
  leave(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    for (const told of this.#idle.splice(0)) told();
  }

  /** Resolves when no stream is open. */
  idle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}
