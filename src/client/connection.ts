import { setTimeout as sleep } from 'node:timers/promises';
import type { BackOff } from './back-off.ts';
import { backOffMs } from './back-off.ts';
import type { ClientError } from './client-error.ts';

/** How a client stands with its server; times are milliseconds since 1970. */
export type ConnectionState =
  /** Nothing was heard so far. */
  | { readonly kind: 'connecting'; readonly since: number }
  | { readonly kind: 'connected'; readonly since: number }
  /** The server does not answer; attempt `attempt` to reach it again comes at `retryAt`. */
  | {
      readonly kind: 'lost';
      readonly since: number;
      readonly attempt: number;
      readonly retryAt: number;
      readonly error: ClientError;
    }
  | { readonly kind: 'closed'; readonly since: number };

/** Asks the server for a sign of life, and answers how long it took in milliseconds. */
export type Ping = (signal: AbortSignal) => Promise<number>;

/**
 * What is known of the connection, shared by all calls of a client: each says what it saw (`heard`, `lost`), and after a
 * loss one loop, not one a stream, tries to reach the server again until it is back or the client is closed.
 */
export class Connection {
  readonly #ping: Ping;
  readonly #backOff: BackOff;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #closing = new AbortController();
  #state: ConnectionState = { kind: 'connecting', since: Date.now() };
  readonly #latencyListeners = new Set<(latencyMs: number) => void>();
  #latencyMs: number | null = null;
  #reached = false;
  /** Attempts since the connection last held for longer than the longest wait. */
  #attempt = 0;
  /** Ends the loop that tries again; null while none runs. */
  #recovery: AbortController | null = null;

  constructor(ping: Ping, backOff: BackOff) {
    this.#ping = ping;
    this.#backOff = backOff;
  }

  /** How it stands now; a new object with every change. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** How long the last answer to a call with one answer took, in milliseconds; null before the first. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  /** Whether the server ever answered. */
  get reached(): boolean {
    return this.#reached;
  }

  /** Calls `listener` after every change of `state`, until the function that it answers is called. */
  subscribe(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` with how long it took, in milliseconds, after every answer, until the function that it answers is called. */
  onLatency(listener: (latencyMs: number) => void): () => void {
    this.#latencyListeners.add(listener);
    return () => this.#latencyListeners.delete(listener);
  }

  /** Says that the server answered something, and how long that took in milliseconds where it is known. */
  heard(latencyMs?: number): void {
    this.#reached = true;
    if (latencyMs !== undefined) this.#measured(latencyMs);
    if (this.#state.kind === 'connected') return;
    this.#recovery?.abort();
    this.#recovery = null;
    this.#set({ kind: 'connected', since: Date.now() });
  }

  /** Says that a call was lost; begins to try again unless that is under way. */
  lost(error: ClientError): void {
    const { kind, since } = this.#state;
    if (kind === 'lost' || kind === 'closed') return;
    if (kind === 'connected' && Date.now() - since > this.#backOff.capMs) this.#attempt = 0;
    void this.#recover(error);
  }

  /** Pings once; failing, it throws, and the state stays as it is. */
  async ping(signal?: AbortSignal): Promise<number> {
    const closing = this.#closing.signal;
    const latency = await this.#ping(signal === undefined ? closing : AbortSignal.any([closing, signal]));
    this.heard(latency);
    return latency;
  }

  /**
   * Resolves once the server answers.
   *
   * @throws the signal's reason when it aborts; an AbortError when the client is closed
   */
  async connected(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    if (this.#state.kind === 'connected') return;
    await new Promise<void>((resolve, reject) => {
      const settle = (settled: () => void) => {
        unsubscribe();
        signal?.removeEventListener('abort', abort);
        settled();
      };
      const abort = () => settle(() => reject(signal?.reason));
      const unsubscribe = this.subscribe((state) => {
        if (state.kind === 'connected') settle(resolve);
        if (state.kind === 'closed') settle(() => reject(this.#closing.signal.reason));
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Ends every wait; nothing is heard of the server any more. */
  close(): void {
    if (this.#state.kind === 'closed') return;
    this.#recovery?.abort();
    this.#closing.abort();
    this.#set({ kind: 'closed', since: Date.now() });
    this.#listeners.clear();
    this.#latencyListeners.clear();
  }

  async #recover(first: ClientError): Promise<void> {
    const recovery = new AbortController();
    this.#recovery = recovery;
    const since = Date.now();
    let error = first;
    while (!recovery.signal.aborted) {
      this.#attempt += 1;
      const wait = backOffMs(this.#backOff, this.#attempt, Math.random());
      this.#set({ kind: 'lost', since, attempt: this.#attempt, retryAt: Date.now() + wait, error });
      try {
        await sleep(wait, undefined, { signal: recovery.signal });
        await this.ping(recovery.signal);
      } catch (failure) {
        error = failure as ClientError;
      }
    }
  }

  #measured(latencyMs: number): void {
    this.#latencyMs = latencyMs;
    for (const listener of [...this.#latencyListeners]) listener(latencyMs);
  }

  #set(state: ConnectionState): void {
    if (this.#state.kind === 'closed') return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
