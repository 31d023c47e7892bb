import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsoleBackend } from '../backend.ts';
import { failureMessage } from '../backend.ts';
import { takeListed, withList } from '../store/listing.ts';
import type { ChangeOf, RowOf } from '../store/lists.ts';
import type { ListKey } from '../store/place.ts';
import type { ConsoleStore } from '../store/store.ts';
import { Pacer } from './pacer.ts';

/** Rows that are asked for at once. */
const PAGE_SIZE = 200;
/** What a watch has told and nobody has taken in yet; with more, who reads it waits, and the server with it. */
const MAX_PENDING = 1_000;
/** How long a stream that failed for good rests before it is opened anew, in ms. */
export const REOPEN_MS = 2_000;

/** What a feed needs of the session. */
export interface FeedRoom {
  readonly store: ConsoleStore;
  readonly backend: ConsoleBackend;
}

/** Where the rows of a list come from. */
export interface Source<Key extends ListKey> {
  readonly key: Key;
  /** What is asked for; another one is another list. */
  readonly query: string;
  /** A page of it. */
  page(pageToken: string, pageSize: number, signal: AbortSignal): Promise<Answered<Key>>;
  /** What changes of it from now on, until the signal; `onRestart`: what was told no longer counts. */
  watch(first: Answered<Key>, signal: AbortSignal, onRestart: () => void): AsyncIterable<ChangeOf<Key>>;
}

/** A page of a list. */
export interface Answered<Key extends ListKey> {
  readonly rows: readonly RowOf[Key][];
  /** For the next page; empty: this was the last. */
  readonly more: string;
  /** Where a watch goes on behind it; empty where watches begin with the present state. */
  readonly cursor: string;
}

/** Fills a list from its source for as long as it is open: a page, what changes, and further pages when they are wanted. */
export class ListFeed<Key extends ListKey> {
  readonly source: Source<Key>;
  readonly #room: FeedRoom;
  readonly #closing = new AbortController();
  readonly #pacer: Pacer;
  #pending: ChangeOf<Key>[] = [];
  #loading = '';
  /** Ends where the list is asked for anew: pages of the one before are of no use then. */
  #beginning = new AbortController();

  constructor(source: Source<Key>, room: FeedRoom) {
    this.source = source;
    this.#room = room;
    this.#pacer = new Pacer(
      () => this.#flush(),
      () => this.#pending.length > 0,
    );
  }

  /** Begins; what was in the list is forgotten. */
  open(): void {
    this.#room.store.setState((state) => takeListed(state, this.source.key, [{ kind: 'reset' }]));
    void this.#keepOpen();
  }

  /** Ends it. */
  close(): void {
    this.#closing.abort();
    this.#pacer.close();
  }

  /** Loads the page of that token, once. */
  loadMore(pageToken: string): void {
    if (this.#loading === pageToken) return;
    this.#loading = pageToken;
    void this.#loadMore(pageToken);
  }

  async #tell(change: ChangeOf<Key>): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#pending.push(change);
    this.#pacer.schedule();
    if (this.#pending.length >= MAX_PENDING) await this.#pacer.handed;
  }

  async #keepOpen(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const restarted = new AbortController();
      try {
        await this.#run(restarted);
      } catch (error) {
        if (signal.aborted) return;
        // What happened in between is not known: the list is asked for anew.
        if (restarted.signal.aborted) continue;
        this.#say(failureMessage(error));
        // What somebody has typed does not become right by being asked again.
        if (isRefusal(error)) return;
      }
      await this.#rest();
    }
  }

  /** Waits until it makes sense to try again: as soon as the server is back where it was lost, else for a while. */
  async #rest(): Promise<void> {
    const { signal } = this.#closing;
    const back = new AbortController();
    let isLost = false;
    const forget = this.#room.backend.onLink(({ kind }) => {
      if (isLost && kind === 'connected') back.abort();
      isLost = kind === 'lost';
    });
    const either = AbortSignal.any([signal, back.signal]);
    const rest = isLost ? untilAborted(either) : sleep(REOPEN_MS, undefined, { signal: either });
    await rest.catch(() => undefined);
    forget();
  }

  /** @param restarted aborted where what the watch told before no longer counts */
  async #run(restarted: AbortController): Promise<void> {
    const { signal } = this.#closing;
    this.#beginning = restarted;
    this.#loading = '';
    const first = await this.source.page('', PAGE_SIZE, signal);
    await this.#tell({ kind: 'reset' });
    await this.#tell({ kind: 'page', rows: first.rows, more: first.more });
    const either = AbortSignal.any([signal, restarted.signal]);
    for await (const change of this.source.watch(first, either, () => restarted.abort())) await this.#tell(change);
    // A list without a watch stands as it was asked for.
    await untilAborted(either);
  }

  async #loadMore(pageToken: string): Promise<void> {
    const { signal } = this.#beginning;
    const either = AbortSignal.any([this.#closing.signal, signal]);
    try {
      const { rows, more } = await this.source.page(pageToken, PAGE_SIZE, either);
      if (!signal.aborted) await this.#tell({ kind: 'page', rows, more });
    } catch (error) {
      if (either.aborted) return;
      this.#say(failureMessage(error));
      // Not at once: what has failed would be asked for again with every change of what is shown.
      await this.#rest();
      if (!either.aborted) this.#loading = '';
    }
  }

  #flush(): void {
    const changes = this.#pending;
    this.#pending = [];
    this.#room.store.setState((state) => takeListed(state, this.source.key, changes));
  }

  #say(problem: string): void {
    this.#room.store.setState((state) => withList(state, this.source.key, (list) => ({ ...list, problem })));
  }
}

/** Whether the server has judged what it was asked, so that asking again leads to the same. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT';
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
