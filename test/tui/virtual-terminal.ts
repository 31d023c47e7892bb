import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import xterm from '@xterm/headless';
import type { ConsoleStreams } from '../../src/tui/options.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const PRIVATE_MODE = /\x1b\[\?(\d+)([hl])/g;

/** The keyboard of a terminal that is not there: a readable stream with the modes that a real one has. */
class Keyboard extends Readable {
  readonly isTTY = true;
  isRaw = false;

  override _read(): void {}

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** The screen of a terminal that is not there: what is written to it is drawn by an emulator. */
class Screen extends EventEmitter {
  readonly isTTY = true;
  /** Everything that was written, for those who count. */
  written = '';
  readonly emulator: InstanceType<typeof xterm.Terminal>;
  #waiting = 0;

  constructor(columns: number, rows: number) {
    super();
    this.emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  }

  get columns(): number {
    return this.emulator.cols;
  }

  get rows(): number {
    return this.emulator.rows;
  }

  /** Whether everything that was written is on the screen. */
  get settled(): boolean {
    return this.#waiting === 0;
  }

  write(text: string, callback?: (error?: Error | null) => void): boolean {
    this.written += text;
    this.#waiting += 1;
    this.emulator.write(text.replaceAll('\n', '\r\n').replaceAll('\r\r\n', '\r\n'), () => {
      this.#waiting -= 1;
      this.emit('drawn');
    });
    if (callback !== undefined) queueMicrotask(() => callback());
    return true;
  }
}

/** A terminal in memory: somebody types into it and looks at it. */
export class VirtualTerminal {
  readonly keyboard = new Keyboard();
  readonly screen: Screen;
  /** What came on stderr. */
  errors = '';

  constructor(columns = 120, rows = 40) {
    this.screen = new Screen(columns, rows);
  }

  /** The streams of a process on this terminal. */
  get streams(): ConsoleStreams {
    return {
      stdin: this.keyboard as unknown as ConsoleStreams['stdin'],
      stdout: this.screen,
      stderr: {
        write: (text: string) => {
          this.errors += text;
          return true;
        },
      },
    };
  }

  /** Presses keys; all in one chunk, as when they come faster than they are read. */
  press(chunk: string): void {
    this.keyboard.push(chunk);
  }

  /** Resolves once every key that was pressed has been read. */
  async untilRead(): Promise<void> {
    while (this.keyboard.readableLength > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Pastes, as terminals with bracketed paste do. */
  paste(text: string): void {
    this.keyboard.push(`\x1b[200~${text}\x1b[201~`);
  }

  /** Writes past the console, as other processes on the same terminal do. */
  scribble(text: string): void {
    this.screen.emulator.write(text, () => this.screen.emit('drawn'));
  }

  resize(columns: number, rows: number): void {
    this.screen.emulator.resize(columns, rows);
    this.screen.emit('resize');
  }

  /** The rows of the screen, without the blanks behind them. */
  get rows(): string[] {
    const { active } = this.screen.emulator.buffer;
    return Array.from({ length: this.screen.rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    );
  }

  get text(): string {
    return this.rows.join('\n');
  }

  /** Every private mode that was turned on (`h`) or off (`l`), as it was turned last. */
  get modes(): ReadonlyMap<string, string> {
    return new Map(this.screen.written.matchAll(PRIVATE_MODE).map(([, mode = '', state = '']) => [mode, state]));
  }

  /** Whether the alternate screen is up. */
  get isFullScreen(): boolean {
    return this.screen.emulator.buffer.active.type === 'alternate';
  }

  /** Resolves once the screen shows it; looks each time that something has been drawn. */
  async until(shown: string | RegExp | ((text: string) => boolean)): Promise<string> {
    const isShown = (text: string) =>
      typeof shown === 'string' ? text.includes(shown) : shown instanceof RegExp ? shown.test(text) : shown(text);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = () => {
      if (this.screen.settled && isShown(this.text)) resolve(this.text);
    };
    const late = setTimeout(() => reject(new Error(`never shown: ${shown}\n${this.text}`)), 8_000);
    this.screen.on('drawn', look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.screen.off('drawn', look);
    }
  }
}
