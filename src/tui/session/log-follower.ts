import type { ConsoleBackend } from '../backend.ts';
import { isAtServerLog, listShown } from '../store/place.ts';
import { layoutOf, shownRun } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';
import { showLogOf } from '../store/update.ts';
import type { Gatherer } from './gatherer.ts';

/** Follows the log of the run that is shown, from its first line, until another one is. */
export class LogFollower {
  readonly #store: ConsoleStore;
  readonly #backend: ConsoleBackend;
  readonly #gatherer: Gatherer;
  readonly #complain: (error: unknown) => void;
  #following = new AbortController();

  constructor(store: ConsoleStore, backend: ConsoleBackend, gatherer: Gatherer, complain: (error: unknown) => void) {
    this.#store = store;
    this.#backend = backend;
    this.#gatherer = gatherer;
    this.#complain = complain;
  }

  /** Looks whether another run is shown, and follows that one's log if so. */
  look(state: ConsoleState): void {
    // Where no log of a run is shown, the one that was goes on: somebody comes back to it.
    if (isAtServerLog(state.ui) || !layoutOf(state).order.includes('log')) return;
    const key = listShown(state.ui);
    // Which run is under the cursor is not known yet; most often it is the same one.
    if (key !== undefined && !state.lists[key].loaded) return;
    const runId = shownRun(state)?.runId ?? '';
    if (state.log.runId === runId) return;
    this.#following.abort();
    this.#following = new AbortController();
    this.#gatherer.dropLog();
    this.#store.setState((now) => showLogOf(now, runId));
    if (runId !== '') void this.#follow(runId, this.#following.signal);
  }

  /** Follows nothing any more. */
  close(): void {
    this.#following.abort();
  }

  async #follow(runId: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const chunk of this.#backend.followLog(runId, signal)) {
        if (signal.aborted) return;
        await this.#gatherer.line(chunk);
      }
      if (!signal.aborted) this.#gatherer.logEnded();
    } catch (error) {
      if (signal.aborted) return;
      this.#gatherer.logEnded();
      this.#complain(error);
    }
  }
}
