import { beforeEach, describe, expect, test } from 'vitest';
import { aPlanOf, FLAKED } from '../../src/core/domain/testing.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { Fleet, Held } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

/** What claim, release and stopping promise. */
export function leaseContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
  });

  const ids = async (owner: string, limit = 10) => (await store.claim(owner, limit)).claims.map(({ runId }) => runId);
  const now = async () => (await store.load('m1')).now;

  /** A run of m1 whose first attempt has failed; `random` is the share of the one second that it backs off. */
  const backingOff = async (random: number): Promise<Held> => {
    const held = await fleet.startAndBegin('m1');
    await fleet.announce(held);
    await fleet.end(held, FLAKED, random);
    return held;
  };

  describe('claim', () => {
    test('where nothing is due there is nothing, now or later', async () => {
      await fleet.register('m1');
      expect(await store.claim('server-1', 10)).toEqual({ claims: [], nextDueAt: null });
    });

    test('a run that was accepted is due at once, for one owner', async () => {
      await fleet.register('m1');
      const runId = await fleet.start('m1');
      expect(await store.claim('server-1', 10)).toMatchObject({
        claims: [{ runId, machineId: 'm1', fence: 1 }],
        nextDueAt: null,
      });
      expect(await ids('server-1')).toEqual([]);
      expect(await ids('server-2')).toEqual([]);
    });

    test('oldest first, ids where they are of one age, and no more than were asked for', async () => {
      await fleet.registerAll(['m1', 'm2', 'm3', 'm4']);
      await fleet.start('m1', { runId: 'run-c' });
      await fleet.start('m2', { runId: 'run-b' });
      await advance(10);
      await fleet.start('m3', { runId: 'run-a' });
      await advance(10);
      await fleet.start('m4', { runId: 'run-0' });
      expect(await ids('server-1', 3)).toEqual(['run-b', 'run-c', 'run-a']);
      expect(await ids('server-1', 3)).toEqual(['run-0']);
    });

    test('what the limit leaves behind is due still, and said to be', async () => {
      await fleet.registerAll(['m1', 'm2']);
      await fleet.start('m1');
      await fleet.start('m2');
      const { claims, nextDueAt } = await store.claim('server-1', 1);
      expect(claims).toHaveLength(1);
      expect(nextDueAt).toBe(await now());
      expect((await store.claim('server-1', 0)).claims).toEqual([]);
    });

    test('of owners that claim at once each gets others', async () => {
      const machines = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'];
      await fleet.registerAll(machines);
      for (const machineId of machines) await fleet.start(machineId);
      const taken = await Promise.all(['server-1', 'server-2', 'server-3'].map((owner) => ids(owner, 4)));
      expect(taken.flat()).toHaveLength(6);
      expect(new Set(taken.flat()).size).toBe(6);
    });

    test('each claim on a machine has a higher fence than all before, whichever run it is for', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const fences: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const held = await fleet.startAndBegin('m1');
        fences.push(held.fence);
        await fleet.succeed(held);
      }
      const { fence } = await fleet.startAndBegin('m2');
      expect([...fences, fence]).toEqual([1, 2, 3, 1]);
    });

    test('a fence never goes back, not even where the machine was deleted meanwhile', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1', { plan: 'rma' });
      await fleet.succeed(held);
      await fleet.repair('m1', { method: 'RetireMachine' });
      await fleet.repair('m1', { method: 'DeleteMachine' });
      await fleet.register('m1');
      await fleet.start('m1');
      expect((await fleet.claim()).fence).toBe(held.fence + 1);
    });

    test('writes no event and does not touch the state', async () => {
      await fleet.register('m1');
      await fleet.start('m1');
      const before = { ...(await store.load('m1')), head: await store.head() };
      const held = await fleet.claim();
      await store.release(held, held.owner);
      expect({ ...(await store.load('m1')), head: await store.head() }).toEqual(before);
    });

    test('a run stays with its owner while it goes on', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1', { plan: 'repave-join' });
      await fleet.announce(held);
      await advance(3_600_000);
      expect(await store.claim('server-2', 10)).toEqual({ claims: [], nextDueAt: null });
      expect((await fleet.succeed(held)).phase).toBe('SUCCEEDED');
      expect(await store.claim('server-2', 10)).toEqual({ claims: [], nextDueAt: null });
    });
  });

  describe('back-off', () => {
    test('gives up the owner, and is due when it ends', async () => {
      await fleet.register('m1');
      const held = await backingOff(0.5);
      const ends = (await now()) + 500;
      await expect(fleet.announce(held)).rejects.toThrow();
      await advance(499);
      expect(await store.claim('server-2', 10)).toEqual({ claims: [], nextDueAt: ends });
      await advance(1);
      const { claims, nextDueAt } = await store.claim('server-2', 10);
      expect(claims).toMatchObject([{ runId: held.runId, machineId: 'm1', fence: held.fence + 1 }]);
      expect(nextDueAt).toBeNull();
    });

    test('the earliest end is told', async () => {
      await fleet.registerAll(['m1', 'm2']);
      await backingOff(0.9);
      const other = await fleet.startAndBegin('m2');
      await fleet.announce(other);
      await fleet.end(other, FLAKED, 0.2);
      expect((await store.claim('server-1', 10)).nextDueAt).toBe((await now()) + 200);
    });

    test('of no length is none: the owner goes on', async () => {
      await fleet.register('m1');
      const held = await backingOff(0);
      expect(await ids('server-2')).toEqual([]);
      await fleet.announce(held);
      expect((await fleet.run(held)).steps[0]?.attempt).toBe(2);
    });

    test('that an operator skips is due at once', async () => {
      await fleet.register('m1');
      const { runId } = await backingOff(0.9);
      await fleet.retryNow('m1', runId);
      const next = await fleet.claim('server-2');
      expect(next.runId).toBe(runId);
      await fleet.announce(next);
      expect((await fleet.succeed(next)).phase).toBe('SUCCEEDED');
    });

    test('that is canceled leaves nothing to claim and nothing to stop', async () => {
      await fleet.register('m1');
      const { runId } = await backingOff(0.9);
      await fleet.cancel('m1', runId);
      await advance(60_000);
      expect(await store.claim('server-1', 10)).toEqual({ claims: [], nextDueAt: null });
      expect(await store.stopping('server-1')).toEqual([]);
    });
  });

  describe('a run that waits for a person', () => {
    const holding = aPlanOf({ hold: 'now?' });

    const waiting = async (): Promise<Held> => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1', { plan: holding });
      await fleet.hold(held);
      return held;
    };

    test('has no owner any more, and is due for nobody, however long it takes', async () => {
      const held = await waiting();
      await advance(86_400_000);
      expect(await store.claim('server-2', 10)).toEqual({ claims: [], nextDueAt: null });
      await store.release(held, held.owner);
      expect(await ids('server-2')).toEqual([]);
      await expect(fleet.announce(held)).rejects.toThrow();
    });

    test('is due at once when it is approved', async () => {
      const held = await waiting();
      await advance(60_000);
      await fleet.approve('m1', held.runId, 'step-0');
      expect((await store.claim('server-2', 10)).claims).toMatchObject([
        { runId: held.runId, machineId: 'm1', fence: held.fence + 1 },
      ]);
    });

    test('belongs to nobody when it is canceled', async () => {
      const held = await waiting();
      await fleet.cancel('m1', held.runId);
      expect((await store.run(held.runId))?.run).toMatchObject({ phase: 'CANCELED', stopping: false });
      expect(await store.claim('server-2', 10)).toEqual({ claims: [], nextDueAt: null });
      expect(await store.reap('server-2')).toEqual([]);
    });
  });

  describe('release', () => {
    test('the run is due at once, before younger ones, with the next fence', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const held = await fleet.startAndBegin('m1');
      await advance(10);
      await fleet.start('m2', { runId: 'younger' });
      await advance(10);
      await fleet.announce(held);
      await store.release(held, held.owner);
      const { claims } = await store.claim('server-2', 10);
      expect(claims.map(({ runId, fence }) => [runId, fence])).toEqual([
        [held.runId, held.fence + 1],
        ['younger', 1],
      ]);
      await expect(fleet.announce(held)).rejects.toThrow('fenced');
    });

    test('by anybody but the owner, or under another fence, does nothing', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      await store.release(held, 'server-2');
      await store.release({ ...held, fence: held.fence + 1 }, held.owner);
      await store.release({ ...held, runId: 'run-x' }, held.owner);
      expect(await ids('server-2')).toEqual([]);
      await fleet.announce(held);
    });

    test('of a run whose call goes on after its end does nothing: the machine stays held', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      await fleet.announce(held);
      await fleet.cancel('m1', held.runId);
      await store.release(held, held.owner);
      expect(await store.stopping(held.owner)).toEqual([held.runId]);
      expect((await fleet.stopped(held)).machine?.stoppingRunId).toBeNull();
    });
  });

  describe('owned', () => {
    test('the runs of an owner, under the fence of the claim, until they are given up or have ended with their call', async () => {
      await fleet.registerAll(['m1', 'm2', 'm3', 'm4']);
      const held = await fleet.startAndBegin('m1');
      const given = await fleet.startAndBegin('m2');
      const other = await fleet.startAndBegin('m3', {}, 'server-2');
      await fleet.start('m4');
      const claimOf = ({ runId, machineId, fence }: Held) => ({ runId, machineId, fence });
      const owned = async (owner: string) =>
        (await store.owned(owner)).toSorted((a, b) => (a.machineId < b.machineId ? -1 : 1));
      expect(await owned('server-1')).toEqual([claimOf(held), claimOf(given)]);
      expect(await owned('server-2')).toEqual([claimOf(other)]);
      await store.release(given, given.owner);
      expect(await owned('server-1')).toEqual([claimOf(held)]);
      await fleet.announce(held);
      await fleet.cancel('m1', held.runId);
      expect(await owned('server-1')).toEqual([claimOf(held)]);
      await fleet.stopped(held);
      expect(await owned('server-1')).toEqual([]);
    });

    test('what came with a claim is what decides about the machine', async () => {
      await fleet.register('m1');
      await fleet.start('m1');
      const [claimed] = (await store.claim('server-1', 10)).claims;
      const { now, ...loaded } = await store.load('m1', claimed === undefined ? {} : { runId: claimed.runId });
      // A store may leave it to load.
      if (claimed?.loaded !== undefined) expect(claimed.loaded).toEqual({ ...loaded, now: expect.any(Number) });
      expect(now).toBeGreaterThanOrEqual(claimed?.loaded?.now ?? 0);
    });
  });

  describe('stopping', () => {
    test('a run that is canceled in mid-call is its owner’s to stop, and nobody’s to claim', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const held = await fleet.startAndBegin('m1');
      await fleet.announce(held);
      const other = await fleet.startAndBegin('m2');
      await fleet.announce(other);
      await fleet.cancel('m1', held.runId);
      expect(await store.stopping(held.owner)).toEqual([held.runId]);
      expect(await store.stopping('server-2')).toEqual([]);
      expect(await ids('server-2')).toEqual([]);
      await fleet.stopped(held);
      expect(await store.stopping(held.owner)).toEqual([]);
    });

    test('a run that is canceled between two calls, or before its first, is not', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const waiting = await fleet.start('m2');
      await fleet.cancel('m2', waiting);
      const held = await fleet.startAndBegin('m1');
      await fleet.cancel('m1', held.runId);
      expect(await store.stopping(held.owner)).toEqual([]);
      expect(await store.claim('server-2', 10)).toEqual({ claims: [], nextDueAt: null });
    });

    test('a run whose call is stuck stays its owner’s until the call returns', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      await fleet.announce(held);
      await fleet.stick(held);
      expect(await store.stopping(held.owner)).toEqual([held.runId]);
      await fleet.stopped(held);
      expect(await store.stopping(held.owner)).toEqual([]);
    });
  });
}

/** What reap promises where one process has the store to itself: whoever else owned something is gone. */
export function reapContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
  });

  test('the runs of those before are due again, and their held machines are the caller’s to free', async () => {
    await fleet.registerAll(['m1', 'm2', 'm3']);
    const going = await fleet.startAndBegin('m1', {}, 'gone');
    const held = await fleet.startAndBegin('m2', {}, 'gone');
    await fleet.announce(held);
    await fleet.cancel('m2', held.runId);
    const own = await fleet.startAndBegin('m3', {}, 'server-2');
    expect(await store.reap('server-2')).toEqual([{ runId: held.runId, machineId: 'm2', fence: held.fence + 1 }]);
    expect((await store.claim('server-2', 10)).claims.map(({ runId }) => runId)).toEqual([going.runId]);
    await expect(fleet.stopped(held)).rejects.toThrow('fenced');
    const free = await fleet.stopped({ ...held, owner: 'server-2', fence: held.fence + 1 });
    expect(free.machine?.stoppingRunId).toBeNull();
    await fleet.announce(own);
    await fleet.cancel('m3', own.runId);
    expect(await store.reap('server-2')).toEqual([]);
    await fleet.stopped(own);
  });

  test('a run that was canceled after its owner had gone is freed too', async () => {
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1', {}, 'gone');
    await fleet.announce(held);
    await store.release(held, 'gone');
    await fleet.cancel('m1', held.runId);
    expect(await store.stopping('server-2')).toEqual([]);
    const [claim] = await store.reap('server-2');
    expect(claim?.runId).toBe(held.runId);
    expect(await store.stopping('server-2')).toEqual([held.runId]);
  });

  test('nobody else is there', () => {
    expect(store.membership).toBeNull();
  });
}
