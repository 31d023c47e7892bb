/** Requests that are remembered: twice what one dialog can send. The oldest are forgotten, and are then taken for new ones. */
export const MAX_SENT = 2_000;

/** The ids of requests that were sent, so that one that is sent again is known to be: its answer may have been lost. */
export class SentRequests {
  /** In the order in which they were sent last. */
  readonly #ids = new Set<string>();

  /** Notes that a request is sent; answers whether it was sent before. */
  sendsAgain(requestId: string): boolean {
    const again = this.#ids.delete(requestId);
    this.#ids.add(requestId);
    if (this.#ids.size > MAX_SENT) this.#ids.delete(this.#ids.values().next().value ?? '');
    return again;
  }
}
