import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { runOf } from './aggregate.ts';
import { apply } from './apply.ts';
import type { Outcome, ProbeOutcome } from './decide/attempt.ts';
import type { DomainEvent } from './event.ts';
import type { PlannedRun, Run } from './run.ts';
import { isTerminal, openIntent } from './run.ts';
import { anAggregate, CUT_OFF, DONE, FLAKED, REFUSED, TIMED_OUT, UNKNOWN } from './testing.ts';
import { runWaitsFor } from './waiting.ts';
import type { Act, Happened } from './world.ts';
import { activeRuns, World } from './world.ts';

const outcome = fc.constantFrom<Outcome>(DONE, DONE, DONE, DONE, FLAKED, TIMED_OUT, UNKNOWN, CUT_OFF, REFUSED);
const probe = fc.constantFrom<ProbeOutcome>(
  { kind: 'probed-done', message: '' },
  { kind: 'probed-not-done', message: '' },
  { kind: 'cannot-tell', message: '' },
);
const request = fc.integer({ min: 0, max: 5 });
const index = fc.integer({ min: 0, max: 3 });
const plan = fc.constantFrom('repave-join', 'rma', 'reboot', 'upgrade', 'net-reconfig', 'own', 'own', 'own');

const common = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Act>({ act: 'go-on' }) },
  {
    weight: 10,
    arbitrary: fc
      .tuple(outcome, probe)
      .map(([told, probed]): Act => ({ act: 'call-ends', outcome: told, probe: probed })),
  },
);
const rare: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    act: fc.constant('register' as const),
    rack: fc.constantFrom('r1', 'r2'),
    serial: fc.constantFrom('SN-0001', 'SN-0002'),
  }),
  fc.record({ act: fc.constant('start' as const), request, plan, acknowledge: fc.boolean() }),
  fc.record({ act: fc.constant('start' as const), request, plan, acknowledge: fc.constant(true) }),
  fc.record({ act: fc.constantFrom('cancel' as const, 'retry-now' as const), run: index }),
  fc.record({
    act: fc.constant('repair' as const),
    request,
    repair: fc.constantFrom(
      'EnterMaintenance' as const,
      'ExitMaintenance' as const,
      'ResolveIntervention' as const,
      'CompleteRma' as const,
    ),
    release: fc.boolean(),
  }),
  fc.record({
    act: fc.constantFrom(
      'server-dies' as const,
      'call-is-stuck' as const,
      'reap' as const,
      'fault' as const,
      'finish' as const,
      'approve' as const,
      'approve' as const,
    ),
  }),
  fc.record({ act: fc.constant('announce' as const), step: index, attempt: index, probe: fc.boolean() }),
  fc.record({ act: fc.constant('time' as const), ms: fc.integer({ min: -5_000, max: 60_000 }) }),
);
const last: fc.Arbitrary<Act> = fc.record({
  act: fc.constant('repair' as const),
  request,
  repair: fc.constantFrom('RetireMachine' as const, 'DeleteMachine' as const),
  release: fc.constant(false),
});
const acts = fc.array(
  fc.oneof({ weight: 22, arbitrary: common }, { weight: 8, arbitrary: rare }, { weight: 1, arbitrary: last }),
  { maxLength: 120, size: 'max' },
);

/** The machine is there and has a run before anything else happens. */
function lived(sequence: readonly Act[]): World {
  const world = new World();
  world.do({ act: 'register', rack: 'r1', serial: 'SN-0001' });
  world.do({ act: 'start', request: 99, plan: 'repave-join', acknowledge: false });
  for (const act of sequence) {
    if (world.do(act)) expect(inconsistencies(world)).toEqual([]);
  }
  return world;
}

/** What does not hold although it must after every commit. */
function inconsistencies(world: World): readonly string[] {
  const { machine } = world.aggregate;
  const found = world.aggregate.runs.flatMap(disorder);
  const need = (holds: boolean, what: string) => {
    if (!holds) found.push(what);
  };
  const ids = (runs: readonly Run[]) => runs.map((run) => run.id).join();
  const active = machine?.activeRunId ?? null;
  const held = machine?.stoppingRunId ?? null;
  need(ids(activeRuns(world)) === (active ?? ''), 'active_run_id is the one run that has not ended');
  need(ids(world.runs.filter((run) => run.stopping)) === (held ?? ''), 'stopping_run_id is the one run that is held');
  need(active === null || held === null, 'nothing runs on a machine that is held');
  need(machine?.phase !== 'PROVISIONING' || active !== null, 'PROVISIONING has a run');
  need(active === null || machine?.phase === 'PROVISIONING' || machine?.phase === 'READY', 'a run shows in the phase');
  return found;
}

/** Steps in order, attempts within their budget, held exactly if there is an intent without outcome. */
function disorder({ run, plan }: PlannedRun): string[] {
  const found: string[] = [];
  const need = (holds: boolean, what: string) => {
    if (!holds) found.push(`${run.id}: ${what}`);
  };
  const ended = isTerminal(run.phase);
  const open = run.steps.filter((step) => step.intent !== null);
  need(
    open.length <= 1 && openIntent(run)?.intent === open[0]?.intent,
    'one intent, and it is that of the current step',
  );
  need(run.stopping === (ended && open.length === 1), 'held exactly if there is an intent without outcome');
  need((run.phase === 'FAILED') === (run.error !== null), 'FAILED has an error');
  need(run.failure === null || run.phase === 'RUNNING', 'only a run that goes on will fail');
  need((run.finishedAt !== null) === ended, 'finished_at is set once it has ended');
  for (const [at, step] of run.steps.entries()) {
    const begun = step.state !== 'WAITING' && step.state !== 'SKIPPED';
    const before = run.steps.slice(0, at);
    const spec = plan.steps[at];
    const failed = run.steps.some((one, index) => one.state === 'FAILED' && plan.steps[index]?.onFailure === 'stop');
    need(!begun || before.every(({ state }) => !isOpen(state)), `${step.name} began in its turn`);
    const passed = before.every(
      ({ state }, index) => state === 'SUCCEEDED' || plan.steps[index]?.onFailure === 'continue',
    );
    need(!begun || passed || spec?.always === true, `${step.name} began although the run had failed`);
    need(ended || step.state !== 'SKIPPED' || spec?.always === false, `${step.name} is done whatever happened`);
    need(!begun || spec?.hold === null || step.approval !== null, `${step.name} was approved`);
    need(
      step.heldSince === null || (step.state === 'WAITING' && at === run.currentStep),
      `${step.name} waits for a person`,
    );
    need(step.attempt <= step.maxAttempts, `${step.name} keeps within its attempts`);
    need(step.interruptions < 3, `${step.name} is not cut off for ever`);
    need(step.nextRetryAt === null || (run.phase === 'RUNNING' && step.intent === null), `${step.name} waits or calls`);
    need(!ended || (step.state !== 'WAITING' && step.state !== 'RUNNING'), `${step.name} has ended with its run`);
    need(run.phase !== 'SUCCEEDED' || step.state === 'SUCCEEDED' || !failed, `${step.name} has succeeded with its run`);
    need(run.phase !== 'SUCCEEDED' || step.state !== 'SKIPPED', `${step.name} was done`);
  }
  return found;
}

/** The step has not come to its end. */
function isOpen(state: Run['steps'][number]['state']): boolean {
  return state === 'WAITING' || state === 'RUNNING';
}

const seen = new Map<DomainEvent['kind'], number>();

function property(check: (world: World) => void): void {
  fc.assert(
    fc.property(acts, (sequence) => {
      const world = lived(sequence);
      for (const { event } of world.history) seen.set(event.kind, (seen.get(event.kind) ?? 0) + 1);
      check(world);
    }),
    { numRuns: 150 },
  );
}

/** The run of an event, before and after it. */
function runsOf({ event, before, after }: Happened): readonly [Run | null, Run] | null {
  if (event.subject !== 'run') return null;
  const next = runOf(after, event.runId)?.run;
  return next === undefined ? null : [runOf(before, event.runId)?.run ?? null, next];
}

describe('whatever is done to a machine, in whatever order', () => {
  it('active_run_id is set exactly while that run is active, and a hold is an intent without outcome', () => {
    property(() => undefined);
  });

  it('a terminal run never changes, but for the hold', () => {
    property((world) => {
      for (const happened of world.history) {
        const [before, after] = runsOf(happened) ?? [];
        if (before === null || before === undefined || !isTerminal(before.phase)) continue;
        expect(happened.event.kind).toBe('STOPPED');
        const steps = before.steps.map((step) => ({ ...step, intent: null }));
        expect(after).toEqual({ ...before, stopping: false, steps, revision: before.revision + 1 });
      }
    });
  });

  it('a step begins only after those before it have come to their end, and never again once it has', () => {
    property((world) => {
      for (const happened of world.history) {
        if (happened.event.kind !== 'ATTEMPT_STARTED') continue;
        const steps = runsOf(happened)?.[0]?.steps ?? [];
        const { step } = happened.event;
        expect(steps.slice(0, step).filter(({ state }) => isOpen(state))).toEqual([]);
        expect(isOpen(steps[step]?.state ?? 'SUCCEEDED')).toBe(true);
      }
    });
  });

  it('state is the fold of the events, also when they come back from a store', () => {
    property((world) => {
      const told = JSON.parse(JSON.stringify(world.history.map(({ event, at }) => ({ event, at })))) as Happened[];
      const folded = told.reduce((state, { event, at }) => apply(state, event, at), anAggregate(null));
      expect(folded.machine).toEqual(world.aggregate.machine);
      expect(folded.runs).toEqual(world.aggregate.runs);
    });
  });

  it('revisions of machine and runs count their own events without a gap, and time never goes back', () => {
    property((world) => {
      let last = 0;
      for (const happened of world.history) {
        const { event, at, before, after } = happened;
        expect(at).toBeGreaterThanOrEqual(last);
        last = at;
        if (event.subject === 'machine') {
          if (after.machine !== null) expect(after.machine.revision).toBe((before.machine?.revision ?? 0) + 1);
        } else {
          const [old, next] = runsOf(happened) ?? [];
          expect(next?.revision).toBe((old?.revision ?? 0) + 1);
        }
        expect(event.message).not.toBe('');
      }
    });
  });

  it('what a run waits for is what its state says, and one that nobody owns always waits for something', () => {
    property((world) => {
      for (const { after, at } of world.history) {
        for (const { run } of after.runs) {
          const waits = runWaitsFor({ run, owned: true, queue: null }, at)?.kind ?? 'nothing';
          const open = openIntent(run) !== null;
          const held = run.steps[run.currentStep]?.heldSince != null;
          const backOff = (run.steps[run.currentStep]?.nextRetryAt ?? 0) > at;
          if (isTerminal(run.phase)) expect(waits).toBe(run.stopping ? 'stopping' : 'nothing');
          else if (open) expect(waits).toBe('provider');
          else if (held) expect(waits).toBe('approval');
          else expect(waits).toBe(backOff ? 'back-off' : 'nothing');
          if (!isTerminal(run.phase)) expect(runWaitsFor({ run, owned: false, queue: null }, at)).not.toBeNull();
        }
      }
    });
  });

  afterAll(() => {
    // A property of sequences in which nothing happens would prove nothing.
    for (const kind of [
      'STEP_SUCCEEDED',
      'STEP_FAILED',
      'STEP_HELD',
      'STEP_APPROVED',
      'ATTEMPT_FAILED',
      'FAILED',
      'CANCELED',
      'STOPPED',
      'IMAGE_DONE',
    ] as const) {
      expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0);
    }
  });
});
