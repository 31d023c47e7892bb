import type { Cursor, CursorFault } from '../../core/ports/store.ts';
import { RpcError } from '../../wire/errors.ts';
import type { Entry } from './entry.ts';
import type { EventRing } from './event-ring.ts';
import type { Hub } from './hub.ts';

/** Entries taken from the ring in one go: what a reader may hold while its client is slow. */
const FROM_RING = 64;
/** Entries read from the store in one go, by who is further behind. */
const FROM_STORE = 200;

/** One watcher's way along the event log: out of the ring where it is there, else out of the store. */
export class EventReader {
  readonly #hub: Hub;
  readonly #anew: string;
  #cursor: Cursor;
  /** Where in which ring the cursor is; null where it is in none. */
  #at: { readonly ring: EventRing; place: number } | null = null;

  /**
   * @param cursor the reader begins right after it
   * @param anew what a watch without a cursor begins with, for who is told that this one has expired
   */
  constructor(hub: Hub, cursor: Cursor, anew = 'the present state') {
    this.#hub = hub;
    this.#cursor = cursor;
    this.#anew = anew;
  }

  /** True where the reader has taken everything that the hub has. */
  get caughtUp(): boolean {
    return this.#at !== null && this.#at.ring === this.#hub.ring && this.#at.place === this.#at.ring.end;
  }

  /**
   * The next entries; none where there are no more at this moment.
   *
   * @throws RpcError OUT_OF_RANGE or INVALID_ARGUMENT where the log cannot go on from the cursor
   */
  async read(): Promise<readonly Entry[]> {
    return this.#fromRing() ?? (await this.#fromStore());
  }

  #fromRing(): readonly Entry[] | null {
    const { ring } = this.#hub;
    if (this.#at?.ring !== ring || this.#at.place < ring.first) {
      const place = ring.locate(this.#cursor);
      this.#at = place === null ? null : { ring, place };
    }
    if (this.#at === null) return null;
    const entries = ring.slice(this.#at.place, FROM_RING);
    this.#at.place += entries.length;
    this.#moveTo(entries);
    return entries;
  }

  async #fromStore(): Promise<readonly Entry[]> {
    for (;;) {
      const tail = await this.#hub.store.tail(this.#cursor, FROM_STORE);
      if ('kind' in tail) {
        throw cursorRefused(tail, `watch again without a cursor, which begins with ${this.#anew}`);
      }
      const entries = await this.#hub.entriesOf(tail.events);
      this.#cursor = tail.cursor;
      this.#moveTo(entries);
      if (entries.length > 0 || tail.caughtUp) return entries;
    }
  }

  #moveTo(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last !== undefined) this.#cursor = last.event.cursor;
  }
}

/** What a client is told whose `after_cursor` cannot be served; `advice` is for one that has expired. */
export function cursorRefused(fault: CursorFault, advice: string): RpcError {
  if (fault.kind === 'malformed') {
    const description = 'is no cursor of this server; send one as it came, or none to start anew';
    return new RpcError({
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELD',
      message: `after_cursor ${description}`,
      fieldViolations: [{ field: 'after_cursor', description }],
    });
  }
  return new RpcError({
    code: 'OUT_OF_RANGE',
    reason: 'CURSOR_EXPIRED',
    message: `the events after this cursor are not all kept any more; ${advice}`,
  });
}
