import { beforeEach, describe, expect, test } from 'vitest';
import { EVERYTHING, matches } from '../../src/core/domain/filter.ts';
import { eventView } from '../../src/core/ports/event-view.ts';
import type { Cursor, EventQuery, EventRange, Store, StoredEvent } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { eventFilter, eventsAfter, opening } from './fixture.ts';

const ALL: EventRange = { filter: EVERYTHING, after: null, before: null, since: null, until: null };

/** What pages of the audit trail promise. */
export function eventListContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  let start: Cursor;
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
    start = await store.head();
  });

  /** Two machines with three runs, over some time. */
  const history = async () => {
    await fleet.registerAll(['m1', 'm2']);
    await advance(5);
    await fleet.startAndSucceed('m1', { runId: 'run-1', requestId: 'request-1' });
    await advance(5);
    await fleet.startAndFail('m2', { runId: 'run-2', requestId: 'request-1', by: 'bob', plan: 'repave-join' });
    await advance(5);
    await fleet.startAndSucceed('m1', { runId: 'run-3', plan: 'rma' });
    return eventsAfter(store, start);
  };

  const cursors = (events: readonly StoredEvent[]) => events.map(({ cursor }) => cursor);

  test('have every event in the order of the log, or the other way round', async () => {
    const all = await history();
    expect(await listed(store, {})).toEqual(all);
    expect(await listed(store, { descending: true })).toEqual(all.toReversed());
    expect(await store.countEvents(ALL)).toBe(all.length);
  });

  test('of an empty log are empty', async () => {
    expect(await listed(store, {})).toEqual([]);
    expect(await store.countEvents(ALL)).toBe(0);
  });

  test.each([1, 2, 3, 7])('of %i make the whole, in both directions', async (limit) => {
    const all = await history();
    expect(cursors(await listed(store, { limit }))).toEqual(cursors(all));
    expect(cursors(await listed(store, { limit, descending: true }))).toEqual(cursors(all).toReversed());
    const filter = eventFilter('machine_id=m1');
    const ofOne = cursors(all.filter(({ machineId }) => machineId === 'm1'));
    expect(cursors(await listed(store, { limit, filter }))).toEqual(ofOne);
    expect(cursors(await listed(store, { limit, filter, descending: true }))).toEqual(ofOne.toReversed());
  });

  test.each([
    'machine_id=m1',
    'machine_id!=m1',
    'run_id=run-2',
    'run_id=""',
    'run_id:run',
    'request_id=request-1',
    'request_id=""',
    'request_id=request-1 AND machine_id=m2',
    'plan_id=repave-join',
    'subject=machine',
    'kind=ATTEMPT_FAILED',
    'kind:run AND machine_id=m2',
    'actor=bob',
    'actor!=engine AND subject=run',
    'method:Command',
    'method=""',
    'server=server-1',
    'machine_id=nobody',
    'run_id=run-2 AND machine_id=m1',
  ])('take a filter: %s', async (text) => {
    const all = await history();
    const filter = eventFilter(text);
    const matching = cursors(all.filter((event) => matches(filter, eventView(event))));
    for (const limit of [2, 1_000]) {
      expect(cursors(await listed(store, { filter, limit }))).toEqual(matching);
      expect(cursors(await listed(store, { filter, limit, descending: true }))).toEqual(matching.toReversed());
    }
    expect(await store.countEvents({ ...ALL, filter })).toBe(matching.length);
  });

  test.each(['', 'machine_id=m2', 'kind:attempt'])('begin and end at times, the end not included: %s', async (text) => {
    const filter = eventFilter(text);
    const all = (await history()).filter((event) => matches(filter, eventView(event)));
    for (const at of [...new Set(all.map((event) => event.at)), 0, Number.MAX_SAFE_INTEGER]) {
      const from = cursors(all.filter((event) => event.at >= at));
      const until = cursors(all.filter((event) => event.at < at));
      for (const descending of [false, true]) {
        const turned = (list: readonly string[]) => (descending ? list.toReversed() : list);
        expect(cursors(await listed(store, { filter, since: at, descending, limit: 3 }))).toEqual(turned(from));
        expect(cursors(await listed(store, { filter, until: at, descending, limit: 3 }))).toEqual(turned(until));
      }
      expect(await store.countEvents({ ...ALL, filter, since: at })).toBe(from.length);
      expect(await store.countEvents({ ...ALL, filter, until: at })).toBe(until.length);
    }
  });

  test.each(['', 'machine_id=m1', 'run_id=run-1'])('lie strictly between two places: %s', async (text) => {
    const filter = eventFilter(text);
    const all = await history();
    for (const from of [0, 1, 5, all.length - 1]) {
      for (const to of [2, 6, all.length - 1]) {
        const between = all.slice(from + 1, to).filter((event) => matches(filter, eventView(event)));
        const range = { filter, after: all[from]?.cursor ?? '', before: all[to]?.cursor ?? '' };
        expect(cursors(await listed(store, { ...range, limit: 2 }))).toEqual(cursors(between));
        expect(cursors(await listed(store, { ...range, limit: 2, descending: true }))).toEqual(
          cursors(between).toReversed(),
        );
        expect(await store.countEvents({ ...ALL, ...range })).toBe(between.length);
      }
    }
  });

  test('say where the log ended, so that it can be followed from there', async () => {
    const all = await history();
    for (const query of [{ limit: 2 }, { limit: 1_000, descending: true }, { filter: eventFilter('machine_id=no') }]) {
      const page = await store.events({ ...ALL, descending: false, limit: 10, ...query });
      expect(page).toHaveProperty('end', all.at(-1)?.cursor);
    }
  });

  test('refuse a place that was made up', async () => {
    await history();
    for (const place of [{ after: 'x' }, { before: 'x' }]) {
      expect(await store.events({ ...ALL, descending: false, limit: 10, ...place })).toEqual({ kind: 'malformed' });
      expect(await store.countEvents({ ...ALL, ...place })).toEqual({ kind: 'malformed' });
    }
  });

  test('are short and go on where more would be read than one call reads, and the count is not known', async () => {
    const ids = Array.from({ length: 2_100 }, (_, at) => `m${at}`);
    await fleet.registerAll(ids);
    await fleet.label('m7', 'a', 'b');
    const filter = eventFilter('kind=UPDATED');
    const first = await store.events({ ...ALL, filter, descending: false, limit: 10 });
    expect(first).toMatchObject({ events: [], next: expect.any(String) });
    expect(await listed(store, { filter, limit: 10 })).toMatchObject([{ kind: 'UPDATED', machineId: 'm7' }]);
    expect(await store.countEvents({ ...ALL, filter })).toBe(-1);
    expect(await store.countEvents(ALL)).toBe(-1);
    expect(await store.countEvents({ ...ALL, filter: eventFilter('machine_id=m7') })).toBe(2);
  });

  describe('where events were let go of', () => {
    const kept = async () => {
      const opened = await open({ events: 5 });
      const from = await opened.store.head();
      await opened.fleet.registerAll(['m1', 'm2', 'm3']);
      const early = await eventsAfter(opened.store, from);
      for (const key of ['a', 'b', 'c', 'd', 'e']) await opened.fleet.label('m1', key, 'x');
      await opened.sweep();
      return { store: opened.store, early: cursors(early) };
    };

    test('begin with the earliest that is kept', async () => {
      const { store } = await kept();
      expect((await listed(store, {})).map(({ kind }) => kind)).toEqual(Array(5).fill('UPDATED'));
      expect(await listed(store, { descending: true, limit: 2 })).toHaveLength(5);
      expect(await store.countEvents(ALL)).toBe(5);
    });

    test('do not go on from a place that was passed', async () => {
      const { store, early } = await kept();
      const listAfter = (cursor: string | undefined) =>
        store.events({ ...ALL, descending: false, limit: 10, after: cursor ?? '' });
      expect(await listAfter(early[0])).toEqual({ kind: 'expired' });
      expect(await listAfter(early[2])).toMatchObject({ events: { length: 5 }, next: null });
    });

    test('end there, where they come from the newest', async () => {
      const { store, early } = await kept();
      const query = { ...ALL, descending: true, limit: 10, before: early[1] ?? '' };
      expect(await store.events(query)).toEqual({ events: [], next: null, end: await store.head() });
    });
  });
}

/** Every event of a query, page by page. */
async function listed(store: Store, query: Partial<EventQuery>): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  const whole = { ...ALL, descending: false, limit: 1_000, ...query };
  for (let next: Cursor | null = null; ; ) {
    const place = next === null ? {} : whole.descending ? { before: next } : { after: next };
    const page = await store.events({ ...whole, ...place });
    if ('kind' in page) throw new Error(`the page is ${page.kind}`);
    expect(page.events.length).toBeLessThanOrEqual(whole.limit);
    events.push(...page.events);
    if (page.next === null) return events;
    next = page.next;
  }
}
