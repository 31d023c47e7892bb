import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { IPty } from '@lydell/node-pty';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** The program as people start it. */
export const PROGRAM = join(dirname(dirname(import.meta.dirname)), 'bin', 'bmdemo.js');

/** How a process on a terminal is started. */
export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What is started, in place of the program. */
  readonly command?: readonly [string, ...string[]];
}

/** How a process ended. */
interface Ended {
  readonly exitCode: number;
  readonly signal?: number | undefined;
}

/** A process on a real terminal of the system, with somebody who types and looks. */
export class PtyTerminal {
  readonly #pty: IPty;
  /** What is on the screen, as a terminal program has it. */
  readonly emulator: InstanceType<typeof xterm.Terminal>;
  /** The folder that it was started in, which is its own and goes with it. */
  readonly home: string;
  readonly #looking = new Set<() => void>();
  readonly ended: Promise<Ended>;
  /** Everything that the process wrote. */
  written = '';

  private constructor(pty: IPty, columns: number, rows: number, home: string) {
    this.#pty = pty;
    this.home = home;
    this.emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    pty.onData((data) => {
      this.written += data;
      this.emulator.write(data, () => {
        for (const look of this.#looking) look();
      });
    });
    this.ended = new Promise((resolve) => pty.onExit((end) => this.emulator.write('', () => resolve(end))));
  }

  /** Starts the program, with a home of its own. */
  static async start(args: readonly string[], options: PtyOptions = {}): Promise<PtyTerminal> {
    const { columns = 120, rows = 40 } = options;
    const home = await mkdtemp(join(tmpdir(), 'bmdemo-pty-'));
    const env: Record<string, string | undefined> = {
      ...process.env,
      TERM: 'xterm-256color',
      XDG_STATE_HOME: home,
      XDG_CONFIG_HOME: home,
      LC_ALL: 'C.UTF-8',
    };
    for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'NODE_ENV', 'VITEST']) delete env[name];
    const [file, ...rest] = options.command ?? [process.execPath, PROGRAM, ...args];
    const pty = spawn(file, rest, { cols: columns, rows, cwd: home, env: { ...env, ...options.env } });
    return new PtyTerminal(pty, columns, rows, home);
  }

  /** Kills what still runs, and takes its files away. */
  async close(): Promise<void> {
    try {
      process.kill(this.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
    await this.ended;
    await rm(this.home, { recursive: true, force: true });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  /** Pastes, as terminals with bracketed paste do. */
  paste(text: string): void {
    this.#pty.write(`\x1b[200~${text}\x1b[201~`);
  }

  resize(columns: number, rows: number): void {
    this.emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The rows of the screen, without the blanks behind them. */
  get rows(): string[] {
    const { active } = this.emulator.buffer;
    return Array.from({ length: this.emulator.rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    );
  }

  get text(): string {
    return this.rows.join('\n');
  }

  get isFullScreen(): boolean {
    return this.emulator.buffer.active.type === 'alternate';
  }

  /** Resolves once the screen shows it; looks each time that a frame is whole. */
  async until(shown: string | RegExp | ((text: string) => boolean)): Promise<string> {
    const isShown = (text: string) =>
      typeof shown === 'string' ? text.includes(shown) : shown instanceof RegExp ? shown.test(text) : shown(text);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = () => {
      if (!this.emulator.modes.synchronizedOutputMode && isShown(this.text)) resolve(this.text);
    };
    const late = setTimeout(() => reject(new Error(`never shown: ${shown}\n${this.text}`)), 15_000);
    this.#looking.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.#looking.delete(look);
    }
  }
}
