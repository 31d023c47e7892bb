import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVERYTHING, matches } from '../../src/core/domain/filter.ts';
import type { Machine } from '../../src/core/domain/machine.ts';
import { machineView } from '../../src/core/domain/machine.ts';
import type { Run } from '../../src/core/domain/run.ts';
import type { RetentionPolicy } from '../../src/core/ports/retention.ts';
import type { ListQuery, MachineOrder, PastMachine, Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import type { StoreFactory } from './fixture.ts';
import { machineFilter, opening, sweepAll } from './fixture.ts';
import { pagesOf, query } from './paging.ts';

/** What is told of the fleet as it was. */
export function pastContract(factory: StoreFactory): void {
  const open = opening(factory);

  test('before there was anything is empty', async () => {
    const { store } = await open();
    expect(await pastOf(store, (await store.load('m1')).now)).toEqual([]);
  });

  test('is every machine as it was, with the run that it had', async () => {
    const { store, fleet, advance } = await open();
    const moments: Moment[] = [];
    const remember = async () => {
      moments.push(await momentOf(store));
      await advance(5);
    };
    await fleet.registerAll(['m1', 'm2', 'm3'], { rack: 'r1' });
    await remember();
    const held = await fleet.startAndBegin('m1', { plan: 'repave-join' });
    await remember();
    await fleet.announce(held);
    await fleet.respec('m2', { rack: 'r2' });
    await fleet.repair('m3', { method: 'DeleteMachine' });
    await remember();
    await fleet.cancel('m1', held.runId);
    await fleet.register('m3', { rack: 'r3' });
    await remember();
    await fleet.stopped(held);
    await remember();
    for (const { at, machines } of moments) expect(await pastOf(store, at)).toEqual(machines);
    const [registered, , , canceled] = moments;
    expect(registered?.machines.map(({ run }) => run)).toEqual([null, null, null]);
    // Its call had not returned then, so that the run held the machine.
    expect(canceled?.machines[0]).toMatchObject({ machine: { stoppingRunId: held.runId }, run: { phase: 'CANCELED' } });
  });

  test('comes in pages and in every order, and takes a filter', async () => {
    const { store, fleet, advance } = await open();
    for (const [at, id] of ['m3', 'm1', 'm10', 'm2', 'm4'].entries()) {
      await fleet.register(id, { rack: `r${at % 2}` });
      await advance(2);
    }
    await fleet.startAndSucceed('m1', { plan: 'rma' });
    const at = (await store.load('m1')).now;
    const now = await store.machines(query('machine_id'));
    await advance(5);
    for (const id of ['m1', 'm2', 'm3']) await fleet.respec(id, { rack: 'elsewhere' });
    await fleet.repair('m4', { method: 'RetireMachine' });
    const id = ({ machine }: PastMachine) => machine.id;
    const orders: readonly MachineOrder[] = ['machine_id', 'phase', 'rack', 'updated_at'];
    for (const orderBy of orders) {
      for (const descending of [false, true]) {
        const sorted = query(orderBy, { descending, limit: 2 });
        const pages = await pagesOf(async (after) => pageOf(store, at, { ...sorted, after }), id);
        expect(pages.flat()).toEqual(sortedIds(now.rows, orderBy, descending));
        expect(pages.every((page) => page.length <= 2)).toBe(true);
      }
    }
    for (const text of ['rack=r0', 'machine_id=m10', 'machine_id=nobody', 'phase=RMA AND rack=r1', 'phase:RETIRED']) {
      const filter = machineFilter(text);
      const matching = now.rows.filter((machine) => matches(filter, machineView(machine)));
      const { rows } = await pageOf(store, at, query('machine_id', { filter }));
      expect(rows.map(({ machine }) => machine)).toEqual(matching);
    }
  });

  describe('where events were let go of', () => {
    const events = (count: number): RetentionPolicy => ({
      runs: { ageMs: null, count: null },
      logs: { ageMs: null, count: null },
      events: { ageMs: null, count },
    });

    test('ends at the latest of them, and says when that was', async () => {
      const { store, fleet, advance } = await open();
      const began = await store.earliest();
      expect(began).toBeLessThanOrEqual((await store.load('m1')).now);
      await fleet.registerAll(['m1', 'm2']);
      const registered = await momentOf(store);
      await advance(5);
      await fleet.label('m1', 'a', 'b');
      const labeled = await momentOf(store);
      await advance(5);
      await fleet.label('m2', 'a', 'b');
      await sweepAll(store, events(1));
      const earliest = await store.earliest();
      expect(earliest).toBe(labeled.machines[0]?.machine.updatedAt);
      expect(await store.machinesAsOf(registered.at, query('machine_id'))).toEqual({
        kind: 'before-history',
        earliest,
      });
      expect(await pastOf(store, labeled.at)).toEqual(labeled.machines);
      expect(await pastOf(store, earliest)).toEqual(labeled.machines);
    });

    test('begins no earlier than the log', async () => {
      const { store, fleet } = await open();
      await fleet.register('m1');
      const earliest = await store.earliest();
      expect(await store.machinesAsOf(earliest - 1, query('machine_id'))).toEqual({ kind: 'before-history', earliest });
    });

    test('still knows a run that was swept since', async () => {
      const { store, fleet, advance } = await open();
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      const busy = await momentOf(store);
      await advance(5);
      // The run's beginning goes into the baseline; its end is kept.
      await sweepAll(store, events(0));
      await fleet.succeed(held);
      await sweepAll(store, { ...events(100), runs: { ageMs: null, count: 0 } });
      expect(await store.run(held.runId)).toBeNull();
      expect(await pastOf(store, busy.at)).toEqual(busy.machines);
      // Once nothing tells of it, nothing is kept of it.
      await sweepAll(store, events(0));
      expect(await pastOf(store, (await store.load('m1')).now)).toMatchObject([{ machine: { id: 'm1' }, run: null }]);
    });

    test('is the state that there is, whatever was swept and when', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
          const { store, fleet, advance } = await open();
          const moments: Moment[] = [];
          for (const one of acts) {
            await carryOut(store, fleet, one);
            moments.push(await momentOf(store));
            await advance(2);
          }
          const earliest = await store.earliest();
          for (const { at, machines } of moments.filter((moment) => moment.at >= earliest)) {
            expect(await pastOf(store, at)).toEqual(machines);
          }
        }),
        { numRuns: 15 },
      );
    });
  });
}

const machineId = fc.constantFrom('m1', 'm2');
const act = fc.oneof(
  fc.record({ act: fc.constantFrom('register' as const, 'delete' as const, 'fail' as const), machineId }),
  fc.record({ act: fc.constantFrom('start' as const, 'succeed' as const), machineId }),
  fc.record({ act: fc.constant('sweep' as const), events: fc.nat(12), runs: fc.nat(3) }),
);

/** Carries an act out as far as it can be: what is refused changes nothing, which has to hold as well. */
async function carryOut(store: Store, fleet: Fleet, one: typeof act extends fc.Arbitrary<infer T> ? T : never) {
  if (one.act === 'sweep') {
    const policy = { events: count(one.events), runs: count(one.runs), logs: count(0) };
    await sweepAll(store, policy);
    return;
  }
  const acts = {
    register: () => fleet.register(one.machineId, { serial: one.machineId, macAddresses: [] }),
    delete: () => fleet.repair(one.machineId, { method: 'DeleteMachine' }),
    start: () => fleet.start(one.machineId),
    succeed: () => fleet.startAndSucceed(one.machineId),
    fail: () => fleet.startAndFail(one.machineId),
  };
  await acts[one.act]().catch(() => {});
}

function count(kept: number) {
  return { ageMs: null, count: kept };
}

/** The fleet at one moment. */
interface Moment {
  readonly at: number;
  readonly machines: readonly PastMachine[];
}

async function momentOf(store: Store): Promise<Moment> {
  const { rows } = await store.machines(query('machine_id'));
  const machines = await Promise.all(rows.map(async (machine) => ({ machine, run: await runOf(store, machine) })));
  return { at: (await store.load('m1')).now, machines };
}

async function runOf(store: Store, { activeRunId, stoppingRunId }: Machine): Promise<Run | null> {
  const runId = activeRunId ?? stoppingRunId;
  return runId === null ? null : ((await store.run(runId))?.run ?? null);
}

async function pageOf(store: Store, at: number, asked: ListQuery<MachineOrder>) {
  const page = await store.machinesAsOf(at, asked);
  if ('kind' in page) throw new Error(`${at} is before ${page.earliest}`);
  return page;
}

async function pastOf(store: Store, at: number): Promise<readonly PastMachine[]> {
  return (await pageOf(store, at, query('machine_id', { filter: EVERYTHING }))).rows;
}

function sortedIds(machines: readonly Machine[], orderBy: MachineOrder, descending: boolean): readonly string[] {
  const phases = ['FACTORY_READY', 'PROVISIONING', 'READY', 'IN_SERVICE', 'MAINTENANCE', 'RMA', 'RETIRED'];
  const keys = {
    machine_id: (machine: Machine) => machine.id,
    phase: (machine: Machine) => phases.indexOf(machine.phase),
    rack: (machine: Machine) => machine.spec.rack,
    updated_at: (machine: Machine) => machine.updatedAt,
  };
  const key = keys[orderBy];
  const before = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
  const ids = machines.toSorted((a, b) => before(key(a), key(b)) || before(a.id, b.id)).map(({ id }) => id);
  return descending ? ids.toReversed() : ids;
}
