import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../terminal/private-file.ts';

const FILE = 'command-history.txt';
/** Lines that are kept; the oldest leave. */
const MAX_LINES = 100;

/** The lines that were typed behind `:`, the newest first, across sessions: in a file that only its owner can read. */
export class CommandHistory {
  readonly #directory: string;
  #lines: readonly string[];
  #written: Promise<unknown> = Promise.resolve();

  /** @param directory where the file is; one that is missing or cannot be read is an empty one */
  constructor(directory: string) {
    this.#directory = directory;
    this.#lines = readLines(join(directory, FILE));
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves when every line that was added is in the file, or cannot be. */
  get written(): Promise<unknown> {
    return this.#written;
  }

  /** Takes a line as the newest; one that was there before moves. */
  add(line: string): void {
    this.#lines = [line, ...this.#lines.filter((one) => one !== line)].slice(0, MAX_LINES);
    const text = this.#lines.map((one) => `${one}\n`).join('');
    // One after the other. What cannot be kept is missed the next time at most: nobody is bothered with it now.
    this.#written = this.#written.then(() => replaceFile(this.#directory, FILE, text)).catch(() => undefined);
  }
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, MAX_LINES);
  } catch {
    return [];
  }
}
