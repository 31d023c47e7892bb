import type { Aggregate } from './aggregate.ts';
import { runOf } from './aggregate.ts';
import { equal } from './equal.ts';
import type { DomainEvent, MachineEvent, RunEvent } from './event.ts';
import type { Machine } from './machine.ts';
import type { Plan } from './plan.ts';
import type { PlannedRun, Run, RunError, StepStatus } from './run.ts';
import type { Millis } from './time.ts';

/** The aggregate after an event: state is nothing but the fold of these. */
export function apply(aggregate: Aggregate, event: DomainEvent, now: Millis): Aggregate {
  if (event.subject === 'machine') {
    return { ...aggregate, machine: applyToMachine(aggregate.machine, event, now), lastEventAt: now };
  }
  if (event.kind === 'ACCEPTED') {
    return { ...aggregate, runs: [...aggregate.runs, { run: event.run, plan: event.plan }], lastEventAt: now };
  }
  const planned = runOf(aggregate, event.runId);
  if (planned === null) throw new Error(`event ${event.kind} of run ${event.runId}, which the aggregate does not have`);
  const next: PlannedRun = { plan: planned.plan, run: applyToRun(planned, event, now) };
  return {
    ...aggregate,
    runs: aggregate.runs.map((other) => (other === planned ? next : other)),
    lastEventAt: now,
  };
}

/** A machine after one of its events; null before it is registered and once it is deleted. */
export function applyToMachine(machine: Machine | null, event: MachineEvent, now: Millis): Machine | null {
  if (event.kind === 'REGISTERED') return event.machine;
  if (machine === null) throw new Error(`event ${event.kind} of a machine that is not there`);
  const touched = { ...machine, updatedAt: now, revision: machine.revision + 1 };
  switch (event.kind) {
    case 'DELETED':
      return null;
    case 'UPDATED':
      return updated(touched, event);
    default:
      return {
        ...touched,
        ...event.patch,
        phaseSince: event.patch.phase === machine.phase ? machine.phaseSince : now,
        ...(event.spec === undefined ? {} : { spec: event.spec, specRevision: machine.specRevision + 1 }),
      };
  }
}

/** The etag covers spec and labels, and not who owns the machine. */
function updated(touched: Machine, { spec, labels, source }: MachineEvent & { readonly kind: 'UPDATED' }): Machine {
  const declares = !equal(touched.spec, spec) || !equal(touched.labels, labels);
  const { source: before, ...rest } = touched;
  const owner = source ?? before ?? '';
  return {
    ...rest,
    spec,
    labels,
    specRevision: touched.specRevision + (declares ? 1 : 0),
    ...(owner === '' ? {} : { source: owner }),
  };
}

/** A run after one of its events other than the one that made it. */
function applyToRun({ run, plan }: PlannedRun, event: Exclude<RunEvent, { kind: 'ACCEPTED' }>, now: Millis): Run {
  const next = { ...run, revision: run.revision + 1 };
  switch (event.kind) {
    case 'STARTED':
      return { ...next, phase: 'RUNNING', startedAt: now };
    case 'ATTEMPT_STARTED':
      return withStep({ ...next, currentStep: event.step }, event.step, now, (step) => ({
        ...step,
        state: 'RUNNING',
        attempt: event.attempt,
        startedAt: step.startedAt ?? now,
        nextRetryAt: null,
        intent: event.intent,
        interruptions: event.attempt === step.attempt ? step.interruptions : 0,
        probe: event.intent.probe ? step.probe : 'none',
      }));
    case 'ATTEMPT_INTERRUPTED':
      return withStep(next, event.step, now, (step) => ({
        ...step,
        intent: null,
        interruptions: step.interruptions + 1,
        probe: step.probe === 'none' && event.probe ? 'after-interruption' : step.probe,
        message: event.told,
      }));
    case 'ATTEMPT_PROBED':
      return withStep(next, event.step, now, (step) => ({ ...step, intent: null, probe: 'none', message: event.told }));
    case 'ATTEMPT_FAILED':
      return withStep(next, event.step, now, (step) => ({
        ...step,
        intent: null,
        interruptions: 0,
        probe: 'none',
        nextRetryAt: event.nextRetryAt,
        message: event.told,
      }));
    case 'ATTEMPT_UNKNOWN':
      return withStep(next, event.step, now, (step) => ({
        ...step,
        intent: null,
        interruptions: 0,
        probe: 'after-unknown',
        message: event.told,
      }));
    case 'BACK_OFF_SKIPPED':
      return withStep(next, event.step, now, (step) => ({ ...step, nextRetryAt: now }));
    case 'STEP_SUCCEEDED':
      return withStep(next, event.step, now, (step) => ended(step, 'SUCCEEDED', now, event.told));
    case 'STEP_FAILED': {
      const failed = withStep(next, event.step, now, (step) => ended(step, 'FAILED', now, event.told));
      return event.failure === null ? failed : failing(failed, event.failure, plan);
    }
    case 'STEP_HELD':
      return withStep({ ...next, currentStep: event.step }, event.step, now, (step) => ({
        ...step,
        heldSince: now,
        message: event.told,
      }));
    case 'STEP_APPROVED': {
      const { by: actor, reason } = event;
      return withStep(next, event.step, now, (step) => ({
        ...step,
        heldSince: null,
        approval: { actor, reason, at: now },
        message: `approved by ${actor}: ${reason}`,
      }));
    }
    case 'SUCCEEDED':
      return { ...next, phase: 'SUCCEEDED', finishedAt: now };
    case 'FAILED':
      return {
        ...next,
        phase: 'FAILED',
        finishedAt: now,
        failure: null,
        error: event.error,
        stopping: event.stopping,
        steps: closeSteps(run, 'FAILED', now, event.told, event.stopping),
      };
    case 'CANCELED':
      return {
        ...next,
        phase: 'CANCELED',
        finishedAt: now,
        failure: null,
        canceledBy: event.by,
        stopping: event.stopping,
        steps: closeSteps(run, 'CANCELED', now, event.message, event.stopping),
      };
    case 'STOPPED':
      return { ...next, stopping: false, steps: run.steps.map(withoutIntent) };
  }
}

function withStep(run: Run, index: number, now: Millis, change: (step: StepStatus) => StepStatus): Run {
  const changed = (step: StepStatus) => ({ ...change(step), changedAt: now });
  return { ...run, steps: run.steps.map((step, at) => (at === index ? changed(step) : step)) };
}

function withoutIntent(step: StepStatus): StepStatus {
  return step.intent === null ? step : { ...step, intent: null };
}

function ended(step: StepStatus, state: StepStatus['state'], now: Millis, message: string): StepStatus {
  return { ...step, state, finishedAt: now, changedAt: now, message, nextRetryAt: null, intent: null, probe: 'none' };
}

/** A run that will fail: of what was not reached, only the `always` steps are still to be done. The first failure stands. */
function failing(run: Run, failure: RunError, plan: Plan): Run {
  const steps = run.steps.map((step, index) =>
    step.state === 'WAITING' && plan.steps[index]?.always !== true ? skipped(step) : step,
  );
  return { ...run, failure: run.failure ?? failure, steps };
}

function skipped(step: StepStatus): StepStatus {
  return { ...step, state: 'SKIPPED', heldSince: null };
}

/** The step under way takes the run's end, those not reached are skipped; an intent that is held stays to be seen. */
function closeSteps(
  run: Run,
  state: 'FAILED' | 'CANCELED',
  now: Millis,
  message: string,
  held: boolean,
): readonly StepStatus[] {
  return run.steps.map((step) => {
    if (step.state === 'RUNNING') return { ...ended(step, state, now, message), intent: held ? step.intent : null };
    if (step.state === 'WAITING') return skipped(step);
    return step;
  });
}
