import { beforeEach, describe, expect, test } from 'vitest';
import { EVERYTHING } from '../../src/core/domain/filter.ts';
import { FLAKED } from '../../src/core/domain/testing.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import type { StoreFactory } from './fixture.ts';
import { machineFilter, opening } from './fixture.ts';
import { query } from './paging.ts';

/** What single rows and counts promise. */
export function rowContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
  });

  describe('one row', () => {
    test('that is not there is null', async () => {
      expect(await store.machine('m1')).toBeNull();
      expect(await store.run('run-1')).toBeNull();
      expect(await store.sweptRun('run-1')).toBeNull();
    });

    test('is what was committed', async () => {
      const { machine } = await fleet.register('m1', { rack: 'r1' }, { a: 'b' });
      expect(await store.machine('m1')).toEqual(machine);
      const held = await fleet.startAndBegin('m1', { plan: 'repave-join' });
      const { runs } = await fleet.announce(held);
      expect(await store.run(held.runId)).toEqual({ ...runs[0], progress: null, owner: held.owner });
    });

    test('names the server that carries the run out, in lists and snapshots, too', async () => {
      await fleet.register('m1');
      const runId = await fleet.start('m1');
      const owners = async () => {
        const snapshot = await store.snapshotRuns(EVERYTHING);
        const active = (await Array.fromAsync(snapshot.pages)).flat();
        const { rows } = await store.runs(query('created_at'));
        return [await store.run(runId), ...rows, ...active].map((row) => row?.owner);
      };
      expect(await owners()).toEqual([null, null, null]);
      const held = await fleet.claim('server-1');
      expect(await owners()).toEqual(['server-1', 'server-1', 'server-1']);
      await store.release(held, 'server-1');
      expect(await owners()).toEqual([null, null, null]);
    });
  });

  test('a store tells how it is', async () => {
    const { servers, schemaVersion, degraded } = await store.health();
    expect(degraded).toBe('');
    expect(schemaVersion > 0).toBe(store.kind !== 'memory');
    if (store.membership === null) expect(servers).toBe(1);
  });

  describe('counts', () => {
    test('of nothing are empty', async () => {
      expect(await store.counts(EVERYTHING)).toEqual({ machines: {}, attention: 0, runs: {} });
    });

    test('machines by effective state, those that need attention, and runs by phase', async () => {
      await fleet.registerAll(['m1', 'm2', 'm3'], { rack: 'r1' });
      await fleet.registerAll(['m4', 'm5'], { rack: 'r2' });
      await fleet.startAndSucceed('m1', { plan: 'repave-join' });
      await fleet.startAndFail('m2');
      const held = await fleet.startAndBegin('m4');
      await fleet.announce(held);
      await fleet.end(held, FLAKED, 0.9);
      await fleet.start('m5');
      expect(await store.counts(EVERYTHING)).toEqual({
        machines: { IN_SERVICE: 1, MAINTENANCE: 1, FACTORY_READY: 1, PROVISIONING: 2 },
        attention: 1,
        runs: { SUCCEEDED: 1, FAILED: 1, RUNNING: 1, PENDING: 1 },
      });
      expect(await store.counts(machineFilter('rack=r1'))).toEqual({
        machines: { IN_SERVICE: 1, MAINTENANCE: 1, FACTORY_READY: 1 },
        attention: 1,
        runs: { SUCCEEDED: 1, FAILED: 1 },
      });
      expect(await store.counts(machineFilter('machine_id=m4'))).toEqual({
        machines: { PROVISIONING: 1 },
        attention: 0,
        runs: { RUNNING: 1 },
      });
      expect(await store.counts(machineFilter('rack=r9'))).toEqual({ machines: {}, attention: 0, runs: {} });
    });

    test('a machine that is deleted is not counted, its runs are', async () => {
      await fleet.register('m1');
      await fleet.startAndSucceed('m1', { plan: 'rma' });
      await fleet.repair('m1', { method: 'RetireMachine' });
      await fleet.repair('m1', { method: 'DeleteMachine' });
      expect(await store.counts(EVERYTHING)).toEqual({ machines: {}, attention: 0, runs: { SUCCEEDED: 1 } });
    });
  });
}
