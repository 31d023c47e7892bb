import { randomBytes } from 'node:crypto';
import type { Cursor, CursorFault, EventDraft, Origin, StoredEvent, Tail } from '../../../core/ports/store.ts';

/** `m`, the epoch of the log, and the number of the last event that was read. */
const CURSOR = /^m([0-9a-f]{12})\.(0|[1-9]\d{0,14})$/;

/** The event log: numbers 1, 2, 3 …, of which the last `capacity` are kept, in a ring. */
export class EventLog {
  readonly #capacity: number;
  /** Tells this log from one of another process, whose numbers mean other events. */
  readonly #epoch = randomBytes(6).toString('hex');
  /** The event with number n has slot (n - 1) % capacity. */
  readonly #ring: StoredEvent[] = [];
  #last = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds the events of one commit. */
  append(machineId: string, drafts: readonly EventDraft[], origin: Origin): void {
    for (const draft of drafts) {
      this.#last += 1;
      const event = { ...draft, ...origin, machineId, cursor: this.#cursor(this.#last) };
      this.#ring[(this.#last - 1) % this.#capacity] = event;
    }
  }

  /** Where the log ends now. */
  head(): Cursor {
    return this.#cursor(this.#last);
  }

  /** Events after a cursor, oldest first, at most `limit`. */
  tail(after: Cursor, limit: number): Tail | CursorFault {
    const place = CURSOR.exec(after);
    if (place === null) return { kind: 'malformed' };
    if (place[1] !== this.#epoch) return { kind: 'expired' };
    const from = Number(place[2]);
    if (from > this.#last) return { kind: 'malformed' };
    if (from < this.#last - this.#ring.length) return { kind: 'expired' };
    const to = Math.min(this.#last, from + limit);
    const events: StoredEvent[] = [];
    for (let number = from + 1; number <= to; number += 1) {
      events.push(this.#ring[(number - 1) % this.#capacity] as StoredEvent);
    }
    return { events, cursor: this.#cursor(to), caughtUp: to === this.#last };
  }

  #cursor(number: number): Cursor {
    return `m${this.#epoch}.${number}`;
  }
}
