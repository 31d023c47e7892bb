import { closeSync, openSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Size } from '../../tui/store/layout.ts';
import type { ScreenTap } from '../../tui/terminal/output.ts';
import { CommandFailure, usageFailure } from '../failure.ts';

/** How a recording is made. */
export interface RecordingOrder {
  readonly file: string;
  /** Whether a file that is there is written over. */
  readonly force: boolean;
  /** Pauses longer than this are played as this, in seconds. */
  readonly idleLimitS: number;
  readonly title: string;
  readonly size: Size;
  readonly env: NodeJS.ProcessEnv;
  /** ms, of a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * A recording of the audience's screen, as asciinema plays it. Each line is written as it comes, so that what is there is valid
 * whenever the process ends. Where the disk is full it ends early and says so, and the talk goes on.
 *
 * @see https://docs.asciinema.org/manual/asciicast/v2/
 */
export class Recording implements ScreenTap {
  readonly file: string;
  readonly #now: () => number;
  readonly #begun: number;
  #descriptor: number | null;
  #fault = '';

  /** @throws CommandFailure where the file cannot be made, or is there already */
  constructor({ file, force, idleLimitS, title, size, env, now }: RecordingOrder) {
    this.file = file;
    this.#now = now;
    this.#begun = now();
    this.#descriptor = create(file, force);
    const { TERM = 'xterm-256color', SHELL = '/bin/sh' } = env;
    this.#line({
      version: 2,
      width: size.columns,
      height: size.rows,
      timestamp: Math.floor(Date.now() / 1_000),
      idle_time_limit: idleLimitS,
      title,
      env: { TERM, SHELL: SHELL.replace(homedir(), '~') },
    });
  }

  /** Why it ended early, as a sentence; empty where it did not. */
  get fault(): string {
    return this.#fault;
  }

  /** What is drawn. A terminal adds the carriage return that a recording has to have. */
  write(data: string): void {
    if (data !== '') this.#event('o', data.replaceAll(/\r?\n/g, '\r\n'));
  }

  resize({ columns, rows }: Size): void {
    this.#event('r', `${columns}x${rows}`);
  }

  /** Marks a place that a player can jump to. */
  mark(label: string): void {
    this.#event('m', label);
  }

  /** Nothing is recorded any more. May be called more than once. */
  end(): void {
    if (this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #event(code: 'o' | 'r' | 'm', data: string): void {
    const seconds = (this.#now() - this.#begun) / 1_000;
    this.#line([Number(seconds.toFixed(6)), code, data]);
  }

  #line(value: object): void {
    if (this.#descriptor === null) return;
    try {
      writeSync(this.#descriptor, `${JSON.stringify(value)}\n`);
    } catch (error) {
      this.#fault = `the recording ${this.file} ended early: ${(error as Error).message}`;
      this.end();
    }
  }
}

function create(file: string, force: boolean): number {
  try {
    return openSync(file, force ? 'w' : 'wx');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw usageFailure(`${file} is there already; --force writes over it`);
    throw new CommandFailure(`the recording ${file} cannot be made: ${message}`);
  }
}
