import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const launcher = join(dirname(dirname(import.meta.dirname)), 'bin', 'bmdemo.js');

/** One command of the built program as a process, and what it has said so far. */
export class CliProcess {
  readonly process: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #out = '';
  #err = '';

  /** Starts it. Nothing of the environment but what is given here says anything to bmdemo. */
  constructor(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('BMDEMO_') && name !== 'NO_COLOR',
    );
    this.process = spawn(process.execPath, [launcher, ...words], {
      env: { ...Object.fromEntries(inherited), XDG_CONFIG_HOME: '/nonexistent', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal }));
    this.process.stdout?.on('data', (chunk: Buffer) => {
      this.#out += chunk;
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.#err += chunk;
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#heard(line));
    }
    void this.#ended.then(() => this.#wake());
  }

  /** The first line, of either stream, that matches; rejects when it ends without one. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`no line matches ${pattern}:\n${this.#out}${this.#err}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** How it ended, and all that it said. */
  async outcome(): Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string; err: string }> {
    return { ...(await this.#ended), out: this.#out, err: this.#err };
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  #heard(line: string): void {
    this.#lines.push(line);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
