import { beforeEach, describe, expect, test } from 'vitest';
import { decideUpdate } from '../../src/core/domain/decide/machine.ts';
import { identitiesOf } from '../../src/core/domain/machine.ts';
import type { CommitResult, Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import { changed, labeling, refused, registering, starting } from './changes.ts';
import type { StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

/** What a commit compares, and what it finds taken. */
export function commitContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
  });

  describe('compare and set', () => {
    test('each commit counts the revision up by one', async () => {
      await fleet.register('m1');
      const before = await store.load('m1');
      const result = await store.commit(labeling(before, 'a'));
      expect(result).toEqual({ kind: 'ok', revision: before.revision + 1 });
      expect((await store.load('m1')).revision).toBe(before.revision + 1);
    });

    test('of two that decided on the same state the second is told of the conflict, and changes nothing', async () => {
      await fleet.register('m1');
      const [one, other] = [await store.load('m1'), await store.load('m1')];
      expect((await store.commit(labeling(one, 'one'))).kind).toBe('ok');
      expect(await refused(store, labeling(other, 'other'))).toEqual({ kind: 'conflict' });
      expect((await store.machine('m1'))?.labels).toEqual({ value: 'one' });
    });

    test('a refused change takes neither request id nor identity nor run id', async () => {
      await fleet.register('m1');
      const before = await store.load('m1');
      await fleet.label('m1', 'somebody', 'else');
      expect(await refused(store, starting(before, 'run-1', 'request-1'))).toEqual({ kind: 'conflict' });
      const stale = changed(
        before,
        decideUpdate(before, ({ spec, labels }) => ({ spec: { ...spec, serial: 'NEW' }, labels, etag: '' })),
      );
      expect(await refused(store, stale)).toEqual({ kind: 'conflict' });
      await fleet.register('m2', { serial: 'NEW' });
      expect(await fleet.start('m1', { runId: 'run-1', requestId: 'request-1' })).toBe('run-1');
    });

    test('of two that register the same machine one wins', async () => {
      const before = await store.load('m1');
      expect(await store.commit(registering(before, fleet.spec()))).toEqual({ kind: 'ok', revision: 1 });
      expect(await refused(store, registering(before, fleet.spec()))).toEqual({ kind: 'conflict' });
    });

    test('what was decided before a machine was deleted conflicts with the one that took its name', async () => {
      const never = await store.load('m1');
      const spec = fleet.spec();
      const register = async () => {
        const before = await store.load('m1');
        await store.commit(registering(before, spec));
      };
      await register();
      const first = await store.load('m1');
      await fleet.repair('m1', { method: 'DeleteMachine' });
      const gone = await store.load('m1');
      expect(gone.revision).toBeGreaterThan(first.revision);
      await register();
      for (const stale of [
        labeling(first, 'late'),
        registering(never, fleet.spec()),
        registering(gone, fleet.spec()),
      ]) {
        expect(await refused(store, stale)).toEqual({ kind: 'conflict' });
      }
      expect((await store.load('m1')).revision).toBe(gone.revision + 1);
    });

    test('commands that race are all carried out, one after the other', async () => {
      await fleet.register('m1');
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => fleet.label('m1', key, 'yes')));
      const machine = await store.machine('m1');
      expect(Object.keys(machine?.labels ?? {}).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(machine?.revision).toBe(6);
    });

    test('what was decided on another machine as well conflicts where that one has changed since', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const [one, two, none] = [await store.load('m1'), await store.load('m2'), await store.load('m3')];
      await fleet.label('m2', 'somebody', 'else');
      const late = { ...labeling(one, 'late'), basis: [none, two] };
      expect(await refused(store, late)).toEqual({ kind: 'conflict' });
      const inTime = { ...labeling(one, 'in-time'), basis: [none, await store.load('m2')] };
      expect((await store.commit(inTime)).kind).toBe('ok');
    });

    test('what was decided on a machine that was deleted or registered since conflicts', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const [one, two, three] = [await store.load('m1'), await store.load('m2'), await store.load('m3')];
      await fleet.repair('m2', { method: 'DeleteMachine' });
      await fleet.register('m3');
      for (const other of [two, three]) {
        expect(await refused(store, { ...labeling(one, 'late'), basis: [other] })).toEqual({ kind: 'conflict' });
      }
    });

    test('of two that are decided on each other’s machine at once, one is carried out', async () => {
      await fleet.registerAll(['m1', 'm2']);
      for (let round = 0; round < 10; round += 1) {
        const [one, two] = [await store.load('m1'), await store.load('m2')];
        const results = await Promise.all([
          store.commit({ ...labeling(one, `${round}`), basis: [two] }),
          store.commit({ ...labeling(two, `${round}`), basis: [one] }),
        ]);
        expect(results.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'ok']);
      }
    });

    test('the same StartRun sent many times at once is one run', async () => {
      await fleet.register('m1');
      const starts = ['run-a', 'run-b', 'run-c', 'run-d', 'run-e'];
      const started = await Promise.all(
        starts.map((runId) => fleet.start('m1', { runId, requestId: 'request-1' }).catch(String)),
      );
      expect(new Set(started).size).toBe(1);
      expect((await store.load('m1')).machine?.activeRunId).toBe(started[0]);
    });

    test('machines do not stand in each other’s way', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const [one, two] = [await store.load('m1'), await store.load('m2')];
      expect((await store.commit(labeling(one, 'one'))).kind).toBe('ok');
      expect((await store.commit(labeling(two, 'two'))).kind).toBe('ok');
    });
  });

  describe('taken', () => {
    const taken = (result: CommitResult) => (result.kind === 'taken' ? [result.what, result.by] : result.kind);

    test.each([
      ['mac', { macAddresses: ['02-00-00-AA-BB-CC'] }, { macAddresses: ['02:00:00:aa:bb:cc'] }],
      ['serial', { serial: ' sn-x ' }, { serial: 'SN-X' }],
      ['bmc', { bmcAddress: 'BMC-X.example' }, { bmcAddress: 'bmc-x.example' }],
    ] as const)('a %s belongs to one machine', async (kind, first, second) => {
      await fleet.register('m1', first);
      const result = await refused(store, registering(await store.load('m2'), fleet.spec(second)));
      expect(result).toMatchObject({ kind: 'taken', what: 'identity', by: 'm1', identity: { kind } });
    });

    test('an identity that is taken keeps the whole change away, the others with it', async () => {
      await fleet.register('m1', { bmcAddress: 'taken.example' });
      const both = { serial: 'FREE', bmcAddress: 'taken.example' };
      expect(taken(await refused(store, registering(await store.load('m2'), fleet.spec(both))))).toEqual([
        'identity',
        'm1',
      ]);
      await fleet.register('m3', { serial: 'FREE' });
    });

    test('a machine keeps what it holds, and what it gives up is free', async () => {
      await fleet.register('m1', { serial: 'ONE' });
      await fleet.respec('m1', { rack: 'elsewhere' });
      const before = await store.load('m1');
      const again = { take: identitiesOf(before.machine), release: [] };
      expect((await store.commit({ ...labeling(before, 'a'), identities: again })).kind).toBe('ok');
      await fleet.respec('m1', { serial: 'TWO' });
      await fleet.register('m2', { serial: 'ONE' });
      expect(taken(await refused(store, registering(await store.load('m3'), fleet.spec({ serial: 'TWO' }))))).toEqual([
        'identity',
        'm1',
      ]);
    });

    test.each([
      ['deleted', 'DeleteMachine'],
      ['retired', 'RetireMachine'],
    ] as const)('a machine that is %s gives up all it held', async (_, method) => {
      const { machine } = await fleet.register('m1');
      expect(identitiesOf(machine)).toHaveLength(3);
      await fleet.repair('m1', { method });
      await fleet.register('m2', machine?.spec);
      expect((await store.machine('m2'))?.spec).toEqual(machine?.spec);
    });

    test('two machines do not swap identities half-way', async () => {
      await fleet.register('m1', { serial: 'ONE' });
      await fleet.register('m2', { serial: 'TWO' });
      await expect(fleet.respec('m1', { serial: 'TWO' })).rejects.toThrow('belongs to machine m2');
      await fleet.respec('m2', { serial: 'THREE' });
      await fleet.respec('m1', { serial: 'TWO' });
      await fleet.respec('m2', { serial: 'ONE' });
      expect((await store.machine('m2'))?.spec.serial).toBe('ONE');
    });

    test('a request id is used once on a machine, also by one who did not look', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const { id } = await fleet.startAndSucceed('m1', { runId: 'run-1', requestId: 'request-1' });
      const blind = starting(await store.load('m1'), 'run-2', 'request-1');
      expect(taken(await refused(store, blind))).toEqual(['request', id]);
      expect(await fleet.start('m2', { requestId: 'request-1', runId: 'run-3' })).toBe('run-3');
    });

    test('a machine has one active run, whatever was decided', async () => {
      await fleet.register('m1');
      const free = await store.load('m1');
      const runId = await fleet.start('m1');
      const { revision } = await store.load('m1');
      const change = { ...starting(free, 'run-2', 'request-2'), expectedRevision: revision };
      expect(taken(await refused(store, change))).toEqual(['active-run', runId]);
    });

    test('a run id is used once, whoever’s run it was', async () => {
      await fleet.registerAll(['m1', 'm2']);
      await fleet.startAndSucceed('m1', { runId: 'run-1' });
      for (const machineId of ['m1', 'm2']) {
        const again = starting(await store.load(machineId), 'run-1', `again-${machineId}`);
        expect(taken(await refused(store, again))).toEqual(['run-id', 'm1']);
      }
    });
  });
}
