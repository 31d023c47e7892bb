import { EventEmitter } from 'node:events';
import type { Size } from '../store/layout.ts';

/** The stream that the console draws on. */
export interface ScreenStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(data: string, callback?: (error?: Error | null) => void): boolean;
  on(event: 'resize' | 'error', listener: (error: Error) => void): unknown;
  off(event: 'resize' | 'error', listener: (error: Error) => void): unknown;
}

/** Who also gets what is drawn on the screen of a console. */
export interface ScreenTap {
  /** What Ink draws, as it comes. */
  write(data: string): void;
  /** The terminal has another size; what comes from now on is drawn for that. */
  resize(size: Size): void;
  /** The console is about to leave its screen: nothing comes any more. */
  end(): void;
}

/** What leaves the alternate screen. */
const LEAVE_SCREEN = '\x1b[?1049l';

/** The terminal's private modes that a console turns on or off, with what they are when it begins. */
const RESTING = new Map([
  ['2026', 'l'], // synchronized output
  ['2004', 'l'], // bracketed paste
  ['1049', 'l'], // the alternate screen
  ['25', 'h'], // the cursor
]);
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const PRIVATE_MODE = /\x1b\[\?(2026|2004|1049|25)([hl])/g;
const BEGIN_SYNCHRONIZED = '\x1b[?2026h';
const END_SYNCHRONIZED = '\x1b[?2026l';
const HOME_AND_ERASE = '\x1b[H\x1b[0m\x1b[2J';

/**
 * What Ink gets for its stdout. It stands between Ink and the terminal for three reasons: it notes which modes are on,
 * so that all of them can be taken back whatever has happened; it keeps writing where others are kept from it; and Ink
 * learns of a new size only when the console has been laid out for it, so that no frame of the old size is drawn on it.
 */
export class TerminalOutput extends EventEmitter implements NodeJS.WritableStream {
  readonly isTTY = true;
  readonly writable = true;
  readonly #stream: ScreenStream;
  readonly #write: ScreenStream['write'];
  readonly #tap: ScreenTap | undefined;
  readonly #modes = new Map(RESTING);
  #size: Size;
  /** What is drawn is not to be seen yet. */
  #holds = false;

  /**
   * @param stream the terminal; its `write` is taken as it is now
   * @param tap also gets what is drawn, until the screen is left
   */
  constructor(stream: ScreenStream, tap?: ScreenTap) {
    super();
    this.#stream = stream;
    this.#tap = tap;
    this.#write = stream.write.bind(stream);
    this.#size = this.measure();
  }

  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  /** The terminal's size now, whatever Ink was told. */
  measure(): Size {
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
  }

  /** Takes on a size; Ink is told by the `resize` that `repaint` emits. */
  takeSize(size: Size): void {
    const { columns, rows } = this.#size;
    this.#size = size;
    if (columns !== size.columns || rows !== size.rows) this.#tap?.resize(size);
  }

  write(data: string | Uint8Array, ...rest: unknown[]): boolean {
    const whole = typeof data === 'string' ? data : Buffer.from(data).toString();
    const text = this.#holds ? whole.replaceAll(END_SYNCHRONIZED, '') : whole;
    for (const [, mode = '', state = ''] of text.matchAll(PRIVATE_MODE)) this.#modes.set(mode, state);
    this.#tell(text);
    const callback = rest.find((argument) => typeof argument === 'function');
    return this.#write(text, callback as ((error?: Error | null) => void) | undefined);
  }

  /**
   * Asks the terminal to put a text on its clipboard; no answer comes back. It is no part of the screen, so that nobody who
   * plays a recording of it gets it on theirs.
   *
   * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (OSC 52)
   */
  toClipboard(text: string): void {
    this.#write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);
  }

  #tell(text: string): void {
    if (this.#tap === undefined) return;
    const [drawn = '', ...left] = text.split(LEAVE_SCREEN);
    this.#tap.write(drawn);
    if (left.length > 0) this.#tap.end();
  }

  end(): this {
    return this;
  }

  /** Empties the screen, whatever is on it. It is seen with the frame that comes next, whose end ends the synchronization. */
  erase(): void {
    this.write(BEGIN_SYNCHRONIZED + HOME_AND_ERASE);
  }

  /** What is drawn meanwhile, in however many frames and whatever is erased between them, is seen at once when it is over. */
  atOnce(draw: () => void): void {
    this.write(BEGIN_SYNCHRONIZED);
    this.#holds = true;
    try {
      draw();
    } finally {
      this.#holds = false;
      this.write(END_SYNCHRONIZED);
    }
  }

  /** Brings back every mode that is not as it was; nothing where all are. */
  restore(): void {
    const changed = [...this.#modes].filter(([mode, state]) => RESTING.get(mode) !== state);
    if (changed.length === 0) return;
    this.write(changed.map(([mode]) => `\x1b[?${mode}${RESTING.get(mode)}`).join(''));
  }
}
