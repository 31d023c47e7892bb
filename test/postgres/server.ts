import type { Hint } from '../../src/core/ports/store.ts';
import { systemClock } from '../../src/server/clock.ts';
import type { PostgresStore } from '../../src/server/stores/postgres/store.ts';
import { openPostgresStore } from '../../src/server/stores/postgres/store.ts';
import { RUN_LOG_LIMITS } from '../../src/server/stores/shared/limits.ts';
import { Fleet } from '../support/fleet.ts';
import { QUIET } from '../support/postgres.ts';

/** What a member is told of its standing. */
export type Standing = 'suspended' | 'resumed' | 'expelled';

/** The lease of servers in tests: short, but longer than a busy machine takes to answer. */
export const LEASE_MS = 2_400;

/** One server's part of a shared store, without an engine. */
export class Server {
  readonly store: PostgresStore;
  readonly fleet: Fleet;
  /** All it was told of its standing. */
  readonly told: Standing[] = [];
  readonly #hints: Hint[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(store: PostgresStore) {
    this.store = store;
    this.fleet = new Fleet(store);
    store.subscribe((hint) => {
      this.#hints.push(hint);
      this.#look();
    });
  }

  static async open(url: string): Promise<Server> {
    const options = { url, clock: systemClock, limits: RUN_LOG_LIMITS, leaseMs: LEASE_MS, poolSize: 4, log: QUIET };
    return new Server(await openPostgresStore(options));
  }

  /** Becomes a member. */
  async join(instance: string): Promise<void> {
    const tell = (standing: Standing) => () => {
      this.told.push(standing);
      this.#look();
    };
    await this.store.membership.join(instance, {
      suspended: tell('suspended'),
      resumed: tell('resumed'),
      expelled: tell('expelled'),
    });
  }

  /** Resolves once it was told so, before or after. */
  standing(wanted: Standing): Promise<void> {
    return this.#until(() => this.told.includes(wanted));
  }

  /** Resolves with the first hint from now on that fits. */
  async hint(fits: (hint: Hint) => boolean): Promise<Hint> {
    const from = this.#hints.length;
    const find = () => this.#hints.slice(from).find(fits);
    await this.#until(() => find() !== undefined);
    return find() as Hint;
  }

  /** Forgets the hints so far and resolves when `done` says so; asked after every hint. */
  async whenever(done: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const next = this.hint(() => true);
      if (await done()) return;
      await next;
    }
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  #until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!done()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
