import { beforeEach, expect, test } from 'vitest';
import type { Aggregate } from '../../src/core/domain/aggregate.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import { guardOf, labeling, refused } from './changes.ts';
import type { StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

/** What the fence keeps out, and when it is raised. */
export function fenceContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
  });

  test('what the owner writes goes in; what anybody else says in its name does not', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    for (const wrong of [
      { ...held, owner: 'server-2' },
      { ...held, fence: held.fence - 1 },
      { ...held, fence: held.fence + 1 },
      { ...held, runId: 'run-x' },
    ]) {
      const before = await store.load('m1');
      const guard = guardOf(wrong);
      expect(await refused(store, { ...labeling(before, 'wrong'), guard })).toEqual({ kind: 'fenced' });
    }
    expect((await fleet.announce(held)).machine?.activeRunId).toBe(held.runId);
  });

  test('each of many owners that write at once has the answer to its own change', async () => {
    const machineIds = Array.from({ length: 40 }, (_, at) => `m${at}`);
    await fleet.registerAll(machineIds);
    await Promise.all(machineIds.map((machineId) => fleet.start(machineId)));
    const { claims } = await store.claim('server-1', 100);
    const held = claims.map((claim) => ({ ...claim, owner: 'server-1' }));
    await Promise.all(held.map((one) => fleet.begin(one)));
    const loaded = await Promise.all(held.map(({ machineId, runId }) => store.load(machineId, { runId })));
    expect(loaded.map(({ machineId, runs }) => [machineId, runs[0]?.run.id])).toEqual(
      held.map(({ machineId, runId }) => [machineId, runId]),
    );
    const results = await Promise.all(
      held.map((one, at) => {
        const before = loaded[at] as Aggregate;
        const change = { ...labeling(before, 'told'), guard: guardOf(at % 3 === 1 ? { ...one, fence: 99 } : one) };
        return store.commit(at % 3 === 2 ? { ...change, expectedRevision: before.revision - 1 } : change);
      }),
    );
    expect(results.map(({ kind }) => kind)).toEqual(held.map((_, at) => ['ok', 'fenced', 'conflict'][at % 3]));
    const after = await Promise.all(held.map(({ machineId }) => store.load(machineId)));
    expect(after.map(({ revision }) => revision)).toEqual(
      loaded.map(({ revision }, at) => (at % 3 === 0 ? revision + 1 : revision)),
    );
  });

  test('a former owner is told to stop, not to decide again', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    const stale = await store.load('m1');
    await store.release(held, held.owner);
    await fleet.label('m1', 'moved', 'on');
    const guard = guardOf(held);
    expect(await refused(store, { ...labeling(stale, 'late'), guard })).toEqual({ kind: 'fenced' });
  });

  test('stands for nothing once the run has ended', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await fleet.succeed(held);
    const guard = guardOf(held);
    expect(await refused(store, { ...labeling(await store.load('m1'), 'late'), guard })).toEqual({ kind: 'fenced' });
  });

  test('a command is not stopped by it: a cancel needs no fence', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await fleet.cancel('m1', held.runId);
    expect((await fleet.run(held)).phase).toBe('CANCELED');
    const guard = guardOf(held);
    expect(await refused(store, { ...labeling(await store.load('m1'), 'late'), guard })).toEqual({ kind: 'fenced' });
  });

  test('is raised when an operator releases a machine whose call does not return', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await fleet.announce(held);
    await fleet.stick(held);
    expect(await store.stopping(held.owner)).toEqual([held.runId]);
    await fleet.repair('m1', { method: 'ResolveIntervention', releaseStuck: true });
    expect(await store.stopping(held.owner)).toEqual([]);
    expect((await store.machine('m1'))?.stoppingRunId).toBeNull();
    const guard = guardOf(held);
    expect(await refused(store, { ...labeling(await store.load('m1'), 'late'), guard })).toEqual({ kind: 'fenced' });
    await fleet.start('m1');
    const next = await fleet.claim();
    expect(next.fence).toBeGreaterThan(held.fence + 1);
  });

  test('raised on a run that goes on, it is taken from its owner and is due again', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    const before = await store.load('m1');
    await store.commit({ ...labeling(before, 'x'), raiseFenceOf: held.runId });
    await expect(fleet.announce(held)).rejects.toThrow('fenced');
    const next = await fleet.claim('server-2');
    expect(next).toMatchObject({ runId: held.runId, fence: held.fence + 2 });
  });
}
