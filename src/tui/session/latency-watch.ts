import type { ConsoleBackend } from '../backend.ts';
import { isConnected, steadyLatency } from '../store/connection.ts';
import type { ConsoleStore } from '../store/store.ts';

/** After so long without an answer the server is asked for one, in ms: who only looks on makes no calls. */
const IDLE_MS = 30_000;

/** Keeps the store in step with how long the server's answers take. */
export class LatencyWatch {
  readonly #store: ConsoleStore;
  readonly #backend: ConsoleBackend;
  readonly #closing = new AbortController();
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
    const { connection } = this.#store.getState();
    const latencyMs = steadyLatency(connection.latencyMs, measured);
    if (latencyMs !== connection.latencyMs) this.#store.setState({ connection: { ...connection, latencyMs } });
  }

  #wait(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#ask(), IDLE_MS);
  }

  async #ask(): Promise<void> {
    // Whether a server that is lost is back, the client asks by itself.
    if (isConnected(this.#store.getState().connection)) {
      await this.#backend.ping(this.#closing.signal).catch(() => undefined);
    }
    if (!this.#closing.signal.aborted) this.#wait();
  }
}
