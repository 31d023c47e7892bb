import type { Client } from '../../client/client.ts';
import type { LogChunk, Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { transitions } from './transitions.ts';

/** How long a server may be away before following gives up, in milliseconds. */
export const PATIENCE_MS = 60_000;

/**
 * A run's log while it is followed. It comes by another stream than what becomes of the run, and either may be the quicker
 * one: lines wait until their attempt has been told to begin, and are caught up with before it is told to have ended.
 */
export class FollowedLog {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly #runId: string;
  readonly #tell: (chunk: LogChunk) => Promise<void>;
  /** The last attempt of each step that was told to begin. */
  readonly #begun = new Map<string, number>();
  #last: bigint;
  #over = false;
  #moved = Promise.withResolvers<void>();

  /**
   * @param run as it has been told
   * @param last the number of the last line that has been told
   * @param tell writes a line; each comes once, in the order of the log
   */
  constructor(
    { client, signal }: { readonly client: Client; readonly signal: AbortSignal },
    run: Run,
    last: bigint,
    tell: (chunk: LogChunk) => Promise<void>,
  ) {
    this.#client = client;
    this.#signal = signal;
    this.#runId = run.runId;
    this.#last = last;
    this.#tell = tell;
    for (const { kind, step } of transitions(null, run))
      if (kind !== 'held') this.begins(step.name, step.retryCount + 1);
    signal.addEventListener('abort', () => this.release(), { once: true });
  }

  /** Tells the lines as they come, until the run is over and every line has been told. */
  async follow(): Promise<void> {
    const order = { runId: this.#runId, afterSequence: this.#last };
    const lines = this.#client.followLogs(order, { signal: this.#signal, patienceMs: PATIENCE_MS });
    for await (const chunk of lines) {
      while (this.#tooEarly(chunk)) await this.#moved.promise;
      await this.#once(chunk);
    }
  }

  /** Lines of this attempt may be told from now on. */
  begins(step: string, attempt: number): void {
    this.#begun.set(step, attempt);
    this.#move();
  }

  /** Tells what there is of a step's lines: they were recorded before its outcome was. */
  async catchUp(step: string): Promise<void> {
    const order = { runId: this.#runId, afterSequence: this.#last, follow: false };
    for await (const chunk of this.#client.followLogs(order, { signal: this.#signal })) {
      if (chunk.step !== step || this.#tooEarly(chunk)) return;
      await this.#once(chunk);
    }
  }

  /** No line waits any more: the run is over, and whatever there is may be told. */
  release(): void {
    this.#over = true;
    this.#move();
  }

  #tooEarly({ step, attempt }: LogChunk): boolean {
    return !this.#over && step !== '' && attempt > (this.#begun.get(step) ?? 0);
  }

  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  async #once(chunk: LogChunk): Promise<void> {
    if (chunk.sequence <= this.#last) return;
    this.#last = chunk.sequence;
    await this.#tell(chunk);
  }
}
