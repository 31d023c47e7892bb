import { beforeEach, expect, test } from 'vitest';
import type { ListQuery, RunOrder, Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { opening, runFilter } from './fixture.ts';
import { pagesOf, query } from './paging.ts';

/** What lists of runs promise. */
export function runListContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
  });

  const runIds = async (with_: Partial<ListQuery<RunOrder>> = {}) =>
    (await store.runs(query('created_at', with_))).rows.map(({ run }) => run.id);

  /** m1: run-c succeeded, run-a failed, run-e goes on; m2: run-b succeeded before run-c did, run-d is PENDING. */
  const startFive = async () => {
    await fleet.registerAll(['m1', 'm2']);
    const long = await fleet.startAndBegin('m1', { runId: 'run-c' });
    await advance(10);
    await fleet.startAndSucceed('m2', { runId: 'run-b', by: 'bob' });
    await advance(10);
    await fleet.succeed(long);
    await advance(10);
    await fleet.startAndFail('m1', { runId: 'run-a', plan: 'repave-join' });
    await advance(10);
    await fleet.startAndBegin('m1', { runId: 'run-e' });
    await fleet.start('m2', { runId: 'run-d', plan: 'repave-join' });
  };

  test.each([
    ['created_at', ['run-c', 'run-b', 'run-a', 'run-d', 'run-e']],
    ['finished_at', ['run-b', 'run-c', 'run-a', 'run-d', 'run-e']],
    ['machine_id', ['run-a', 'run-c', 'run-e', 'run-b', 'run-d']],
  ] as const)('by %s, ids where that is the same, either way round, in pages that join', async (orderBy, expected) => {
    await startFive();
    for (const [descending, wanted] of [
      [false, expected],
      [true, expected.toReversed()],
    ] as const) {
      for (const limit of [1, 2, 5]) {
        const pages = await pagesOf(
          (after) => store.runs(query<RunOrder>(orderBy, { descending, limit, after })),
          ({ run }) => run.id,
        );
        expect(pages.flat()).toEqual(wanted);
        expect(pages).toHaveLength(Math.ceil(5 / limit));
      }
    }
  });

  test.each([
    ['machine_id=m1', ['run-c', 'run-a', 'run-e']],
    ['machine_id=m1 AND phase=RUNNING', ['run-e']],
    ['machine_id=m3', []],
    ['run_id=run-a', ['run-a']],
    ['run_id=run-a AND machine_id=m2', []],
    ['run_id=run-x', []],
    ['phase=SUCCEEDED', ['run-c', 'run-b']],
    ['plan_id=repave-join', ['run-a', 'run-d']],
    ['initiated_by=bob', ['run-b']],
    ['run_id:run AND phase!=SUCCEEDED', ['run-a', 'run-d', 'run-e']],
  ])('that match %s', async (text, expected) => {
    await startFive();
    expect(await runIds({ filter: runFilter(text) })).toEqual(expected);
    expect(await runIds({ filter: runFilter(text), descending: true })).toEqual(expected.toReversed());
  });

  test('those of one machine are paged in any order', async () => {
    await startFive();
    for (const orderBy of ['created_at', 'finished_at', 'machine_id'] as const) {
      const filter = runFilter('machine_id=m1');
      const all = (await store.runs(query<RunOrder>(orderBy))).rows.map(({ run }) => run);
      const pages = await pagesOf(
        (after) => store.runs(query<RunOrder>(orderBy, { filter, limit: 1, after })),
        ({ run }) => run.id,
      );
      expect(pages.flat()).toEqual(all.filter(({ machineId }) => machineId === 'm1').map(({ id }) => id));
    }
  });

  test('a list by creation goes on where it was, whatever starts and ends meanwhile', async () => {
    await startFive();
    const first = await store.runs(query('created_at', { limit: 2, descending: true }));
    await fleet.cancel('m2', 'run-d');
    await fleet.start('m2', { runId: 'run-f' });
    expect(await runIds({ after: first.next, descending: true })).toEqual(['run-a', 'run-b', 'run-c']);
  });

  test('stay when their machine is deleted', async () => {
    await fleet.register('m1');
    await fleet.startAndSucceed('m1', { runId: 'run-1', plan: 'rma' });
    await fleet.repair('m1', { method: 'RetireMachine' });
    await fleet.repair('m1', { method: 'DeleteMachine' });
    expect(await runIds({ filter: runFilter('machine_id=m1') })).toEqual(['run-1']);
    expect((await store.run('run-1'))?.run.phase).toBe('SUCCEEDED');
  });
}
