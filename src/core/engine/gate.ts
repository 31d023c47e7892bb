/** Says whether calls to hardware may begin: closed while a server does not know whether its runs are still its own. */
export class Gate {
  #closed: { readonly opened: Promise<void>; readonly open: () => void } | null = null;

  /** True while calls may begin. */
  get isOpen(): boolean {
    return this.#closed === null;
  }

  /** Lets no call begin until `open`. */
  close(): void {
    if (this.#closed !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = { opened: promise, open: resolve };
  }

  /** Lets calls begin again. */
  open(): void {
    this.#closed?.open();
    this.#closed = null;
  }

  /** Resolves when calls may begin, or when the signal is aborted. */
  passed(signal: AbortSignal): Promise<void> {
    const closed = this.#closed;
    if (closed === null || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      void closed.opened.then(done);
    });
  }
}
