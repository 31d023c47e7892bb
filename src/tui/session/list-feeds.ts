import { tableRows } from '../store/layout.ts';
import { queryOf, wantsMore } from '../store/list.ts';
import type { ListKey } from '../store/place.ts';
import { listShown } from '../store/place.ts';
import { layoutOf } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import type { FeedRoom } from './list-feed.ts';
import { ListFeed } from './list-feed.ts';
import { ServerLogFeed } from './server-log-feed.ts';
import { eventsSource, plansSource, runsSource } from './sources.ts';

/** A feed, whichever list it is of. */
interface OpenFeed {
  readonly source: { readonly query: string };
  open(): void;
  close(): void;
  loadMore(pageToken: string): void;
}

/** Keeps the lists filled that the place and the way in from it need, and no others. */
export class ListFeeds {
  readonly #room: FeedRoom;
  readonly #open = new Map<ListKey, OpenFeed>();
  readonly #serverLog: ServerLogFeed;

  /** @param complain says what went wrong, where no list has room for it */
  constructor(room: FeedRoom, complain: (error: unknown) => void) {
    this.#room = room;
    this.#serverLog = new ServerLogFeed(room, complain);
  }

  /** Looks at what is shown: opens what is needed, closes what is not, and loads on where the end of a list is near. */
  look(state: ConsoleState): void {
    const wanted = wantedLists(state);
    for (const [key, feed] of this.#open) {
      if (wanted.get(key) === feed.source.query) continue;
      this.#open.delete(key);
      feed.close();
    }
    for (const [key, query] of wanted) {
      if (this.#open.has(key)) continue;
      const feed = this.#feedOf(key, query);
      this.#open.set(key, feed);
      feed.open();
    }
    this.#serverLog.look(state);
    this.#loadOn(state);
  }

  /** Ends all of them. */
  close(): void {
    for (const feed of this.#open.values()) feed.close();
    this.#open.clear();
    this.#serverLog.close();
  }

  #loadOn(state: ConsoleState): void {
    const key = listShown(state.ui);
    if (key === undefined) return;
    const list = state.lists[key];
    if (wantsMore(list, tableRows(layoutOf(state), 'list'))) this.#open.get(key)?.loadMore(list.more);
  }

  #feedOf(key: ListKey, query: string): OpenFeed {
    const { backend } = this.#room;
    switch (key) {
      case 'runs':
      case 'machineRuns':
        return new ListFeed(runsSource(key, query, backend), this.#room);
      case 'events':
        return new ListFeed(eventsSource(query, backend), this.#room);
      case 'plans':
        return new ListFeed(plansSource(backend), this.#room);
    }
  }
}

/** The lists that are needed, each with what the server is asked for. */
function wantedLists({ ui, lists }: ConsoleState): Map<ListKey, string> {
  const wanted = new Map<ListKey, string>();
  const key = listShown({ place: ui.place, path: [] });
  // On a level further in, the list of the place goes on, so that Esc finds it as it was left.
  if (key !== undefined) wanted.set(key, queryOf(lists[key]));
  const machine = ui.path.find(({ kind }) => kind === 'machine');
  if (machine !== undefined) wanted.set('machineRuns', `machine_id=${machine.machineId}`);
  return wanted;
}
