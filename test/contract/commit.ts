import { beforeEach, describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/core/domain/aggregate.ts';
import { decisionTime } from '../../src/core/domain/aggregate.ts';
import type { Decision } from '../../src/core/domain/decide/decision.ts';
import { decideRegister, decideUpdate } from '../../src/core/domain/decide/machine.ts';
import { decideStartRun } from '../../src/core/domain/decide/start-run.ts';
import { identitiesOf } from '../../src/core/domain/machine.ts';
import type { Refusal } from '../../src/core/domain/refusal.ts';
import { aStart } from '../../src/core/domain/testing.ts';
import type { Command } from '../../src/core/engine/transact.ts';
import { changeOf } from '../../src/core/engine/transact.ts';
import type { Change, CommitResult, Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import { ALICE } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

/** The change that a decision makes on an aggregate as it was loaded. */
function changed(
  before: Aggregate,
  decision: Decision | Refusal | { kind: 'existing' },
  command?: Partial<Command>,
): Change {
  if (decision.kind !== 'decision') throw new Error(`the decision is ${decision.kind}`);
  return changeOf(before, decision, { machineId: before.machineId, origin: ALICE, ...command }).change;
}

/** A change that gives the machine a label. */
function labeling(before: Aggregate, value: string): Change {
  return changed(
    before,
    decideUpdate(before, ({ spec }) => ({ spec, labels: { value }, etag: '' })),
  );
}

/** A change that starts a run. */
function starting(before: Aggregate, runId: string, requestId: string): Change {
  return changed(before, decideStartRun(before, aStart('reboot', { runId, requestId, acknowledgeIntervention: true })));
}

/** A change that registers a machine; to be committed by a test whenever it likes. */
function registering(before: Aggregate, fleet: Fleet, spec: Parameters<Fleet['spec']>[0] = {}): Change {
  return changed(before, decideRegister(before, { spec: fleet.spec(spec), labels: {}, etag: '' }));
}

/** Commits a change that has to be refused, and makes sure that nothing came of it. */
async function refused(store: Store, change: Change): Promise<CommitResult> {
  const see = async () => ({
    aggregate: { ...(await store.load(change.machineId, requestOf(change))), now: 0 },
    runs: await Promise.all(change.runs.map(({ run }) => store.run(run.id))),
    head: await store.head(),
  });
  const before = await see();
  const result = await store.commit(change);
  expect(await see()).toEqual(before);
  return result;
}

function requestOf(change: Change): { requestId?: string } {
  return change.request === null ? {} : { requestId: change.request.requestId };
}

/** What load and commit promise. */
export function commitContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
  });

  describe('load', () => {
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
      expect(await store.commit(registering(before, fleet))).toEqual({ kind: 'ok', revision: 1 });
      expect(await refused(store, registering(before, fleet))).toEqual({ kind: 'conflict' });
    });

    test('what was decided before a machine was deleted conflicts with the one that took its name', async () => {
      const never = await store.load('m1');
      const spec = fleet.spec();
      const register = async () => {
        const before = await store.load('m1');
        await store.commit(changed(before, decideRegister(before, { spec, labels: {}, etag: '' })));
      };
      await register();
      const first = await store.load('m1');
      await fleet.repair('m1', { method: 'DeleteMachine' });
      const gone = await store.load('m1');
      expect(gone.revision).toBeGreaterThan(first.revision);
      await register();
      for (const stale of [labeling(first, 'late'), registering(never, fleet), registering(gone, fleet)]) {
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
      const result = await refused(store, registering(await store.load('m2'), fleet, second));
      expect(result).toMatchObject({ kind: 'taken', what: 'identity', by: 'm1', identity: { kind } });
    });

    test('an identity that is taken keeps the whole change away, the others with it', async () => {
      await fleet.register('m1', { bmcAddress: 'taken.example' });
      const both = { serial: 'FREE', bmcAddress: 'taken.example' };
      expect(taken(await refused(store, registering(await store.load('m2'), fleet, both)))).toEqual(['identity', 'm1']);
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
      expect(taken(await refused(store, registering(await store.load('m3'), fleet, { serial: 'TWO' })))).toEqual([
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

  describe('the fence', () => {
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
        const guard = { runId: wrong.runId, owner: wrong.owner, fence: wrong.fence };
        expect(await refused(store, { ...labeling(before, 'wrong'), guard })).toEqual({ kind: 'fenced' });
      }
      expect((await fleet.announce(held)).machine?.activeRunId).toBe(held.runId);
    });

    test('a former owner is told to stop, not to decide again', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      const stale = await store.load('m1');
      await store.release(held, held.owner);
      await fleet.label('m1', 'moved', 'on');
      const guard = { runId: held.runId, owner: held.owner, fence: held.fence };
      expect(await refused(store, { ...labeling(stale, 'late'), guard })).toEqual({ kind: 'fenced' });
    });

    test('stands for nothing once the run has ended', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      await fleet.succeed(held);
      const guard = { runId: held.runId, owner: held.owner, fence: held.fence };
      expect(await refused(store, { ...labeling(await store.load('m1'), 'late'), guard })).toEqual({ kind: 'fenced' });
    });

    test('a command is not stopped by it: a cancel needs no fence', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      await fleet.cancel('m1', held.runId);
      expect((await fleet.run(held)).phase).toBe('CANCELED');
      const guard = { runId: held.runId, owner: held.owner, fence: held.fence };
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
      const guard = { runId: held.runId, owner: held.owner, fence: held.fence };
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
  });
}
