import type { LogDraft, LogLine } from '../../../core/ports/store.ts';

const MAX_LINES = 128;
const MAX_BYTES = 32 * 1024;
const FIRST_BYTES = 512;

/** What neighbouring lines mostly have in common. */
interface Label {
  readonly stream: LogDraft['stream'];
  readonly step: string;
  readonly attempt: number;
}

/**
 * Some neighbouring lines of a log. Their bytes lie in one array and their times and ends in plain ones: about 24 bytes a
 * line beside its text, where an object and an array for each took 250.
 */
export class LineChunk {
  /** The number of the first line that it ever had. */
  readonly #first: number;
  #bytes = new Uint8Array(FIRST_BYTES);
  readonly #ends: number[] = [];
  readonly #times: number[] = [];
  readonly #labels: Label[] = [];
  #skipped = 0;

  /** `first` is the number that its first line will have. */
  constructor(first: number) {
    this.#first = first;
  }

  /** The number of its last line; one below the first while it has none. */
  get last(): number {
    return this.#first + this.#ends.length - 1;
  }

  /** The number of the first line that it still has. */
  get first(): number {
    return this.#first + this.#skipped;
  }

  /** How many lines it still has. */
  get size(): number {
    return this.#ends.length - this.#skipped;
  }

  /** True where the next line belongs into another chunk. */
  get full(): boolean {
    return this.#ends.length >= MAX_LINES || this.#used >= MAX_BYTES;
  }

  get #used(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** Takes a copy of one line. */
  append({ at, stream, data, step, attempt }: LogDraft): void {
    const start = this.#used;
    const end = start + data.byteLength;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    this.#bytes.set(data, start);
    this.#ends.push(end);
    this.#times.push(at);
    const last = this.#labels.at(-1);
    const same = last?.stream === stream && last.step === step && last.attempt === attempt;
    this.#labels.push(same ? last : { stream, step, attempt });
  }

  /** The line of that number, which it must have. */
  line(sequence: number): LogLine {
    const index = sequence - this.#first;
    const label = this.#labels[index];
    const end = this.#ends[index];
    const at = this.#times[index];
    if (label === undefined || end === undefined || at === undefined || index < this.#skipped) {
      throw new Error(`line ${sequence} is not in this chunk`);
    }
    const data = this.#bytes.subarray(this.#ends[index - 1] ?? 0, end);
    return { at, stream: label.stream, data, step: label.step, attempt: label.attempt, sequence };
  }

  /** Gives up its first line and answers it. */
  dropFirst(): LogLine {
    const line = this.line(this.first);
    this.#skipped += 1;
    return line;
  }
}
