import { beforeEach, describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/core/domain/aggregate.ts';
import { decideRegister } from '../../src/core/domain/decide/machine.ts';
import { EVERYTHING } from '../../src/core/domain/filter.ts';
import { identitiesOf } from '../../src/core/domain/machine.ts';
import type { Hint, Registration, Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import { changed, labeling } from './changes.ts';
import type { StoreFactory } from './fixture.ts';
import { eventsAfter, opening } from './fixture.ts';

/** What a commit of several machines writes, and that it writes nothing where one of them cannot be. */
export function commitAllContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
  });

  /** A change that registers a machine, or changes parts of the spec of a known one. */
  const registration = (before: Aggregate, with_: Parameters<Fleet['spec']>[0] = {}): Registration => {
    const spec = before.machine === null ? fleet.spec(with_) : { ...before.machine.spec, ...with_ };
    const change = changed(before, decideRegister(before, { spec, labels: {}, etag: '' }));
    return { ...change, runs: [], request: null, guard: null, raiseFenceOf: null, basis: [] };
  };
  const registering = async (machineId: string, with_: Parameters<Fleet['spec']>[0] = {}) =>
    registration(await store.load(machineId), with_);

  /** Everything that a commit of machines may change. */
  const everything = async () => {
    const query = { filter: EVERYTHING, orderBy: 'machine_id', descending: false, limit: 1_000, after: null } as const;
    return {
      machines: await store.machines(query),
      counts: await store.counts(EVERYTHING),
      head: await store.head(),
    };
  };

  test('all of them are written, each with its events, and can be read', async () => {
    await fleet.register('m1', {}, { old: 'label' });
    const head = await store.head();
    const changes = [await registering('m3'), await registering('m1', { rack: 'r9' }), await registering('m2')];
    expect(await store.commitAll(changes)).toEqual({ kind: 'ok' });
    const events = await eventsAfter(store, head);
    expect(events.map(({ machineId, kind }) => `${machineId} ${kind}`).sort()).toEqual([
      'm1 UPDATED',
      'm2 REGISTERED',
      'm3 REGISTERED',
    ]);
    expect((await store.machine('m1'))?.spec.rack).toBe('r9');
    expect((await store.load('m1')).revision).toBe(2);
    expect((await store.load('m2')).revision).toBe(1);
    expect((await store.counts(EVERYTHING)).machines).toMatchObject({ FACTORY_READY: 3 });
    await fleet.label('m3', 'goes', 'on');
  });

  test('it wakes who waits for events', async () => {
    const hints: Hint[] = [];
    store.subscribe((hint) => hints.push(hint));
    await store.commitAll([await registering('m1'), await registering('m2')]);
    await expect.poll(() => hints.some(({ events }) => events === true)).toBe(true);
  });

  test('none is no change', async () => {
    const before = await everything();
    expect(await store.commitAll([])).toEqual({ kind: 'ok' });
    expect(await everything()).toEqual(before);
  });

  describe('nothing is written', () => {
    test('where one of them has changed meanwhile, and the answer names it', async () => {
      await fleet.register('m1');
      const stale = await store.load('m1');
      await store.commit(labeling(stale, 'first'));
      const changes = [await registering('m2'), registration(stale, { rack: 'r9' }), await registering('m3')];
      const before = await everything();
      expect(await store.commitAll(changes)).toEqual({
        kind: 'refused',
        machineId: 'm1',
        result: { kind: 'conflict' },
      });
      expect(await everything()).toEqual(before);
      await fleet.register('m2');
    });

    test('where one of them takes what another machine keeps', async () => {
      await fleet.register('m1', { serial: 'ONE' });
      const changes = [await registering('m2', { serial: 'FREE' }), await registering('m3', { serial: 'one' })];
      const before = await everything();
      expect(await store.commitAll(changes)).toMatchObject({
        kind: 'refused',
        machineId: 'm3',
        result: { kind: 'taken', what: 'identity', by: 'm1', identity: { kind: 'serial', value: 'ONE' } },
      });
      expect(await everything()).toEqual(before);
      await fleet.register('m4', { serial: 'FREE' });
    });

    test('where two of them take the same', async () => {
      const changes = [await registering('m1', { serial: 'ONE' }), await registering('m2', { serial: 'ONE' })];
      const before = await everything();
      expect(await store.commitAll(changes)).toMatchObject({ kind: 'refused', result: { what: 'identity' } });
      expect(await everything()).toEqual(before);
    });

    test('where a machine is in it twice', async () => {
      const once = await registering('m1');
      const before = await everything();
      expect(await store.commitAll([once, await registering('m1')])).toMatchObject({
        kind: 'refused',
        machineId: 'm1',
        result: { kind: 'conflict' },
      });
      expect(await everything()).toEqual(before);
    });
  });

  describe('identities', () => {
    test('two machines swap them', async () => {
      await fleet.register('m1', { serial: 'ONE' });
      await fleet.register('m2', { serial: 'TWO' });
      const changes = [await registering('m1', { serial: 'TWO' }), await registering('m2', { serial: 'ONE' })];
      expect(await store.commitAll(changes)).toEqual({ kind: 'ok' });
      expect(await store.holders([serial('ONE'), serial('TWO')])).toEqual(['m2', 'm1']);
    });

    test('a new machine takes what another one gives up, whichever comes first', async () => {
      await fleet.register('m2', { serial: 'ONE' });
      const changes = [await registering('m1', { serial: 'ONE' }), await registering('m2', { serial: 'OTHER' })];
      expect(await store.commitAll(changes)).toEqual({ kind: 'ok' });
      expect(await store.holders([serial('ONE'), serial('OTHER')])).toEqual(['m1', 'm2']);
    });

    test('each is told with who holds it, in the order asked for', async () => {
      const { machine } = await fleet.register('m1');
      await fleet.register('m2', { serial: 'TWO' });
      const held = identitiesOf(machine);
      expect(await store.holders([serial('NOBODY'), ...held, serial('TWO'), serial('TWO')])).toEqual([
        null,
        ...held.map(() => 'm1'),
        'm2',
        'm2',
      ]);
      expect(await store.holders([])).toEqual([]);
      await fleet.repair('m2', { method: 'RetireMachine' });
      expect(await store.holders([serial('TWO')])).toEqual([null]);
    });
  });
}

function serial(value: string) {
  return { kind: 'serial', value } as const;
}
