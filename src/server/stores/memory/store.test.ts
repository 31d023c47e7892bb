import { describe, expect, test } from 'vitest';
import type { Held } from '../../../../test/support/fleet.ts';
import { Fleet } from '../../../../test/support/fleet.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { EVERYTHING } from '../../../core/domain/filter.ts';
import { REFUSED } from '../../../core/domain/testing.ts';
import type { Hint } from '../../../core/ports/store.ts';
import { MAX_SCANNED } from '../shared/limits.ts';
import type { MemoryStoreOptions } from './store.ts';
import { createMemoryStore } from './store.ts';

function opened(options: Partial<MemoryStoreOptions> = {}) {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock, ...options });
  return { clock, store, fleet: new Fleet(store) };
}

describe('a memory store', () => {
  test('takes no cursor of another process for its own', async () => {
    const [one, other] = [opened(), opened()];
    for (const { fleet } of [one, other]) await fleet.registerAll(['m1', 'm2']);
    expect(await one.store.tail(await other.store.head(), 10)).toEqual({ kind: 'expired' });
  });

  test('knows a number that it never gave', async () => {
    const { store, fleet } = opened();
    await fleet.register('m1');
    const head = await store.head();
    expect(head).toMatch(/^m[0-9a-f]{12}\.1$/);
    expect(await store.tail(head.replace(/1$/, '2'), 10)).toEqual({ kind: 'malformed' });
    expect(await store.tail(head.replace(/1$/, '01'), 10)).toEqual({ kind: 'malformed' });
  });

  test('finds a run that the filter names without reading others', async () => {
    const { store, fleet } = opened();
    const ids = Array.from({ length: MAX_SCANNED + 10 }, (_, at) => `m${at}`);
    await fleet.registerAll(ids);
    for (const machineId of ids) await fleet.start(machineId, { runId: `run-${machineId}` });
    const filter = { clauses: [{ field: 'run_id', key: '', op: '=', value: `run-${ids.at(-1)}` } as const] };
    const page = await store.runs({ filter, orderBy: 'created_at', descending: false, limit: 10, after: null });
    expect(page).toMatchObject({ rows: [{ run: { machineId: ids.at(-1) } }], next: null });
  });

  test('lets no event happen before the one before, and no run wait, when the clock is set back', async () => {
    const { clock, store, fleet } = opened();
    const { machine } = await fleet.register('m1');
    clock.jump(-3_600_000);
    const run = await fleet.startAndSucceed('m1');
    expect([run.createdAt, run.finishedAt]).toEqual([machine?.createdAt, machine?.createdAt]);
    expect((await store.load('m1')).lastEventAt).toBe(machine?.createdAt);
  });

  test('tells each change once, in one hint, before it answers', async () => {
    const { store, fleet } = opened();
    await fleet.register('m1');
    const hints: Hint[] = [];
    store.subscribe((hint) => hints.push(hint));
    const runId = await fleet.start('m1');
    expect(hints.splice(0)).toEqual([{ due: true, events: true }]);
    const held = await fleet.claim();
    await fleet.begin(held);
    await fleet.announce(held);
    expect(hints.splice(0)).toEqual([{ events: true }, { events: true }]);
    await fleet.cancel('m1', runId);
    expect(hints.splice(0)).toEqual([{ stop: true, events: true }]);
    await store.appendLogs([{ ...held, owner: 'server-2', lines: [], progress: null }]);
    await store.claim('server-1', 1);
    expect(hints).toEqual([]);
  });

  test('hints at a server that is gone where a call is canceled that nobody owns', async () => {
    const { store, fleet } = opened();
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await fleet.announce(held);
    await store.release(held, held.owner);
    const hints: Hint[] = [];
    store.subscribe((hint) => hints.push(hint));
    await fleet.cancel('m1', held.runId);
    expect(hints).toEqual([{ peers: true, events: true }]);
  });

  test('says which listener threw', async () => {
    const faults: unknown[] = [];
    const { store, fleet } = opened({ onListenerFault: (error) => faults.push(error) });
    const error = new Error('a listener of this test');
    store.subscribe(() => {
      throw error;
    });
    await fleet.register('m1');
    expect(faults).toEqual([error]);
  });
});

describe('all logs together', () => {
  const lineOf = (bytes: number) =>
    ({ at: 0, stream: 'stdout', data: new Uint8Array(bytes), step: 'reboot', attempt: 1 }) as const;

  const openBounded = async (allLogBytes: number) => {
    const { store, fleet, clock } = opened({ limits: { allLogBytes } });
    const write = (held: Held, lines: number) =>
      store.appendLogs([{ ...held, lines: Array(lines).fill(lineOf(76)), progress: null }]);
    /** A run on a machine of its own that has written this many lines of 100 bytes, and is still going on. */
    const writing = async (name: string, lines: number) => {
      await fleet.register(name);
      const held = await fleet.startAndBegin(name, { runId: `run-${name}` });
      await fleet.announce(held);
      await write(held, lines);
      return held;
    };
    const finished = async (name: string, lines: number) => {
      await fleet.end(await writing(name, lines), REFUSED);
      await clock.advance(10);
    };
    const sequences = async (name: string) =>
      (await store.logs(`run-${name}`, 0, 1_000)).map(({ sequence }) => sequence);
    return { store, write, writing, finished, sequences };
  };

  test('stay within their bound: those of runs that ended first go first, and say how long they were', async () => {
    const { store, writing, finished, sequences } = await openBounded(1_000);
    await finished('a', 4);
    await finished('b', 4);
    await writing('c', 2);
    expect([await sequences('a'), await sequences('b')]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    await writing('d', 1);
    expect([await sequences('a'), await sequences('b')]).toEqual([[4], [1, 2, 3, 4]]);
    const [gap] = await store.logs('run-a', 0, 10);
    expect(new TextDecoder().decode(gap?.data)).toContain('4 lines were dropped');
    await writing('e', 4);
    expect([await sequences('b'), await sequences('c'), await sequences('d'), await sequences('e')]).toEqual([
      [4],
      [1, 2],
      [1],
      [1, 2, 3, 4],
    ]);
  });

  test('then whoever writes pays, and goes on', async () => {
    const { write, writing, sequences } = await openBounded(1_000);
    const c = await writing('c', 6);
    const d = await writing('d', 4);
    expect(await sequences('d')).toEqual([1, 2, 3, 4]);
    await write(d, 1);
    expect([await sequences('c'), await sequences('d')]).toEqual([[1, 2, 3, 4, 5, 6], [5]]);
    await write(d, 2);
    expect(await sequences('d')).toEqual([5, 6, 7]);
    await write(c, 3);
    expect([await sequences('c'), await sequences('d')]).toEqual([[9], [5, 6, 7]]);
  });

  test('a run that is swept gives its room back', async () => {
    const { clock, store, fleet } = opened({ limits: { allLogBytes: 1_000, finishedRuns: 1 } });
    await fleet.registerAll(['m1', 'm2']);
    for (let round = 0; round < 30; round += 1) {
      const held = await fleet.startAndBegin(`m${(round % 2) + 1}`, { runId: `run-${round}` });
      await fleet.announce(held);
      await store.appendLogs([{ ...held, lines: Array(4).fill(lineOf(76)), progress: null }]);
      expect(await store.logs(held.runId, 0, 10)).toHaveLength(4);
      await fleet.end(held, REFUSED);
      await clock.advance(10);
    }
    expect((await store.counts(EVERYTHING)).runs).toEqual({ FAILED: 1 });
    expect(await store.logs('run-29', 0, 10)).toHaveLength(4);
  });
});
