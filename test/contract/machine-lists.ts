import { beforeEach, expect, test } from 'vitest';
import type { Filter } from '../../src/core/domain/filter.ts';
import { EVERYTHING } from '../../src/core/domain/filter.ts';
import type { ListQuery, MachineOrder, PageKey, Store } from '../../src/core/ports/store.ts';
import { MAX_COUNTED, MAX_SCANNED } from '../../src/server/stores/shared/limits.ts';
import type { Fleet } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { machineFilter, opening } from './fixture.ts';
import { pagesOf, query } from './paging.ts';

/** What lists of machines promise. */
export function machineListContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
  });

  const machineIds = async (with_: Partial<ListQuery<MachineOrder>> & { orderBy?: MachineOrder } = {}) =>
    (await store.machines(query('machine_id', with_))).rows.map(({ id }) => id);

  /** Four machines whose every order is another. */
  const registerFour = async () => {
    await fleet.register('m-b', { rack: 'r1' });
    await advance(10);
    await fleet.register('m-d', { rack: '' });
    await advance(10);
    await fleet.register('m-a', { rack: 'r2' });
    await advance(10);
    await fleet.register('m-c', { rack: 'r1' });
    await fleet.start('m-b');
    await fleet.repair('m-a', { method: 'EnterMaintenance' });
  };

  test.each([
    ['machine_id', ['m-a', 'm-b', 'm-c', 'm-d']],
    ['phase', ['m-c', 'm-d', 'm-b', 'm-a']],
    ['rack', ['m-d', 'm-b', 'm-c', 'm-a']],
    ['updated_at', ['m-d', 'm-a', 'm-b', 'm-c']],
  ] as const)('by %s, ids where that is the same, either way round', async (orderBy, expected) => {
    await registerFour();
    expect(await machineIds({ orderBy })).toEqual(expected);
    expect(await machineIds({ orderBy, descending: true })).toEqual(expected.toReversed());
  });

  test.each(['machine_id', 'phase', 'rack', 'updated_at'] as const)(
    'by %s, pages join to the whole list, and the last one says so',
    async (orderBy) => {
      await registerFour();
      for (const descending of [false, true]) {
        const all = await machineIds({ orderBy, descending });
        for (const limit of [1, 2, 3, 4]) {
          const pages = await pagesOf(
            (after) => store.machines(query<MachineOrder>(orderBy, { descending, limit, after })),
            ({ id }) => id,
          );
          expect(pages.flat()).toEqual(all);
          expect(pages).toHaveLength(Math.ceil(4 / limit));
        }
      }
    },
  );

  test('text is in the order of its bytes', async () => {
    const racks = ['a', 'B', 'é', '\u{1f600}', '\uff21', 'a b', 'a-b'];
    for (const [at, rack] of racks.entries()) await fleet.register(`m${at}`, { rack });
    const { rows } = await store.machines(query('rack'));
    expect(rows.map(({ spec }) => spec.rack)).toEqual(['B', 'a', 'a b', 'a-b', 'é', '\uff21', '\u{1f600}']);
  });

  test.each([
    ['rack=r1', ['m-b', 'm-c']],
    ['rack!=r1', ['m-a', 'm-d']],
    ['rack:*', ['m-a', 'm-b', 'm-c']],
    ['phase=MAINTENANCE', ['m-a']],
    ['effective_state=PROVISIONING', ['m-b']],
    ['OperatorMaintenance=true', ['m-a']],
    ['machine_id=m-b', ['m-b']],
    ['machine_id=m-b AND rack=r2', []],
    ['machine_id=m-x', []],
    ['machine_id:m- AND rack=r1 AND phase=PROVISIONING', ['m-b']],
  ])('that match %s', async (text, expected) => {
    await registerFour();
    expect(await machineIds({ filter: machineFilter(text) })).toEqual(expected);
    expect(await store.countMachines(machineFilter(text))).toBe(expected.length);
  });

  test('a list goes on behind a row that is gone, and skips no other', async () => {
    await fleet.registerAll(['m1', 'm2', 'm3', 'm4', 'm5']);
    const first = await store.machines(query('machine_id', { limit: 3 }));
    await fleet.repair('m3', { method: 'DeleteMachine' });
    await fleet.register('m0');
    await fleet.register('m35');
    expect(await machineIds({ after: first.next })).toEqual(['m35', 'm4', 'm5']);
    expect(await machineIds({ after: first.next, descending: true })).toEqual(['m2', 'm1', 'm0']);
  });

  test('while machines come, go and change, those that stay are each read once', async () => {
    const staying = Array.from({ length: 20 }, (_, at) => `m${String(at).padStart(2, '0')}`);
    await fleet.registerAll(staying);
    let round = 0;
    const pages = await pagesOf(
      async (after) => {
        const page = await store.machines(query('machine_id', { limit: 3, after }));
        round += 1;
        await fleet.register(`m${String(round * 2).padStart(2, '0')}-new`);
        await fleet.label(`m${String(19 - round).padStart(2, '0')}`, 'round', String(round));
        if (round > 1)
          await fleet.repair(`m${String((round - 1) * 2).padStart(2, '0')}-new`, { method: 'DeleteMachine' });
        return page;
      },
      ({ id }) => id,
    );
    expect(pages.flat().filter((id) => !id.endsWith('-new'))).toEqual(staying);
    expect(new Set(pages.flat()).size).toBe(pages.flat().length);
  });

  test('an index follows a machine that moves', async () => {
    await fleet.register('m1', { rack: 'r1' });
    await advance(5);
    await fleet.register('m2', { rack: 'r2' });
    await advance(5);
    await fleet.respec('m1', { rack: 'r3' });
    expect(await machineIds({ orderBy: 'rack' })).toEqual(['m2', 'm1']);
    expect(await machineIds({ orderBy: 'updated_at' })).toEqual(['m2', 'm1']);
    await fleet.repair('m1', { method: 'DeleteMachine' });
    for (const orderBy of ['machine_id', 'phase', 'rack', 'updated_at'] as const) {
      expect(await machineIds({ orderBy })).toEqual(['m2']);
    }
  });

  test('more rows that do not match than one call reads make a short page that goes on', async () => {
    const many = Array.from({ length: MAX_SCANNED + 100 }, (_, at) => `m${String(at).padStart(5, '0')}`);
    await fleet.registerAll(many);
    await fleet.register('z1', {}, { kind: 'rare' });
    await fleet.register('a1', {}, { kind: 'rare' });
    const rare = (after: PageKey | null, filter: Filter = machineFilter('labels.kind=rare')) =>
      store.machines(query('machine_id', { filter, after, limit: 10 }));
    const first = await rare(null);
    expect(first.rows.map(({ id }) => id)).toEqual(['a1']);
    expect(first.next).not.toBeNull();
    const second = await rare(first.next);
    expect([second.rows.map(({ id }) => id), second.next]).toEqual([['z1'], null]);
    const direct = await rare(null, machineFilter('labels.kind=rare AND machine_id=z1'));
    expect([direct.rows.map(({ id }) => id), direct.next]).toEqual([['z1'], null]);
    expect(await store.countMachines(EVERYTHING)).toBe(-1);
    expect(await store.countMachines(machineFilter('labels.kind!=rare'))).toBe(-1);
    expect(await store.countMachines(machineFilter('labels.kind=rare'))).toBe(-1);
    expect(await store.countMachines(machineFilter('labels.kind=rare AND machine_id=z1'))).toBe(1);
    const thousand = machineFilter('machine_id:m00');
    expect([MAX_COUNTED, await store.countMachines(thousand)]).toEqual([1_000, 1_000]);
    expect(await store.countMachines(machineFilter('machine_id:m0'))).toBe(-1);
  });
}
