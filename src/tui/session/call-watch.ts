import type { ConsoleBackend } from '../backend.ts';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';
import { takeCalls } from '../store/wire.ts';

/** The least time between two looks at the calls, in ms: streams bring many messages a second. */
const LOOK_MS = 100;

/** Keeps the store's calls as they are on the wire, for as long as somebody looks at them. */
export class CallWatch {
  readonly #store: ConsoleStore;
  readonly #wire: ConsoleBackend['wire'];
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: ConsoleStore, { wire }: ConsoleBackend) {
    this.#store = store;
    this.#wire = wire;
  }

  /** Looks whether somebody looks. */
  look({ wire }: ConsoleState): void {
    if (!wire.open) this.close();
    else if (this.#unsubscribe === undefined) {
      this.#unsubscribe = this.#wire.log.subscribe(() => this.#schedule());
      this.#take();
    }
  }

  /** Watches nothing any more. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#take();
    }, LOOK_MS);
  }

  #take(): void {
    const { log, target } = this.#wire;
    const calls = log.calls().toReversed();
    this.#store.setState(({ wire, ui }) => ({ wire: takeCalls(wire, calls, target, ui.size) }));
  }
}
