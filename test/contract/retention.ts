import { describe, expect, test } from 'vitest';
import { EVERYTHING } from '../../src/core/domain/filter.ts';
import { REFUSED } from '../../src/core/domain/testing.ts';
import type { Keep, RetentionPolicy } from '../../src/core/ports/retention.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { StoreFactory } from './fixture.ts';
import { opening, runFilter, sweepAll } from './fixture.ts';

/** What a store lets go of, and what it keeps for good. */
export function retentionContract(factory: StoreFactory): void {
  const open = opening(factory);

  const runIds = async (store: Store, filter = EVERYTHING) => {
    const query = { filter, orderBy: 'finished_at', descending: false, limit: 1_000, after: null } as const;
    return (await store.runs(query)).rows.map(({ run }) => run.id);
  };

  describe('finished runs', () => {
    test('go in the order in which they ended, with rows, logs and counts', async () => {
      const { store, fleet, advance, sweep } = await open({ finishedRuns: 2 });
      await fleet.registerAll(['m1', 'm2']);
      const long = await fleet.startAndBegin('m1', { runId: 'run-long' });
      await fleet.announce(long);
      const line = { at: 0, stream: 'stdout', data: Uint8Array.of(65), step: 'reboot', attempt: 1 } as const;
      await store.appendLogs([{ ...long, lines: [line], progress: null }]);
      for (const runId of ['run-1', 'run-2', 'run-3']) {
        await advance(10);
        await fleet.startAndSucceed('m2', { runId });
      }
      await sweep();
      expect(await runIds(store)).toEqual(['run-2', 'run-3', 'run-long']);
      await fleet.end(long, REFUSED);
      await advance(10);
      await sweep();
      expect(await runIds(store)).toEqual(['run-3', 'run-long']);
      expect(await store.logs('run-long', 0, 10)).toHaveLength(1);
      for (const runId of ['run-4', 'run-5']) await fleet.startAndSucceed('m2', { runId });
      await sweep();
      expect(await runIds(store)).toEqual(['run-4', 'run-5']);
      expect(await runIds(store, runFilter('machine_id=m1'))).toEqual([]);
      expect(await runIds(store, runFilter('run_id=run-1'))).toEqual([]);
      expect(await store.run('run-long')).toBeNull();
      expect(await store.logs('run-long', 0, 10)).toEqual([]);
      expect((await store.load('m1', { runId: 'run-long' })).runs).toEqual([]);
      expect((await store.counts(EVERYTHING)).runs).toEqual({ SUCCEEDED: 2 });
    });

    test('go on answering under their id and their request id', async () => {
      const { store, fleet, advance, sweep } = await open({ finishedRuns: 1 });
      await fleet.register('m1');
      await fleet.start('m1', { runId: 'run-1', requestId: 'request-1', plan: 'rma' });
      await advance(100);
      const held = await fleet.claim();
      await fleet.begin(held);
      await advance(1_000);
      const run = await fleet.succeed(held);
      expect(await store.sweptRun('run-1')).toBeNull();
      await fleet.register('m2');
      await advance(1);
      await fleet.startAndSucceed('m2');
      await sweep();
      expect(await store.run('run-1')).toBeNull();
      expect(await store.sweptRun('run-1')).toEqual({
        id: 'run-1',
        machineId: 'm1',
        requestId: 'request-1',
        type: run.type,
        planId: 'plan/rma',
        phase: 'SUCCEEDED',
        createdAt: run.createdAt,
        startedAt: run.createdAt + 100,
        finishedAt: run.createdAt + 1_100,
      });
      expect((await store.load('m1', { requestId: 'request-1' })).request?.runId).toBe('run-1');
      expect(await fleet.start('m1', { runId: 'run-x', requestId: 'request-1', plan: 'rma' })).toBe('run-1');
      expect(await store.run('run-x')).toBeNull();
    });

    test('their ids are not given again', async () => {
      const { store, fleet, sweep, advance } = await open({ finishedRuns: 1 });
      await fleet.registerAll(['m1', 'm2']);
      await fleet.startAndSucceed('m1', { runId: 'run-1' });
      await advance(1);
      await fleet.startAndSucceed('m1', { runId: 'run-2' });
      await sweep();
      expect(await store.sweptRun('run-1')).not.toBeNull();
      for (const machineId of ['m1', 'm2']) {
        await expect(fleet.start(machineId, { runId: 'run-1' })).rejects.toThrow('try again');
      }
    });

    test('that are active, in back-off or stopping are none of them', async () => {
      const { store, fleet, advance, sweep } = await open({ finishedRuns: 1 });
      await fleet.registerAll(['m1', 'm2', 'm3', 'm4']);
      const stopping = await fleet.startAndBegin('m1', { runId: 'run-stopping' });
      await fleet.announce(stopping);
      await fleet.cancel('m1', 'run-stopping');
      await fleet.startAndBegin('m2', { runId: 'run-going' });
      await advance(10);
      for (const runId of ['run-1', 'run-2', 'run-3']) {
        await fleet.startAndSucceed('m3', { runId });
        await advance(10);
      }
      await fleet.start('m4', { runId: 'run-pending' });
      await sweep();
      expect(await runIds(store)).toEqual(['run-stopping', 'run-3', 'run-going', 'run-pending']);
      // It ended before run-3 did, and now nothing holds it any more.
      await fleet.stopped(stopping);
      await sweep();
      expect(await runIds(store)).toEqual(['run-3', 'run-going', 'run-pending']);
      expect(await store.sweptRun('run-stopping')).toMatchObject({ phase: 'CANCELED' });
    });
  });

  describe('by a policy', () => {
    const all: Keep = { ageMs: null, count: null };
    const keepAll: RetentionPolicy = { runs: all, events: all, logs: all };
    const line = { at: 0, stream: 'stdout', data: Uint8Array.of(65), step: 'reboot', attempt: 1 } as const;

    /** Three runs with a line each that ended 100 ms apart, and one that is going. */
    const threeRuns = async () => {
      const opened = await open();
      const { store, fleet, advance } = opened;
      await fleet.registerAll(['m1', 'm2']);
      const going = await fleet.startAndBegin('m2', { runId: 'run-going' });
      await store.appendLogs([{ ...going, lines: [line], progress: null }]);
      for (const runId of ['run-1', 'run-2', 'run-3']) {
        const held = await fleet.startAndBegin('m1', { runId });
        await store.appendLogs([{ ...held, lines: [line], progress: null }]);
        await fleet.succeed(held);
        await advance(100);
      }
      return { ...opened, going };
    };
    const logged = async (store: Store) => {
      const ids = ['run-1', 'run-2', 'run-3', 'run-going'];
      const lines = await Promise.all(ids.map((runId) => store.logs(runId, 0, 10)));
      return ids.filter((_, at) => lines[at]?.length === 1);
    };

    test('that keeps all nothing goes', async () => {
      const { store } = await threeRuns();
      expect(await store.sweep(keepAll)).toBe(false);
      expect(await runIds(store)).toEqual(['run-1', 'run-2', 'run-3', 'run-going']);
      expect(await logged(store)).toEqual(['run-1', 'run-2', 'run-3', 'run-going']);
    });

    test('runs go by number and by age, whichever lets more go', async () => {
      const { store } = await threeRuns();
      await sweepAll(store, { ...keepAll, runs: { ageMs: 250, count: 10 } });
      expect(await runIds(store)).toEqual(['run-2', 'run-3', 'run-going']);
      await sweepAll(store, { ...keepAll, runs: { ageMs: 100_000, count: 1 } });
      expect(await runIds(store)).toEqual(['run-3', 'run-going']);
      await sweepAll(store, { ...keepAll, runs: { ageMs: null, count: 0 } });
      expect(await runIds(store)).toEqual(['run-going']);
    });

    test('logs of runs that have ended go, and the runs stay', async () => {
      const { store } = await threeRuns();
      await sweepAll(store, { ...keepAll, logs: { ageMs: 250, count: null } });
      expect(await logged(store)).toEqual(['run-2', 'run-3', 'run-going']);
      await sweepAll(store, { ...keepAll, logs: { ageMs: null, count: 1 } });
      expect(await logged(store)).toEqual(['run-3', 'run-going']);
      await sweepAll(store, { ...keepAll, logs: { ageMs: 0, count: 0 } });
      expect(await logged(store)).toEqual(['run-going']);
      expect(await runIds(store)).toEqual(['run-1', 'run-2', 'run-3', 'run-going']);
    });

    test('the log of a run whose call goes on is none of those that go', async () => {
      const { store, fleet, advance, going } = await threeRuns();
      await fleet.announce(going);
      await fleet.cancel('m2', 'run-going');
      await advance(1_000);
      await sweepAll(store, { runs: { ageMs: 0, count: 0 }, events: all, logs: { ageMs: 0, count: 0 } });
      expect(await runIds(store)).toEqual(['run-going']);
      await store.appendLogs([{ ...going, lines: [line], progress: null }]);
      expect(await store.logs('run-going', 0, 10)).toHaveLength(2);
      await fleet.stopped(going);
      await advance(1_000);
      await sweepAll(store, { ...keepAll, logs: { ageMs: 0, count: null } });
      expect(await store.logs('run-going', 0, 10)).toEqual([]);
    });

    test('events go by age, and a cursor that was passed is expired', async () => {
      const { store, fleet, advance } = await open();
      const start = await store.head();
      for (const machineId of ['m1', 'm2', 'm3']) {
        await fleet.register(machineId);
        await advance(100);
      }
      await sweepAll(store, { ...keepAll, events: { ageMs: 250, count: 10 } });
      expect(await store.tail(start, 10)).toEqual({ kind: 'expired' });
      const range = { filter: EVERYTHING, after: null, before: null, since: null, until: null };
      expect(await store.events({ ...range, descending: false, limit: 10 })).toMatchObject({
        events: [{ machineId: 'm2' }, { machineId: 'm3' }],
      });
    });
  });
}
