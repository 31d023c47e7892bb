import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CrashingBench } from '../../../test/support/crashing-bench.ts';
import { DONE, FAILED } from '../../../test/support/engine-bench.ts';
import { settle } from '../../../test/support/virtual-clock.ts';
import type { Run } from '../domain/run.ts';
import { isTerminal } from '../domain/run.ts';
import type { StoredEvent } from '../ports/store.ts';

const MACHINES = ['m1', 'm2'] as const;
const PLANS = ['repave-join', 'reboot', 'rma', 'net-reconfig'] as const;

type Op =
  | { readonly op: 'start'; readonly machine: number; readonly plan: number; readonly request: number }
  | { readonly op: 'cancel'; readonly nth: number }
  | { readonly op: 'end'; readonly nth: number; readonly how: 'done' | 'failed' | 'terminal' | 'unknown' | 'throws' }
  | { readonly op: 'pass'; readonly ms: number }
  | { readonly op: 'restart' }
  | { readonly op: 'crash' };

const ops: fc.Arbitrary<readonly Op[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        op: fc.constant('start' as const),
        machine: fc.nat(1),
        plan: fc.nat(3),
        request: fc.nat(12),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const), nth: fc.nat(5) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        op: fc.constant('end' as const),
        nth: fc.nat(3),
        how: fc.constantFrom('done', 'done', 'done', 'failed', 'terminal', 'unknown', 'throws'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ op: fc.constant('pass' as const), ms: fc.constantFrom(1, 400, 2_000, 70_000, 320_000) }),
    },
    { weight: 1, arbitrary: fc.constant({ op: 'restart' as const }) },
    { weight: 1, arbitrary: fc.constant({ op: 'crash' as const }) },
  ),
  { minLength: 5, maxLength: 60 },
);

const OUTCOMES = {
  done: DONE,
  failed: FAILED,
  terminal: { ...FAILED, terminal: true },
  unknown: { kind: 'unknown', message: 'no answer' },
  throws: () => {
    throw new Error('thrown by the provider');
  },
} as const;

async function carryOut(world: CrashingBench, op: Op, runs: Set<string>): Promise<void> {
  const { bench } = world;
  switch (op.op) {
    case 'start': {
      const id = MACHINES[op.machine] ?? 'm1';
      const plan = PLANS[op.plan] ?? 'reboot';
      const answer = await bench.start(id, plan, { requestId: `${plan}-${op.request}`, acknowledge: true });
      if (typeof answer === 'string') runs.add(answer);
      return;
    }
    case 'cancel': {
      const id = [...runs].at(-1 - op.nth);
      if (id !== undefined) await bench.cancel(id);
      return;
    }
    case 'end': {
      bench.provider.pending[op.nth]?.end(OUTCOMES[op.how]);
      await settle();
      await settle();
      return;
    }
    case 'pass':
      return bench.clock.advance(op.ms);
    case 'restart':
      await world.halt();
      return world.boot();
    case 'crash':
      return world.crash();
  }
}

/** What must hold at every moment, read from the store alone. */
async function checkMoment(world: CrashingBench, runs: ReadonlySet<string>, ended: Map<string, Run>): Promise<void> {
  const { store, provider } = world.bench;
  expect(provider.overlap).toBeLessThanOrEqual(1);
  for (const id of MACHINES) {
    const machine = await world.bench.machine(id);
    const active = [];
    for (const runId of runs) {
      const run = (await store.run(runId))?.run;
      if (run?.machineId === id && !isTerminal(run.phase)) active.push(runId);
    }
    expect(active.length).toBeLessThanOrEqual(1);
    expect(machine.activeRunId).toBe(active[0] ?? null);
    if (machine.stoppingRunId !== null) {
      expect((await store.run(machine.stoppingRunId))?.run).toMatchObject({ stopping: true });
    }
  }
  for (const runId of runs) {
    const run = (await store.run(runId))?.run;
    if (run === undefined || !isTerminal(run.phase)) continue;
    const before = ended.get(runId);
    if (before !== undefined) {
      expect({ ...run, stopping: false, revision: 0, steps: [] }).toEqual({
        ...before,
        stopping: false,
        revision: 0,
        steps: [],
      });
    }
    ended.set(runId, run);
  }
}

/** What must hold of the whole log: no gap in a subject's events, state equal to the last of them, steps in order and once. */
async function checkLog(
  world: CrashingBench,
  events: readonly StoredEvent[],
  runs: ReadonlySet<string>,
): Promise<void> {
  const last = new Map<string, StoredEvent['after']>();
  const revisions = new Map<string, number>();
  let time = 0;
  for (const event of events) {
    const subject = event.runId || event.machineId;
    expect(event.revision).toBe((revisions.get(subject) ?? 0) + 1);
    revisions.set(subject, event.revision);
    last.set(subject, event.after);
    if (event.machineId === 'm1') {
      expect(event.at).toBeGreaterThanOrEqual(time);
      time = event.at;
    }
  }
  for (const id of MACHINES) expect(last.get(id)).toEqual(await world.bench.machine(id));
  for (const id of runs) expect(last.get(id)).toEqual(await world.bench.run(id));
  for (const id of runs) checkSteps(events.filter((event) => event.runId === id));
}

function checkSteps(events: readonly StoredEvent[]): void {
  let before: Run | null = null;
  for (const event of events) {
    const run = event.after as Run;
    if (event.kind === 'ATTEMPT_STARTED' && before !== null) {
      const begun = run.currentStep;
      expect(before.steps.slice(0, begun).every((step) => step.state === 'SUCCEEDED')).toBe(true);
      expect(before.steps[begun]?.state).not.toBe('SUCCEEDED');
      expect(run.steps[begun]?.attempt).toBeLessThanOrEqual(run.steps[begun]?.maxAttempts ?? 0);
    }
    before = run;
  }
}

it('holds its invariants under any sequence of commands, outcomes, restarts and crashes', async () => {
  await fc.assert(
    fc.asyncProperty(ops, async (sequence) => {
      const world = new CrashingBench();
      const head = await world.bench.store.head();
      for (const id of MACHINES) await world.bench.register(id);
      await world.boot();
      const runs = new Set<string>();
      const ended = new Map<string, Run>();
      for (const op of sequence) {
        await carryOut(world, op, runs);
        await checkMoment(world, runs, ended);
      }
      world.bench.provider.rule = (_, probe) => (probe ? { kind: 'not-done', message: '' } : DONE);
      for (const pending of [...world.bench.provider.pending]) pending.end(DONE);
      await world.bench.clock.advance(3_600_000);
      for (const runId of runs) expect(isTerminal((await world.bench.run(runId)).phase)).toBe(true);
      for (const id of MACHINES) expect((await world.bench.machine(id)).stoppingRunId).toBeNull();
      await checkLog(world, await world.bench.events(head), runs);
    }),
    { numRuns: 150 },
  );
});
