import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from './errors.ts';
import { PROGRAM } from './long-reads-program.ts';
import type { LongAnswer, LongRead, LongResult, LongTask } from './long-reads-task.ts';

/** So many reads wait for the thread at most. */
const MAX_WAITING = 64;

interface Waiting {
  readonly resolve: (answer: LongAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads what takes long in a thread of its own, one after another, so that the event loop goes on meanwhile. The thread is
 * started by the first read, and keeps no process alive while there is none.
 */
export class LongReads {
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #lastId = 0;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads.
   *
   * @throws StoreUnavailable where too many wait already, or the thread ended under the read
   */
  ask(read: LongRead): Promise<LongAnswer> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(new StoreUnavailable('too many long reads at once'));
    this.#lastId += 1;
    const task: LongTask = { id: this.#lastId, path: this.#path, read };
    const worker = this.#worker ?? this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.set(task.id, { resolve, reject });
      worker.ref();
      worker.postMessage(task);
    });
  }

  /** Ends the thread; what it was reading rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = typeof PROGRAM === 'string' ? new Worker(PROGRAM, { eval: true }) : new Worker(PROGRAM);
    let cause: unknown;
    worker.on('message', (result: LongResult) => this.#answered(worker, result));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#ended(worker, cause));
    this.#worker = worker;
    return worker;
  }

  #answered(worker: Worker, result: LongResult): void {
    const waiting = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    if (this.#waiting.size === 0) worker.unref();
    if ('answer' in result) waiting?.resolve(result.answer);
    else waiting?.reject(errorOf(result.failure));
  }

  /** Another thread is started by the next read. */
  #ended(worker: Worker, cause: unknown): void {
    if (this.#worker === worker) this.#worker = null;
    const error = new StoreUnavailable('the thread that read has ended', { cause });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function errorOf({ message, willPass }: { readonly message: string; readonly willPass: boolean }): Error {
  return willPass ? new StoreUnavailable(message) : new Error(message);
}
