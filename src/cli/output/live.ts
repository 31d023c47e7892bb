import { ellipsis } from '../../tui/format/cells.ts';
import type { Io, Output } from './io.ts';

/** The terminal echoes a Ctrl-C as `^C`, which must not wrap into a line of its own. */
const ECHO_CELLS = 2;

/** Lines that come as things happen, and below them, on a terminal, one line that is drawn over and over. */
export class LiveLines {
  readonly #lines: Output;
  readonly #status: Output;
  #drawn = false;
  /** One write after another, also where two streams tell at the same time. */
  #tail: Promise<void> = Promise.resolve();

  /** @param lines where the lines go; the line below them is on stderr, and only where that is a terminal */
  constructor(io: Io, lines: Output) {
    this.#lines = lines;
    this.#status = io.err;
  }

  /** Writes a line. */
  line(text: string): Promise<void> {
    return this.#then(async () => {
      await this.#clear();
      await this.#lines.line(text);
    });
  }

  /** Writes a line to stderr, where the others go to stdout. */
  note(text: string): Promise<void> {
    return this.#then(async () => {
      await this.#clear();
      await this.#status.line(text);
    });
  }

  /** Draws the line below, cut to the terminal's width; an empty text takes it away. */
  status(text: string): Promise<void> {
    if (!this.#status.isTerminal) return Promise.resolve();
    return this.#then(async () => {
      await this.#clear();
      if (text === '') return;
      await this.#status.write(ellipsis(text, this.#status.columns() - ECHO_CELLS));
      this.#drawn = true;
    });
  }

  async #clear(): Promise<void> {
    if (!this.#drawn) return;
    this.#drawn = false;
    await this.#status.write('\r\u001b[2K');
  }

  #then(write: () => Promise<void>): Promise<void> {
    const written = this.#tail.then(write);
    this.#tail = written.catch(() => undefined);
    return written;
  }
}
