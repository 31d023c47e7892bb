import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase as Phase, RunSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind as Kind, WaitingForSchema } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import type { RunChange } from './runs.ts';
import { applyRunChanges, isActive, MAX_FINISHED_RUNS, noRuns, runsSince } from './runs.ts';

function run(runId: string, at: number, phase: Run['phase'], machineId = 'm'): Run {
  return create(RunSchema, {
    runId,
    machineId,
    phase,
    createdAt: timestampFromMs(at),
    ...(phase === Phase.SUCCEEDED ? { finishedAt: timestampFromMs(at) } : {}),
  });
}

const present = (...runs: Run[]) => runs.map((one) => ({ kind: 'present', run: one }) as const);

test('the newest run of a machine is the one that began last, in whatever order they are told', () => {
  const state = applyRunChanges(noRuns, present(run('b', 2, Phase.RUNNING), run('a', 1, Phase.SUCCEEDED)));
  expect(state.latestOf.get('m')).toBe('b');
  expect(state.active).toBe(1);
});

test('runs whose server has gone are counted until they are taken up', () => {
  const left = { ...run('a', 1, Phase.RUNNING), waitingFor: create(WaitingForSchema, { kind: Kind.RECOVERY }) };
  const state = applyRunChanges(noRuns, present(left, run('b', 2, Phase.RUNNING, 'n')));
  expect([state.active, state.recovering]).toEqual([2, 1]);
  expect(applyRunChanges(state, present(run('a', 1, Phase.RUNNING))).recovering).toBe(0);
});

test('finished runs are kept up to a bound, those under way always', () => {
  const finished = Array.from({ length: MAX_FINISHED_RUNS + 3 }, (_, at) =>
    run(`f${at}`, at, Phase.SUCCEEDED, `m${at}`),
  );
  const state = applyRunChanges(noRuns, present(run('active', 0, Phase.RUNNING), ...finished));
  expect(state.byId.size).toBe(MAX_FINISHED_RUNS + 1);
  expect(state.byId.has('active')).toBe(true);
  expect(['f0', 'f1', 'f2', 'f3'].filter((id) => state.byId.has(id))).toEqual(['f3']);
  expect([state.latestOf.has('m2'), state.latestOf.has('m3')]).toEqual([false, true]);
});

test('a finished run that is told of because somebody looks at it stays, however long ago it ended', () => {
  const many = Array.from({ length: MAX_FINISHED_RUNS }, (_, at) => run(`f${at}`, at + 9, Phase.SUCCEEDED, `m${at}`));
  const state = applyRunChanges(applyRunChanges(noRuns, present(...many)), present(run('old', 1, Phase.SUCCEEDED)));
  expect([state.latestOf.get('m'), state.byId.has('old'), state.byId.has('f0')]).toEqual(['old', true, false]);
});

test('a machine that has had no run is not said to have had none once it has one, wherever that is by then', () => {
  const none = applyRunChanges(noRuns, [{ kind: 'none', machineId: 'm' }]);
  expect(none.without).toBe('m');
  expect(applyRunChanges(none, present(run('a', 1, Phase.RUNNING, 'n'))).without).toBe('m');
  expect(applyRunChanges(none, present(run('a', 1, Phase.RUNNING, 'm'))).without).toBe('');
});

test('a beginning anew forgets runs that may have ended meanwhile', () => {
  const before = applyRunChanges(noRuns, present(run('a', 1, Phase.RUNNING)));
  expect(applyRunChanges(before, [{ kind: 'reset' }])).toEqual(noRuns);
});

test('a run that was asked for stays, and is not taken for the newest of its machine', () => {
  const many = Array.from({ length: MAX_FINISHED_RUNS + 1 }, (_, at) =>
    run(`f${at}`, at + 9, Phase.SUCCEEDED, `m${at}`),
  );
  const asked = applyRunChanges(noRuns, [
    { kind: 'asked', runId: 'old', run: run('old', 1, Phase.SUCCEEDED), problem: '' },
  ]);
  const state = applyRunChanges(asked, present(...many));
  expect([state.asked?.runId, state.latestOf.has('m')]).toEqual(['old', false]);
});

test('what is kept by what changes is what all runs together make, whatever is told', () => {
  const waiting = create(WaitingForSchema, { kind: Kind.RECOVERY });
  const any = fc
    .record({
      n: fc.integer({ min: 0, max: 30 }),
      phase: fc.constantFrom(Phase.PENDING, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED),
      recovers: fc.boolean(),
    })
    .map(({ n, phase, recovers }) => ({
      // Each run has one beginning and one machine for as long as it is told of.
      ...run(`r${n}`, n % 7, phase, `m${n % 5}`),
      waitingFor: recovers ? waiting : undefined,
    }));
  const change: fc.Arbitrary<RunChange> = fc.oneof(
    { weight: 20, arbitrary: any.map((one) => ({ kind: 'present' as const, run: one as Run })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
  );
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 15 }), (turns) => {
      let state = noRuns;
      const runs = new Map<string, Run>();
      for (const changes of turns) {
        const before = state;
        state = applyRunChanges(state, changes);
        for (const one of changes) {
          if (one.kind === 'reset') runs.clear();
          else if (one.kind === 'present') runs.set(one.run.runId, one.run);
        }
        const all = [...runs.values()];
        expect(new Map(state.byId)).toEqual(runs);
        expect(state.active).toBe(all.filter(isActive).length);
        expect(state.recovering).toBe(all.filter((one) => isActive(one) && one.waitingFor !== undefined).length);
        expect(state.finished.toSorted()).toEqual(
          all
            .filter((one) => !isActive(one))
            .map(({ runId }) => runId)
            .sort(),
        );
        const newest = new Map(all.map(({ machineId }) => [machineId, 0]));
        for (const { machineId, createdAt } of all) {
          newest.set(machineId, Math.max(newest.get(machineId) ?? 0, createdAt?.nanos ?? 0));
        }
        const shown = Array.from(state.latestOf, ([id, runId]) => [id, runs.get(runId)?.createdAt?.nanos] as const);
        expect(new Map(shown)).toEqual(newest);
        const changed = all.filter((one) => before.byId.get(one.runId) !== one).map(({ runId }) => runId);
        expect(
          runsSince(state, before)
            .map(({ runId }) => runId)
            .sort(),
        ).toEqual(changed.sort());
      }
    }),
  );
});
