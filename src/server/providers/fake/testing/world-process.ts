import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type FileWorld, openFileWorld } from '../world/sqlite.ts';

type Method = 'begin' | 'write' | 'end';
type Answer = { readonly value: unknown } | { readonly error: string };

/** A process of its own that has a world open, and does with it what it is told. */
export class WorldProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts one; resolves when it has the world open. */
  static async open(path: string): Promise<WorldProcess> {
    const child = fork(import.meta.filename, [path], { execArgv: [] });
    await once(child, 'message');
    return new WorldProcess(child);
  }

  /** Has it call a method of the world. One call at a time. */
  async call<M extends Method>(
    method: M,
    ...args: Parameters<FileWorld[M]>
  ): Promise<Awaited<ReturnType<FileWorld[M]>>> {
    const answered = once(this.#child, 'message') as Promise<[Answer]>;
    this.#child.send([method, args]);
    const [answer] = await answered;
    if ('error' in answer) throw new Error(answer.error);
    return answer.value as Awaited<ReturnType<FileWorld[M]>>;
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills it; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** The part that runs in the process. */
function serve(path: string): void {
  const world = openFileWorld({ path, clock: Date });
  const methods = world as unknown as Readonly<Record<Method, (...args: readonly unknown[]) => Promise<unknown>>>;
  process.on('message', ([method, args]: [Method, readonly unknown[]]) => {
    methods[method](...args).then(
      (value) => process.send?.({ value: value ?? null }),
      (error: Error) => process.send?.({ error: error.message }),
    );
  });
  process.on('disconnect', () => process.exit());
  process.send?.('open');
}

const [, script, path] = process.argv;
if (script === import.meta.filename && path !== undefined) serve(path);
