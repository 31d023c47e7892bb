import type { Logger } from 'pino';
import type { Clock } from '../core/ports/clock.ts';
import { wait } from '../core/ports/clock.ts';
import type { RetentionPolicy } from '../core/ports/retention.ts';
import type { Store } from '../core/ports/store.ts';

/** How long a server has been there before it begins, in milliseconds: its runs come first. */
const FIRST_MS = 30_000;
/** From the end of one round to the next, in milliseconds. */
const ROUND_MS = 60_000;
/** Between two steps of a round, in milliseconds … */
const PAUSE_MS = 10;
/** … and at least so many times what the step took, so that most of the time is for others. */
const PAUSE_FACTOR = 4;

/** What a janitor works with. */
export interface JanitorOptions {
  readonly store: Pick<Store, 'sweep'>;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Lets go of what a policy does not keep: every minute, in small steps with pauses, for as long as there is more. */
export class Janitor {
  readonly #options: JanitorOptions;
  readonly #stopped = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(options: JanitorOptions) {
    this.#options = options;
  }

  /** Begins, after a while. */
  start(): void {
    this.#working = this.#work();
  }

  /** Ends it. Resolves when nothing is asked of the store any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopped;
    for (let pause = FIRST_MS; await wait(clock, pause, signal); pause = ROUND_MS) {
      try {
        await this.#round(signal);
      } catch (error) {
        log.warn({ err: error }, 'what is old could not be let go of; again in a minute');
      }
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { store, policy, clock, log } = this.#options;
    const began = clock.monotonic();
    let steps = 0;
    for (let more = true; more && !signal.aborted; ) {
      const stepBegan = clock.monotonic();
      more = await store.sweep(policy);
      steps += 1;
      const took = clock.monotonic() - stepBegan;
      if (more) await wait(clock, Math.max(PAUSE_MS, took * PAUSE_FACTOR), signal);
    }
    if (steps > 1) log.debug({ steps, ms: Math.round(clock.monotonic() - began) }, 'let go of what is not kept');
  }
}
