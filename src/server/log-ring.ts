import type { Millis } from '../core/domain/time.ts';

/** How much a line matters, the least first; pino's words. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** How much a line of the server's log matters. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A line of the server's own log, secrets taken out. */
export interface ServerLogLine {
  readonly at: Millis;
  readonly level: LogLevel;
  /** The part of the server that wrote it; empty for the server as a whole. */
  readonly component: string;
  readonly message: string;
  /** What the line names, as text. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Lines from one place of the ring on. */
export interface RingRead {
  readonly lines: readonly ServerLogLine[];
  /** How many lines between the place asked for and the first of these are not there any more. */
  readonly dropped: number;
  /** The place after the last of these. */
  readonly next: number;
}

/** The last lines of the server's log, for who looks at it while it runs. The oldest make room for new ones. */
export class LogRing {
  readonly #lines: ServerLogLine[] = [];
  readonly #capacity: number;
  readonly #waiting = new Set<() => void>();
  /** How many lines there were in all: the place of the next one. */
  #next = 0;

  /** @param capacity how many lines are kept */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The place behind the last line. */
  get end(): number {
    return this.#next;
  }

  /** Takes a line and wakes who waits for one. */
  push(line: ServerLogLine): void {
    this.#lines[this.#next % this.#capacity] = line;
    this.#next += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** At most `limit` lines from `place` on, as far as they are still there. */
  read(place: number, limit: number): RingRead {
    const first = Math.max(0, this.#next - this.#capacity);
    const from = Math.max(place, first);
    const lines: ServerLogLine[] = [];
    const next = Math.max(from, Math.min(this.#next, from + limit));
    for (let at = from; at < next; at += 1) {
      const line = this.#lines[at % this.#capacity];
      if (line !== undefined) lines.push(line);
    }
    return { lines, dropped: from - place, next };
  }

  /** The place from which on there are the last `count` lines that pass, or all where there are fewer. */
  placeOfLast(count: number, passes: (line: ServerLogLine) => boolean): number {
    const first = Math.max(0, this.#next - this.#capacity);
    let place = this.#next;
    for (let found = 0; place > first && found < count; ) {
      const line = this.#lines[(place - 1) % this.#capacity];
      if (line !== undefined && passes(line)) found += 1;
      place -= 1;
    }
    return place;
  }

  /** Resolves when there is a line at `place`, or the signal is aborted. */
  wait(place: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#next > place) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
