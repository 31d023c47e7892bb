import { StoreUnavailable } from './errors.ts';

/** So many statements wait for a connection; the next is refused, so that a store that is away gathers no crowd. */
const MAX_WAITING = 100_000;

/** Who waits for a place. */
interface Waiting {
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
}

/** Lets as many in as there are places; the others wait in the order in which they came, behind those that do not queue. */
export class Gate {
  readonly #size: number;
  readonly #first: Waiting[] = [];
  readonly #waiting: Waiting[] = [];
  #inside = 0;
  #closed: { readonly empty: Promise<void>; readonly tell: () => void } | null = null;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Resolves inside.
   *
   * @param first ahead of all who are not
   * @throws Error once closed, StoreUnavailable where too many wait
   */
  enter(first = false): Promise<void> {
    if (this.#closed !== null) return Promise.reject(new Error('the store is closed'));
    if (this.#inside < this.#size) {
      this.#inside += 1;
      return Promise.resolve();
    }
    if (this.#first.length + this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new StoreUnavailable(`${MAX_WAITING} statements wait for PostgreSQL already`));
    }
    const queue = first ? this.#first : this.#waiting;
    return new Promise((enter, refuse) => queue.push({ enter, refuse }));
  }

  leave(): void {
    const next = this.#first.shift() ?? this.#waiting.shift();
    if (next !== undefined) {
      next.enter();
      return;
    }
    this.#inside -= 1;
    if (this.#inside === 0) this.#closed?.tell();
  }

  /** Lets nobody in any more, sends away who waits, and resolves when everybody has left. */
  close(): Promise<void> {
    if (this.#closed === null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closed = { empty: promise, tell: resolve };
      for (const queue of [this.#first, this.#waiting]) {
        for (const { refuse } of queue.splice(0)) refuse(new Error('the store is closed'));
      }
      if (this.#inside === 0) resolve();
    }
    return this.#closed.empty;
  }
}
