import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of one tour, made when the first file is wanted, and taken away with all that is in it at the tour's end. */
export class TourFolder {
  #path: string | null = null;

  /** Writes a file, over one of that name, and answers its path. */
  write(name: string, text: string): string {
    const path = join(this.#made(), name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** The path of a store that is not there yet, another one each time. */
  freshStore(): string {
    return join(mkdtempSync(join(this.#made(), 'store-')), 'talk.db');
  }

  /** Takes everything away. A folder is made anew where one is wanted after that. */
  remove(): void {
    process.off('exit', this.#onExit);
    if (this.#path !== null) rmSync(this.#path, { recursive: true, force: true });
    this.#path = null;
  }

  #made(): string {
    if (this.#path !== null) return this.#path;
    // Where the terminal is closed, the process may end without a chance to do anything else.
    process.on('exit', this.#onExit);
    this.#path = mkdtempSync(join(tmpdir(), 'bmdemo-talk-'));
    return this.#path;
  }

  readonly #onExit = (): void => this.remove();
}
