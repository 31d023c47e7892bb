import type { Filter } from '../core/domain/filter.ts';
import { runWaitsFor } from '../core/domain/waiting.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { PageKey, RunRow, Store } from '../core/ports/store.ts';

/** So many runs are looked at, in pages; what is recovered last is not told earlier for it. */
const PAGE = 256;
const MAX_LOOKED_AT = 4_096;
/** While some recover they are counted at most this often, in milliseconds. */
const AGAIN_MS = 500;
/** While none does they are counted this often, in milliseconds: what says that a server is gone can be lost. */
const ANYWAY_MS = 30_000;

const RUNNING: Filter = { clauses: [{ field: 'phase', key: '', op: '=', value: 'RUNNING' }] };

/**
 * How many runs that had begun wait for a server to take them up again. Runs come to that when a server ends; so they are
 * looked at after the start, after a hint that another one is gone, and until none is left.
 */
export class Recovering {
  readonly #store: Pick<Store, 'runs' | 'membership' | 'subscribe'>;
  readonly #clock: Clock;
  readonly #instance: string;
  #unsubscribe: () => void = () => {};
  #count: Promise<number> = Promise.resolve(0);
  #countedAt = Number.NEGATIVE_INFINITY;
  #pause = AGAIN_MS;
  /** Counts the hints that a server is gone. */
  #gone = 0;

  /** @param instance the server's own name in the store */
  constructor(store: Pick<Store, 'runs' | 'membership' | 'subscribe'>, clock: Clock, instance: string) {
    this.#store = store;
    this.#clock = clock;
    this.#instance = instance;
  }

  /** Begins to listen for servers that go. */
  start(): void {
    this.#unsubscribe = this.#store.subscribe(({ peers }) => {
      if (!peers) return;
      this.#gone += 1;
      this.#pause = AGAIN_MS;
    });
  }

  /** Ends that. */
  stop(): void {
    this.#unsubscribe();
  }

  /** How many there are, as of half a second ago at the most while there are any. */
  count(): Promise<number> {
    const now = this.#clock.monotonic();
    if (now - this.#countedAt < this.#pause) return this.#count;
    this.#countedAt = now;
    const goneBefore = this.#gone;
    const counting = this.#look();
    this.#count = counting;
    void counting.then(
      (count) => {
        this.#pause = count > 0 || this.#gone !== goneBefore ? AGAIN_MS : ANYWAY_MS;
      },
      () => {
        this.#countedAt = Number.NEGATIVE_INFINITY;
      },
    );
    return counting;
  }

  async #look(): Promise<number> {
    const now = this.#clock.now();
    let count = 0;
    let after: PageKey | null = null;
    for (let seen = 0; seen < MAX_LOOKED_AT; seen += PAGE) {
      const query = { filter: RUNNING, orderBy: 'created_at', descending: false, limit: PAGE, after } as const;
      const page: Awaited<ReturnType<Store['runs']>> = await this.#store.runs(query);
      count += page.rows.filter((row) => this.#isRecovering(row, now)).length;
      after = page.next;
      if (after === null) break;
    }
    return count;
  }

  /** Where one server has the store to itself, any other owner is one that went before it. */
  #isRecovering({ run, owner }: RunRow, now: number): boolean {
    const owned = this.#store.membership === null ? owner === this.#instance : owner !== null;
    return runWaitsFor({ run, owned, queue: null }, now)?.kind === 'recovery';
  }
}
