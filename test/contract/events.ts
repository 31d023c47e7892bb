import { beforeEach, describe, expect, test } from 'vitest';
import type { Cursor, Store, StoredEvent } from '../../src/core/ports/store.ts';
import { ALICE, type Fleet } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { eventsAfter, opening } from './fixture.ts';

/** What the event log promises. */
export function eventContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  let start: Cursor;
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
    start = await store.head();
  });

  const kinds = (events: readonly StoredEvent[]) => events.map(({ kind }) => kind);

  describe('the log', () => {
    test('from its end holds nothing, and goes on at the same cursor', async () => {
      expect(start).not.toBe('');
      expect(await store.tail(start, 10)).toEqual({ events: [], cursor: start, caughtUp: true });
    });

    test('has every event of a commit, in order, with who gave the command and what was before and after', async () => {
      const { machine } = await fleet.register('m1');
      const registered = await store.head();
      await advance(1_000);
      const runId = await fleet.start('m1', { requestId: 'request-1', by: 'bob' });
      const loaded = await store.load('m1');
      const [accepted, busy, ...more] = await eventsAfter(store, registered);
      expect(more).toEqual([]);
      const common = { ...ALICE, actor: 'bob', requestId: 'request-1', machineId: 'm1', at: loaded.now };
      expect(accepted).toEqual({
        ...common,
        subject: 'run',
        kind: 'ACCEPTED',
        runId,
        revision: 1,
        message: accepted?.message,
        before: null,
        after: loaded.runs[0]?.run,
        cursor: accepted?.cursor,
      });
      expect(busy).toMatchObject({ ...common, subject: 'machine', kind: 'RUN_ACCEPTED', runId: '', revision: 2 });
      expect(busy?.before).toMatchObject({ machine_id: 'm1', phase: 'FACTORY_READY' });
      expect(busy?.after).toEqual(loaded.machine);
      const [first] = await eventsAfter(store, start);
      expect(first).toMatchObject({ kind: 'REGISTERED', before: null, after: machine });
    });

    test('keeps what was, whatever came after', async () => {
      await fleet.register('m1', { rack: 'old' });
      await fleet.respec('m1', { rack: 'new' });
      const racks = (await eventsAfter(store, start)).map(({ after }) => 'spec' in after && after.spec.rack);
      expect(racks).toEqual(['old', 'new']);
    });

    test('tells the last state of a machine that was deleted', async () => {
      await fleet.register('m1', { rack: 'r1' });
      await fleet.repair('m1', { method: 'DeleteMachine' });
      const last = (await eventsAfter(store, start)).at(-1);
      expect(last).toMatchObject({ kind: 'DELETED', revision: 2, after: { id: 'm1', spec: { rack: 'r1' } } });
    });

    test('counts each subject’s own events, and no time is before the one before', async () => {
      await fleet.register('m1');
      await fleet.startAndSucceed('m1', { plan: 'repave-join' });
      await advance(100);
      await fleet.startAndFail('m1');
      const events = await eventsAfter(store, start);
      for (const subject of new Set(events.map(({ runId }) => runId))) {
        const revisions = events.filter(({ runId }) => runId === subject).map(({ revision }) => revision);
        expect(revisions).toEqual(revisions.map((_, at) => at + 1));
      }
      const times = events.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });

    test('has nothing of a change that was refused, or that changed nothing', async () => {
      await fleet.register('m1', { serial: 'ONE' });
      const head = await store.head();
      await expect(fleet.register('m2', { serial: 'ONE' })).rejects.toThrow();
      await fleet.respec('m1', { serial: 'ONE' });
      expect(await store.head()).toBe(head);
    });

    test('takes a request that brought about no event without one', async () => {
      await fleet.register('m1');
      const before = await store.load('m1');
      const request = { requestId: 'r', method: 'EnterMaintenance', fingerprint: '{}', runId: null } as const;
      const result = await store.commit({
        machineId: 'm1',
        expectedRevision: before.revision,
        machine: before.machine,
        runs: [],
        events: [],
        origin: ALICE,
        request,
        identities: { take: [], release: [] },
        guard: null,
        raiseFenceOf: null,
        takesOver: false,
        basis: [],
      });
      expect(result.kind).toBe('ok');
      expect((await store.load('m1', { requestId: 'r' })).request).toEqual(request);
      expect(kinds(await eventsAfter(store, start))).toEqual(['REGISTERED']);
    });
  });

  describe('a cursor', () => {
    test('goes on exactly there, after any event and in pieces of any size', async () => {
      await fleet.registerAll(['m1', 'm2', 'm3']);
      await fleet.startAndSucceed('m1');
      const all = await eventsAfter(store, start);
      for (const [at, { cursor }] of all.entries()) {
        expect(await eventsAfter(store, cursor)).toEqual(all.slice(at + 1));
      }
      for (const limit of [1, 2, 3, all.length]) expect(await eventsAfter(store, start, limit)).toEqual(all);
      expect(all.at(-1)?.cursor).toBe(await store.head());
      expect(new Set(all.map(({ cursor }) => cursor)).size).toBe(all.length);
    });

    test('says whether there was more', async () => {
      await fleet.registerAll(['m1', 'm2']);
      expect(await store.tail(start, 1)).toMatchObject({ events: [{ kind: 'REGISTERED' }], caughtUp: false });
      expect(await store.tail(start, 2)).toMatchObject({ caughtUp: true });
    });

    test('is none that was made up', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const head = await store.head();
      for (const text of ['', 'x', '0', '-1', 'm', 'm.1', 'm1', ' ', `${head}x`, ` ${head}`, `${head} `, `x${head}`]) {
        expect(await store.tail(text, 10), `"${text}"`).toEqual({ kind: 'malformed' });
      }
    });

    test('of an end that the log has not reached is none of its own', async () => {
      const other = await open();
      await other.fleet.registerAll(['m1', 'm2', 'm3']);
      const answer = await store.tail(await other.store.head(), 10);
      expect(answer).toHaveProperty('kind');
    });

    test('that retention has passed is expired; the oldest that is left goes on', async () => {
      const { store, fleet, sweep } = await open({ events: 5 });
      const from = await store.head();
      await fleet.registerAll(['m1', 'm2', 'm3']);
      const cursors = [from, ...(await eventsAfter(store, from)).map(({ cursor }) => cursor)];
      for (const key of ['a', 'b', 'c', 'd', 'e']) await fleet.label('m1', key, 'x');
      await sweep();
      const answers = await Promise.all(cursors.map((cursor) => store.tail(cursor, 10)));
      expect(answers.slice(0, 3)).toEqual([{ kind: 'expired' }, { kind: 'expired' }, { kind: 'expired' }]);
      expect(answers[3]).toMatchObject({ caughtUp: true });
      const left = await eventsAfter(store, cursors[3] ?? '');
      expect(kinds(left)).toEqual(Array(5).fill('UPDATED'));
      expect(await store.tail(await store.head(), 10)).toMatchObject({ events: [], caughtUp: true });
    });

    test('that follows stays in reach, however long the log grows', async () => {
      const { store, fleet, sweep } = await open({ events: 4 });
      await fleet.register('m1');
      let cursor = await store.head();
      const seen: string[] = [];
      for (let round = 0; round < 20; round += 1) {
        await fleet.label('m1', 'round', String(round));
        await sweep();
        const tail = await store.tail(cursor, 10);
        if ('kind' in tail) throw new Error(`round ${round}: ${tail.kind}`);
        for (const { after } of tail.events) seen.push('labels' in after ? (after.labels.round ?? '') : '');
        cursor = tail.cursor;
      }
      expect(seen).toEqual(Array.from({ length: 20 }, (_, round) => String(round)));
    });
  });
}
