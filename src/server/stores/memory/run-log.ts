import type { LogDraft, LogLine } from '../../../core/ports/store.ts';
import type { LogBudget } from '../shared/log-gap.ts';
import { gapLine } from '../shared/log-gap.ts';
import { LineChunk } from './line-chunk.ts';

/** What a line takes beside its text, in bytes; what keeps empty lines from being free. */
const LINE_OVERHEAD = 24;

/** The log of one run: its first lines, its last ones, and a line that stands for what was dropped between. */
export class RunLog {
  readonly #budget: LogBudget;
  readonly #head = new Lines();
  readonly #tail = new Lines();
  #headIsFull = false;
  #next = 1;
  #dropped = 0;
  /** The last line that was dropped, without its text. */
  #lastDropped: Omit<LogLine, 'stream' | 'data'> | null = null;

  constructor(budget: LogBudget) {
    this.#budget = budget;
  }

  /** What it takes, in bytes. */
  get weight(): number {
    return this.#head.weight + this.#tail.weight;
  }

  /** Takes one line and gives it the next number. */
  append(draft: LogDraft): void {
    const { headLines, headBytes, tailLines, tailBytes } = this.#budget;
    const sequence = this.#next;
    this.#next += 1;
    this.#headIsFull ||= this.#head.size >= headLines || this.#head.bytes + draft.data.byteLength > headBytes;
    if (!this.#headIsFull) {
      this.#head.append(sequence, draft);
      return;
    }
    this.#tail.append(sequence, draft);
    // The newest line always stays, whatever the limits say: readers wait for the last number.
    while (this.#tail.size > 1 && (this.#tail.size > tailLines || this.#tail.bytes > tailBytes)) {
      this.#note(1, this.#tail.dropFirst());
    }
  }

  /** Lines with a number above `after`, at most `limit`. */
  read(after: number, limit: number): LogLine[] {
    const found: LogLine[] = [];
    this.#head.read(after, limit, found);
    if (this.#lastDropped !== null && this.#lastDropped.sequence > after && found.length < limit) {
      found.push(gapLine(this.#dropped, this.#lastDropped));
    }
    this.#tail.read(after, limit, found);
    return found;
  }

  /** Drops every line that it has; the numbers go on. */
  shed(): void {
    this.#headIsFull = true;
    for (const lines of [this.#head, this.#tail]) {
      const last = lines.last();
      if (last !== null) this.#note(lines.size, last);
      lines.clear();
    }
  }

  #note(dropped: number, { at, step, attempt, sequence }: LogLine): void {
    this.#dropped += dropped;
    if (sequence > (this.#lastDropped?.sequence ?? 0)) this.#lastDropped = { at, step, attempt, sequence };
  }
}

/** A run of lines with consecutive numbers that grows at its end and shrinks at its beginning. */
class Lines {
  #chunks: LineChunk[] = [];
  #size = 0;
  #bytes = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get weight(): number {
    return this.#bytes + this.#size * LINE_OVERHEAD;
  }

  append(sequence: number, draft: LogDraft): void {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.full) {
      chunk = new LineChunk(sequence);
      this.#chunks.push(chunk);
    }
    chunk.append(draft);
    this.#size += 1;
    this.#bytes += draft.data.byteLength;
  }

  /** Adds the lines above `after` to `found`, until that has `limit`. */
  read(after: number, limit: number, found: LogLine[]): void {
    for (const chunk of this.#chunks) {
      if (found.length >= limit) return;
      for (let at = Math.max(chunk.first, after + 1); at <= chunk.last && found.length < limit; at += 1) {
        found.push(chunk.line(at));
      }
    }
  }

  dropFirst(): LogLine {
    const chunk = this.#chunks[0];
    if (chunk === undefined) throw new Error('there is no line to drop');
    const line = chunk.dropFirst();
    if (chunk.size === 0) this.#chunks.shift();
    this.#size -= 1;
    this.#bytes -= line.data.byteLength;
    return line;
  }

  last(): LogLine | null {
    const chunk = this.#chunks.at(-1);
    return chunk === undefined ? null : chunk.line(chunk.last);
  }

  clear(): void {
    this.#chunks = [];
    this.#size = 0;
    this.#bytes = 0;
  }
}
