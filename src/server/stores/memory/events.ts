import { randomBytes } from 'node:crypto';
import type { Millis } from '../../../core/domain/time.ts';
import type { Origin } from '../../../core/ports/origin.ts';
import type { Keep } from '../../../core/ports/retention.ts';
import type { Cursor, CursorFault, EventDraft, StoredEvent, Tail } from '../../../core/ports/store.ts';
import type { Baselines } from './baselines.ts';

/** `m`, the epoch of the log, and the number of the last event that was read. */
const CURSOR = /^m([0-9a-f]{12})\.(0|[1-9]\d{0,14})$/;

/** The event log: numbers 1, 2, 3 …, of which at most the last `capacity` are kept, in a ring. */
export class EventLog {
  readonly baselines: Baselines;
  readonly #capacity: number;
  /** Tells this log from one of another process, whose numbers mean other events. */
  readonly #epoch = randomBytes(6).toString('hex');
  /** The event with number n has slot (n - 1) % capacity. */
  readonly #ring: (StoredEvent | undefined)[] = [];
  #last = 0;
  /** The last number that was let go of. */
  #swept = 0;

  constructor(capacity: number, baselines: Baselines) {
    this.#capacity = capacity;
    this.baselines = baselines;
  }

  /** The last number that was given. */
  get last(): number {
    return this.#last;
  }

  /** The last number that was let go of: every later one is kept. */
  get swept(): number {
    return this.#swept;
  }

  /** Adds the events of one commit. */
  append(machineId: string, drafts: readonly EventDraft[], origin: Origin): void {
    for (const draft of drafts) {
      if (this.#last - this.#swept >= this.#capacity) this.#dropFirst();
      this.#last += 1;
      const event = { ...draft, ...origin, machineId, cursor: this.cursor(this.#last) };
      this.#ring[(this.#last - 1) % this.#capacity] = event;
    }
  }

  /** Where the log ends now. */
  head(): Cursor {
    return this.cursor(this.#last);
  }

  /** Events after a cursor, oldest first, at most `limit`. */
  tail(after: Cursor, limit: number): Tail | CursorFault {
    const from = this.place(after);
    if (typeof from !== 'number') return from;
    if (from < this.#swept) return { kind: 'expired' };
    const to = Math.min(this.#last, from + limit);
    const events: StoredEvent[] = [];
    for (let number = from + 1; number <= to; number += 1) events.push(this.at(number));
    return { events, cursor: this.cursor(to), caughtUp: to === this.#last };
  }

  /** Every event that is kept, oldest first. */
  *all(): Generator<StoredEvent> {
    for (let number = this.#swept + 1; number <= this.#last; number += 1) yield this.at(number);
  }

  /** The event of a number that is kept. */
  at(number: number): StoredEvent {
    return this.#ring[(number - 1) % this.#capacity] as StoredEvent;
  }

  /** The cursor of a number. */
  cursor(number: number): Cursor {
    return `m${this.#epoch}.${number}`;
  }

  /** The number in a cursor, kept or not. */
  place(cursor: Cursor): number | CursorFault {
    const match = CURSOR.exec(cursor);
    if (match === null) return { kind: 'malformed' };
    if (match[1] !== this.#epoch) return { kind: 'expired' };
    const number = Number(match[2]);
    return number > this.#last ? { kind: 'malformed' } : number;
  }

  /** Lets go of at most `most` events that are too old or too many; the answer is how many. */
  sweep(keep: Keep, now: Millis, most: number): number {
    const tooMany = keep.count === null ? 0 : this.#last - this.#swept - keep.count;
    const oldest = keep.ageMs === null ? Number.NEGATIVE_INFINITY : now - keep.ageMs;
    let gone = 0;
    while (gone < most && this.#swept < this.#last) {
      if (gone >= tooMany && this.at(this.#swept + 1).at >= oldest) break;
      this.#dropFirst();
      gone += 1;
    }
    return gone;
  }

  #dropFirst(): void {
    this.#swept += 1;
    this.baselines.fold(this.at(this.#swept));
    this.#ring[(this.#swept - 1) % this.#capacity] = undefined;
  }
}
