import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';

/** While something runs: its spinner turns, and its tenths of a second are counted. In ms. */
const BUSY_MS = 200;
/** While there are ages to be seen, or a countdown. In ms. */
const CALM_MS = 1_000;

/**
 * Moves the store's clock on: often while something runs, once a second while something ages, not at all while nothing
 * does. What comes out the same is not drawn again.
 */
export class Clock {
  readonly #store: ConsoleStore;
  #timer: NodeJS.Timeout | undefined;
  #pace: number | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(store: ConsoleStore) {
    this.#store = store;
  }

  start(): void {
    this.#unsubscribe = this.#store.subscribe((state) => this.#keepPace(state));
    this.#keepPace(this.#store.getState());
  }

  stop(): void {
    this.#unsubscribe();
    clearInterval(this.#timer);
  }

  #keepPace(state: ConsoleState): void {
    const pace = paceOf(state);
    if (pace === this.#pace) return;
    this.#pace = pace;
    clearInterval(this.#timer);
    if (pace !== undefined) this.#timer = setInterval(() => this.#tick(), pace);
  }

  #tick(): void {
    // What spins is alive; of a server that is lost nobody knows that.
    const turn = this.#store.getState().connection.link.kind === 'lost' ? 0 : 1;
    this.#store.setState(({ clock }) => ({ clock: { now: Date.now(), frame: clock.frame + turn } }));
  }
}

function paceOf({ connection, runs, machines }: ConsoleState): number | undefined {
  if (connection.link.kind === 'lost') return CALM_MS;
  if (runs.active > 0) return BUSY_MS;
  return machines.ids.length > 0 ? CALM_MS : undefined;
}
