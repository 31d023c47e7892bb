import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AdmissionLimit } from '../../src/core/domain/admission.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { Fleet, Held } from '../support/fleet.ts';
import type { StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

const each = (kind: AdmissionLimit['kind'], most: number): AdmissionLimit => ({ kind, name: '', most });
const one = (kind: AdmissionLimit['kind'], name: string, most: number): AdmissionLimit => ({ kind, name, most });

/** What limits by rack, cluster and provider promise. */
export function admissionContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
  });

  const claimed = async (limit = 100) =>
    (await store.claim('server-1', limit)).claims.map(({ machineId }) => machineId).toSorted();

  /** Machines with a run each, so many in a rack. */
  const racks = async (...counts: readonly number[]): Promise<void> => {
    for (const [rack, count] of counts.entries()) {
      for (let at = 0; at < count; at += 1) {
        const id = `r${rack}-m${at}`;
        await fleet.register(id, { rack: `r${rack}` });
        await fleet.start(id, { runId: `run-${rack}-${at}` });
      }
    }
  };

  const used = async () => Object.fromEntries((await store.queue()).scopes.map(({ scope, used: n }) => [scope, n]));

  test('there are none before they are set', async () => {
    await racks(3);
    expect(await store.limits()).toEqual([]);
    expect(await claimed()).toHaveLength(3);
    expect((await store.queue()).scopes).toEqual([]);
  });

  test('no more runs of a rack are claimed than it has places, and those of others are', async () => {
    await store.setLimits([each('rack', 2)]);
    await racks(4, 1, 3);
    const first = await claimed();
    expect(first).toEqual(['r0-m0', 'r0-m1', 'r1-m0', 'r2-m0', 'r2-m1']);
    expect(await store.claim('server-1', 100)).toEqual({ claims: [], nextDueAt: null });
    expect(await used()).toEqual({ 'rack=r0': 2, 'rack=r1': 1, 'rack=r2': 2 });
  });

  test('a rack that is full keeps no other behind it, however few are asked for', async () => {
    await store.setLimits([each('rack', 1)]);
    await racks(5, 2);
    expect(await claimed(1)).toEqual(['r0-m0']);
    expect(await claimed(1)).toEqual(['r1-m0']);
    expect(await claimed(1)).toEqual([]);
  });

  test('the limit of one goes before that of each, and a run has a place in every scope that concerns it', async () => {
    await store.setLimits([each('rack', 1), one('rack', 'r1', 3), one('provider', 'fake', 3)]);
    expect(await store.limits()).toHaveLength(3);
    await racks(2, 4);
    expect(await claimed()).toEqual(['r0-m0', 'r1-m0', 'r1-m1']);
    expect(await used()).toEqual({ 'provider=fake': 3, 'rack=r0': 1, 'rack=r1': 2 });
  });

  test('who waits is told with its place, the oldest first', async () => {
    await store.setLimits([each('rack', 1)]);
    await racks(3, 1);
    await claimed();
    const { scopes, places } = await store.queue();
    expect(Object.fromEntries(places)).toEqual({
      'run-0-1': [{ scope: 'rack=r0', position: 1 }],
      'run-0-2': [{ scope: 'rack=r0', position: 2 }],
    });
    expect(scopes).toEqual([
      { scope: 'rack=r0', most: 1, used: 1, waiting: 2 },
      { scope: 'rack=r1', most: 1, used: 1, waiting: 0 },
    ]);
  });

  test('who waits for places in several scopes is told so, and who has places waits for a server alone', async () => {
    await store.setLimits([each('rack', 1), each('provider', 2)]);
    await racks(2, 1);
    const [first] = (await store.claim('server-1', 1)).claims;
    if (first === undefined) throw new Error('nothing was claimed');
    await claimed();
    await store.release(first, 'server-1');
    expect(Object.fromEntries((await store.queue()).places)).toEqual({
      'run-0-0': [{ scope: 'server', position: 1 }],
      'run-0-1': [
        { scope: 'provider=fake', position: 1 },
        { scope: 'rack=r0', position: 1 },
      ],
    });
  });

  describe('a place', () => {
    let held: Held;
    beforeEach(async () => {
      await store.setLimits([each('rack', 1)]);
      await racks(1);
      const [claim] = (await store.claim('server-1', 1)).claims;
      if (claim === undefined) throw new Error('nothing was claimed');
      held = { ...claim, owner: 'server-1' };
      await fleet.begin(held);
      await fleet.register('waits', { rack: 'r0' });
      await fleet.start('waits', { runId: 'run-waits' });
      expect(await claimed()).toEqual([]);
    });

    test('is given back by the commit that ends the run', async () => {
      await fleet.succeed(held);
      expect(await used()).toEqual({});
      expect(await claimed()).toEqual(['waits']);
    });

    test('is kept while a canceled run still holds its machine, and given back when that has let go', async () => {
      await fleet.announce(held);
      await fleet.cancel(held.machineId, held.runId);
      expect(await claimed()).toEqual([]);
      await fleet.stopped(held);
      expect(await claimed()).toEqual(['waits']);
    });

    test('is given back by a cancel that holds nothing', async () => {
      await fleet.cancel(held.machineId, held.runId);
      expect(await claimed()).toEqual(['waits']);
    });

    test('is kept by a run that its owner gives up, which gets it again', async () => {
      await store.release(held, 'server-1');
      expect(await claimed()).toEqual(['r0-m0']);
    });

    test('is that of the rack in which the machine was when it was taken', async () => {
      await fleet.respec('r0-m0', { rack: 'elsewhere' });
      expect(await claimed()).toEqual([]);
      await fleet.succeed(held);
      expect(await claimed()).toEqual(['waits']);
    });

    test('is free for a run whose machine has moved to a rack with room', async () => {
      await fleet.respec('waits', { rack: 'elsewhere' });
      expect(await claimed()).toEqual(['waits']);
    });
  });

  test('runs under way have places under limits that are set later, be they too many', async () => {
    await racks(3);
    expect(await claimed(2)).toHaveLength(2);
    await store.setLimits([each('rack', 1)]);
    expect(await used()).toEqual({ 'rack=r0': 2 });
    expect(await claimed()).toEqual([]);
    await store.setLimits([each('rack', 3)]);
    expect(await claimed()).toEqual(['r0-m2']);
    await store.setLimits([]);
    expect(await used()).toEqual({});
  });

  test('whatever is started, ended, canceled, given up and moved: never more than there are places, and none is lost', async () => {
    const limits = [each('rack', 2), one('provider', 'fake', 5)];
    await store.setLimits(limits);
    const racksOf = 3;
    const machines = Array.from({ length: 9 }, (_, at) => ({ id: `m${at}`, rack: `r${at % racksOf}` }));
    for (const { id, rack } of machines) await fleet.register(id, { rack });
    const step = fc.record({
      machine: fc.nat(machines.length - 1),
      what: fc.constantFrom('start', 'claim', 'finish', 'cancel', 'release'),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        round += 1;
        const under = new Map<string, Held>();
        const started = new Map<string, string>();
        const claim = async () => {
          for (const one of (await store.claim('server-1', 3)).claims) {
            const held = { ...one, owner: 'server-1' };
            under.set(one.machineId, held);
            if ((await fleet.run(held)).phase === 'PENDING') await fleet.begin(held);
          }
        };
        for (const [at, { machine, what }] of steps.entries()) {
          const id = machines[machine]?.id ?? '';
          const held = under.get(id);
          if (what === 'start' && !started.has(id)) {
            started.set(id, await fleet.start(id, { runId: `run-${round}-${at}` }));
          } else if (what === 'claim') await claim();
          else if (held !== undefined && what === 'finish') {
            await fleet.succeed(held);
            under.delete(id);
            started.delete(id);
          } else if (held !== undefined && what === 'cancel') {
            await fleet.cancel(id, held.runId);
            under.delete(id);
            started.delete(id);
          } else if (held !== undefined && what === 'release') {
            await store.release(held, 'server-1');
            under.delete(id);
          }
          const { scopes } = await store.queue();
          expect(scopes.filter(({ used: n, most }) => n > most)).toEqual([]);
        }
        // Everything comes to its end, whatever was in the way.
        while (started.size > 0) {
          await claim();
          expect(under.size).toBeGreaterThan(0);
          for (const [id, held] of under) {
            await fleet.succeed(held);
            under.delete(id);
            started.delete(id);
          }
        }
        expect(await used()).toEqual({});
      }),
      { numRuns: 15 },
    );
  });
}
