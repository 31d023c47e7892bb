import { afterEach } from 'vitest';
import type { Clause, Filter, FilterSubject } from '../../src/core/domain/filter.ts';
import { parseFilter } from '../../src/core/domain/filter.ts';
import type { RetentionPolicy } from '../../src/core/ports/retention.ts';
import type { Cursor, Snapshot, Store, StoredEvent } from '../../src/core/ports/store.ts';
import type { StoreLimits } from '../../src/server/stores/shared/limits.ts';
import { Fleet } from '../support/fleet.ts';

/** A store under test, and the strings by which a test moves it. */
export interface StoreFixture {
  readonly store: Store;
  /** Lets time pass, as the store tells it. */
  readonly advance: (ms: number) => Promise<void>;
  /** Lets go of all that the limits do not keep; resolves when it is gone. A store that does so by itself has nothing to do. */
  readonly sweep: () => Promise<void>;
  /** Closes the store and takes away what it left behind. */
  readonly dispose: () => Promise<void>;
}

/** Opens an empty store; limits that are not given are the store's own. */
export type StoreFactory = (limits?: Partial<StoreLimits>) => Promise<StoreFixture>;

/** A fixture with a fleet in it. */
export interface Opened extends StoreFixture {
  readonly fleet: Fleet;
}

/** Opens stores for one test, and closes them after it. */
export type Open = (limits?: Partial<StoreLimits>) => Promise<Opened>;

/** Makes `open` for the tests of the `describe` in which it is called. */
export function opening(factory: StoreFactory): Open {
  const opened: StoreFixture[] = [];
  afterEach(async () => {
    for (const fixture of opened.splice(0)) await fixture.dispose();
  });
  return async (limits) => {
    const fixture = await factory(limits);
    opened.push(fixture);
    return { ...fixture, fleet: new Fleet(fixture.store) };
  };
}

/** A filter on machines, as people write it. */
export function machineFilter(text: string): Filter {
  return filterOf(text, 'machine');
}

/** A filter on runs, as people write it. */
export function runFilter(text: string): Filter {
  return filterOf(text, 'run');
}

/** A filter on events, as people write it. */
export function eventFilter(text: string): Filter {
  return filterOf(text, 'event');
}

function filterOf(text: string, subject: FilterSubject): Filter {
  const filter = parseFilter(text, subject);
  if ('clauses' in filter) return filter as { readonly clauses: readonly Clause[] };
  throw new Error(`${text}: ${filter.message}`);
}

/** Every event after a cursor, read in pieces. */
export async function eventsAfter(store: Store, cursor: Cursor, limit = 1_000): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after = cursor; ; ) {
    const tail = await store.tail(after, limit);
    if ('kind' in tail) throw new Error(`cursor ${after} is ${tail.kind}`);
    events.push(...tail.events);
    if (tail.caughtUp) return events;
    after = tail.cursor;
  }
}

/** Lets go of all that a policy does not keep. */
export async function sweepAll(store: Store, policy: RetentionPolicy): Promise<void> {
  while (await store.sweep(policy));
}

/** Every row of a snapshot. */
export async function rowsOf<Row>(snapshot: Snapshot<Row>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const page of snapshot.pages) rows.push(...page);
  return rows;
}
