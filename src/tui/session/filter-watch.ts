import type { ConsoleBackend } from '../backend.ts';
import { failureMessage } from '../backend.ts';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';
import type { Gatherer } from './gatherer.ts';

/** Asks the server which machines match the filter that is set, for as long as it is. Free text is no business of its. */
export class FilterWatch {
  readonly #store: ConsoleStore;
  readonly #backend: ConsoleBackend;
  readonly #gatherer: Gatherer;
  #watching = new AbortController();
  #filter = '';

  constructor(store: ConsoleStore, backend: ConsoleBackend, gatherer: Gatherer) {
    this.#store = store;
    this.#backend = backend;
    this.#gatherer = gatherer;
  }

  /** Looks whether another filter is set, and watches that one if so. */
  look({ view }: ConsoleState): void {
    const filter = view.matching === undefined ? '' : view.filter;
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.#watching.abort();
    this.#watching = new AbortController();
    if (filter !== '') void this.#watch(filter, this.#watching.signal);
  }

  /** Watches nothing any more. */
  close(): void {
    this.#watching.abort();
  }

  async #watch(filter: string, signal: AbortSignal): Promise<void> {
    const restart = () => {
      this.#gatherer.match({ kind: 'reset' });
      void this.#askWhether(filter, signal);
    };
    restart();
    try {
      for await (const { snapshot, kind, cursor } of this.#backend.watchMachines(filter, signal, restart)) {
        if (signal.aborted) return;
        if (snapshot === undefined) continue;
        const gone = kind === 'LEFT' || kind === 'DELETED';
        this.#gatherer.match({ kind: gone ? 'out' : 'in', machineId: snapshot.machineId });
        // Only the last message of the opening snapshot has a cursor, and every one after it.
        if (cursor !== '') this.#gatherer.match({ kind: 'whole' });
      }
    } catch (error) {
      if (signal.aborted) return;
      const problem = failureMessage(error);
      this.#store.setState(({ view }) => (view.filter === filter ? { view: { ...view, problem } } : {}));
    }
  }

  /** Asks whether any machine matches: a watch says nothing where none does. */
  async #askWhether(filter: string, signal: AbortSignal): Promise<void> {
    try {
      const matching = await this.#backend.countMachines(filter, signal);
      if (matching === 0 && !signal.aborted) this.#gatherer.match({ kind: 'whole' });
    } catch {
      // The watch says what is wrong.
    }
  }
}
