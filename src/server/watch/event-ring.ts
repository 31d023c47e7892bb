import type { Cursor } from '../../core/ports/store.ts';
import type { Entry } from './entry.ts';

/**
 * The newest part of the event log, shared by all watchers. Places count entries from the first one that was ever put
 * in; an entry that fell out is read from the store by who still needs it.
 */
export class EventRing {
  readonly #entries: (Entry | undefined)[];
  readonly #places = new Map<Cursor, number>();
  #end = 0;
  #base: Cursor;
  #cursor: Cursor;

  /**
   * @param capacity how many entries are kept
   * @param cursor where in the log the first entry will follow
   */
  constructor(capacity: number, cursor: Cursor) {
    this.#entries = new Array(capacity);
    this.#base = cursor;
    this.#cursor = cursor;
  }

  /** The place of the oldest entry that is kept. */
  get first(): number {
    return Math.max(0, this.#end - this.#entries.length);
  }

  /** The place behind the newest entry. */
  get end(): number {
    return this.#end;
  }

  /** The cursor of the newest entry, or the one that the ring began at. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  /** Puts in the next entry of the log; the oldest makes room for it. */
  push(entry: Entry): void {
    const slot = this.#end % this.#entries.length;
    const old = this.#entries[slot];
    if (old !== undefined) {
      this.#places.delete(this.#base);
      this.#base = old.event.cursor;
    }
    this.#entries[slot] = entry;
    this.#end += 1;
    this.#cursor = entry.event.cursor;
    this.#places.set(this.#cursor, this.#end);
  }

  /** The place right after a cursor, or null where that is not in the ring. */
  locate(cursor: Cursor): number | null {
    if (cursor === this.#base) return this.first;
    return this.#places.get(cursor) ?? null;
  }

  /** At most `limit` entries from a place on, which must not be before `first`. */
  slice(place: number, limit: number): readonly Entry[] {
    const entries: Entry[] = [];
    for (let at = place; at < Math.min(this.#end, place + limit); at += 1) {
      const entry = this.#entries[at % this.#entries.length];
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }
}
