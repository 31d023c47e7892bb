import { Writable } from 'node:stream';

/**
 * Keeps what is written to it until it is released, and passes on everything from then on. A server that does not come
 * up has one sentence to say, and not a log of its end.
 */
export class HeldOutput extends Writable {
  readonly #target: Writable;
  #held: Buffer[] | null = [];

  constructor(target: Writable) {
    super({ decodeStrings: true });
    this.#target = target;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#held === null) {
      this.#target.write(chunk, done);
      return;
    }
    this.#held.push(chunk);
    done();
  }

  /** Passes on what was held. */
  release(): void {
    for (const chunk of this.#held ?? []) this.#target.write(chunk);
    this.#held = null;
  }
}
