/** The least time between two flushes, in ms: 15 a second are more than anybody reads. */
const FLUSH_MS = 66;

/** Hands on what somebody gathers, at most every 66 ms, the first after a pause at once. */
export class Pacer {
  readonly #flush: () => void;
  readonly #hasNews: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #handed = Promise.withResolvers<void>();

  /**
   * @param flush hands on what was gathered
   * @param hasNews whether anything was gathered since
   */
  constructor(flush: () => void, hasNews: () => boolean) {
    this.#flush = flush;
    this.#hasNews = hasNews;
  }

  /** Resolves when what is gathered by now has been handed on, or never will be. */
  get handed(): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#handed.promise;
  }

  /** Says that something was gathered. */
  schedule(): void {
    if (this.#timer !== undefined || this.#closed) return;
    // The first one waits for what came with it in the same turn, and for no more.
    this.#timer = setTimeout(() => this.#hand(), 0);
  }

  /** Hands nothing on any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#handed.resolve();
  }

  #hand(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#hasNews()) this.#hand();
    }, FLUSH_MS);
    this.#flush();
    this.#handed.resolve();
    this.#handed = Promise.withResolvers();
  }
}
