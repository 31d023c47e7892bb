import { beforeEach, expect, test } from 'vitest';
import { decisionTime } from '../../src/core/domain/aggregate.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

/** What load promises. */
export function loadContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
  });

  test('of a machine that never was: nothing, at the store’s time', async () => {
    const first = await store.load('m1', { runId: 'run-1', requestId: 'request-1' });
    expect(first).toEqual({
      machineId: 'm1',
      machine: null,
      runs: [],
      request: null,
      revision: 0,
      lastEventAt: 0,
      now: first.now,
    });
    await advance(5_000);
    expect((await store.load('m1')).now).toBe(first.now + 5_000);
  });

  test('gives the state that was committed, and when its last event happened', async () => {
    const { machine } = await fleet.register('m1', { rack: 'r7' }, { team: 'blue' });
    await advance(1_000);
    const loaded = await store.load('m1');
    expect(loaded.machine).toEqual(machine);
    expect(loaded.revision).toBe(1);
    expect(loaded.lastEventAt).toBe(loaded.now - 1_000);
    expect(decisionTime(loaded)).toBe(loaded.now);
  });

  test('gives the active run until it ends, then only when it is asked for', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    const ids = async (also?: { runId: string }) => (await store.load('m1', also)).runs.map(({ run }) => run.id);
    expect(await ids()).toEqual([held.runId]);
    expect(await ids({ runId: held.runId })).toEqual([held.runId]);
    await fleet.succeed(held);
    expect(await ids()).toEqual([]);
    expect(await ids({ runId: held.runId })).toEqual([held.runId]);
  });

  test('gives the run with its plan as they were committed', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1', { plan: 'repave-join' });
    const after = await fleet.announce(held);
    expect((await store.load('m1')).runs).toEqual(after.runs);
  });

  test('gives the run that is still stopping', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await fleet.announce(held);
    await fleet.cancel('m1', held.runId);
    const { runs, machine } = await store.load('m1', { runId: held.runId });
    expect(runs.map(({ run }) => [run.id, run.phase, run.stopping])).toEqual([[held.runId, 'CANCELED', true]]);
    expect(machine?.stoppingRunId).toBe(held.runId);
    await fleet.stopped(held);
    expect((await store.load('m1')).runs).toEqual([]);
  });

  test('does not give a run of another machine', async () => {
    await fleet.registerAll(['m1', 'm2']);
    const runId = await fleet.start('m2');
    expect((await store.load('m1', { runId })).runs).toEqual([]);
  });

  test('tells what a request id did on this machine, and on no other', async () => {
    await fleet.registerAll(['m1', 'm2']);
    const runId = await fleet.start('m1', { requestId: 'request-1' });
    const { request } = await store.load('m1', { requestId: 'request-1' });
    expect(request).toEqual({
      requestId: 'request-1',
      method: 'StartRun',
      fingerprint: JSON.stringify({ params: {}, plan_id: 'plan/reboot' }),
      runId,
    });
    expect((await store.load('m1')).request).toBeNull();
    expect((await store.load('m1', { requestId: 'request-2' })).request).toBeNull();
    expect((await store.load('m2', { requestId: 'request-1' })).request).toBeNull();
  });

  test('goes on telling it when the machine is deleted', async () => {
    await fleet.register('m1');
    await fleet.repair('m1', { method: 'DeleteMachine' }, 'request-1');
    const { machine, request } = await store.load('m1', { requestId: 'request-1' });
    expect(machine).toBeNull();
    expect(request).toMatchObject({ method: 'DeleteMachine', runId: null });
    expect(await store.machine('m1')).toBeNull();
  });

  test('answers with what never changes afterwards', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    const loaded = await store.load('m1');
    const copy = structuredClone(loaded);
    await fleet.succeed(held);
    expect(loaded).toEqual(copy);
  });
}
