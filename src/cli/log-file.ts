import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';

/** A file may grow to so many bytes; then it becomes `FILE.1`, in place of the one before, and a new one begins. */
const MAX_BYTES = 8 * 1024 * 1024;

/** A log file that only its owner can read, and that does not grow without end. What cannot be written is dropped. */
export class LogFile extends Writable {
  readonly #path: string;
  #descriptor: number | null = null;
  #bytes = 0;

  constructor(path: string) {
    super({ decodeStrings: true });
    this.#path = path;
    this.#begin();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#bytes > 0 && this.#bytes + chunk.length > MAX_BYTES) this.#begin();
    try {
      if (this.#descriptor !== null) this.#bytes += writeSync(this.#descriptor, chunk);
    } catch {
      this.#end(); // A full disk is no reason for a server to end.
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#end();
    done(error);
  }

  #begin(): void {
    this.#end();
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      try {
        renameSync(this.#path, `${this.#path}.1`);
      } catch {
        // There was none.
      }
      this.#descriptor = openSync(this.#path, 'a', 0o600);
      this.#bytes = 0;
    } catch {
      this.#descriptor = null; // Nowhere to write to: those who ask the server for its log still see it.
    }
  }

  #end(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
