import type { ConsoleBackend } from '../backend.ts';
import { isConnected, steadyLatency } from '../store/connection.ts';
import type { ConsoleStore } from '../store/store.ts';

/** After so long without an answer the server is asked for one, in ms: who only looks on makes no calls. */
const IDLE_MS = 30_000;
/** The first time it is asked sooner, in ms: what answers while a console begins takes the time that its first picture takes. */
const SETTLED_MS = 2_000;
/** Of so many answers the quickest counts: the others were kept waiting, here or there. */
const RECENT = 3;

/** Keeps the store in step with how long the server's answers take. */
export class LatencyWatch {
  readonly #store: ConsoleStore;
  readonly #backend: ConsoleBackend;
  readonly #closing = new AbortController();
  readonly #recent: number[] = [];
  #asked = false;
  #idle: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(store: ConsoleStore, backend: ConsoleBackend) {
    this.#store = store;
    this.#backend = backend;
  }

  start(): void {
    this.#unsubscribe = this.#backend.onLatency((latencyMs) => this.#take(latencyMs));
    this.#wait();
  }

  close(): void {
    this.#closing.abort();
    this.#unsubscribe();
    clearTimeout(this.#idle);
  }

  #take(measured: number): void {
    this.#wait();
    this.#recent.push(measured);
    if (this.#recent.length > RECENT) this.#recent.shift();
    const { connection } = this.#store.getState();
    const latencyMs = steadyLatency(connection.latencyMs, Math.min(...this.#recent));
    if (latencyMs !== connection.latencyMs) this.#store.setState({ connection: { ...connection, latencyMs } });
  }

  #wait(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#ask(), this.#asked ? IDLE_MS : SETTLED_MS);
  }

  async #ask(): Promise<void> {
    this.#asked = true;
    // Whether a server that is lost is back, the client asks by itself.
    if (isConnected(this.#store.getState().connection)) {
      await this.#backend.ping(this.#closing.signal).catch(() => undefined);
    }
    if (!this.#closing.signal.aborted) this.#wait();
  }
}
