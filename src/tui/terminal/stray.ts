/** Lines that are kept of what others wrote while the console was up. */
const MAX_LINES = 200;

/** A stream that others than the console may write to. */
interface Writer {
  write: (...data: never[]) => boolean;
}

/**
 * Keeps everybody else from writing to the terminal: one line from a library would tear the screen. What they write is kept,
 * the last of it, for the crash file.
 */
export class StrayOutput {
  readonly #lines: string[] = [];
  readonly #undo: (() => void)[] = [];

  /** Takes the writing from these streams. */
  capture(...streams: readonly Writer[]): void {
    for (const stream of streams) {
      const own = Object.getOwnPropertyDescriptor(stream, 'write');
      const { write } = stream;
      stream.write = (...data: readonly unknown[]) => {
        this.#take(data[0]);
        const callback = data.find((argument) => typeof argument === 'function');
        if (typeof callback === 'function') queueMicrotask(() => callback());
        return true;
      };
      this.#undo.push(() => {
        if (own === undefined) delete (stream as Partial<Writer>).write;
        else stream.write = write;
      });
    }
  }

  /** Gives the writing back. */
  release(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** The last lines that were kept from the terminal. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  #take(data: unknown): void {
    const text = typeof data === 'string' ? data : data instanceof Uint8Array ? Buffer.from(data).toString() : '';
    this.#lines.push(...text.split('\n').filter((line) => line !== ''));
    this.#lines.splice(0, Math.max(0, this.#lines.length - MAX_LINES));
  }
}
