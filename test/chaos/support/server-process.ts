import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from './within.ts';

/** The built program. */
const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'dist', 'bmdemo.js');
/** How long a server may take to listen, and to end, in milliseconds. */
const START_MS = 30_000;
const END_MS = 15_000;
/** How long it may take until a server says something, in milliseconds. */
const LOG_MS = 30_000;
/** Lines of a server's log that are kept; the oldest go first. */
const MAX_LINES = 2_000;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One line of a server's log. */
export interface LogEntry {
  /** pino's number: 40 is a warning, 50 an error. */
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** One `bmdemo serve`, as a process of its own. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<Exit>;
  readonly #listening: Promise<string>;
  readonly #hearers = new Set<(entry: LogEntry) => void>();
  /** The last lines of its log. */
  readonly log: LogEntry[] = [];
  /** What it wrote on stderr beside its log. */
  readonly notes: string[] = [];

  /** Starts it; `listening` says when it is there. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--log-format', 'json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...withoutOwn(process.env), ...env },
    });
    this.#child = child;
    living.add(child);
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        living.delete(child);
        resolve({ code, signal });
      });
    });
    this.#listening = new Promise((resolve) => {
      createInterface(child.stdout).on('line', (line) => {
        const address = / listens on (\S+)$/.exec(line)?.[1];
        if (address !== undefined) resolve(address);
      });
    });
    createInterface(child.stderr).on('line', (line) => this.#take(line));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the server was not started');
    return this.#child.pid;
  }

  /** True until the process has ended. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Where it listens, once it does; null where it ended before that. */
  listening(): Promise<string | null> {
    const either = Promise.race([this.#listening, this.#exited.then(() => null)]);
    return within(START_MS, either, () => `the server listens: ${this.#told()}`);
  }

  /** The first line of its log that says so, before or after now. */
  logged(says: RegExp, ms = LOG_MS): Promise<LogEntry> {
    const known = this.log.find(({ msg }) => says.test(msg));
    if (known !== undefined) return Promise.resolve(known);
    const { promise, resolve } = Promise.withResolvers<LogEntry>();
    const hear = (entry: LogEntry) => {
      if (!says.test(entry.msg)) return;
      this.#hearers.delete(hear);
      resolve(entry);
    };
    this.#hearers.add(hear);
    return within(ms, promise, () => `the server says ${says}: ${this.#told()}`);
  }

  /** How it ended, once it has. */
  exited(ms = END_MS): Promise<Exit> {
    return within(ms, this.#exited, () => `the server ends: ${this.#told()}`);
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it as a crash would; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.isAlive) return;
    this.signal('SIGKILL');
    await this.exited();
  }

  /** Asks it to end; resolves when it has. */
  async terminate(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited();
  }

  /** The errors in its log. */
  faults(): readonly string[] {
    return this.log.filter(({ level }) => level >= 50).map((entry) => `in a server's log: ${JSON.stringify(entry)}`);
  }

  #take(line: string): void {
    if (!line.startsWith('{')) {
      this.notes.push(line);
      return;
    }
    const entry = JSON.parse(line) as LogEntry;
    this.log.push(entry);
    if (this.log.length > MAX_LINES) this.log.shift();
    for (const hear of [...this.#hearers]) hear(entry);
  }

  #told(): string {
    return [...this.notes, ...this.log.slice(-5).map((entry) => JSON.stringify(entry))].join('\n');
  }
}

/** The environment without what would be settings of the program. */
function withoutOwn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('BMDEMO_')));
}
