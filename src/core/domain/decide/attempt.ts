import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import type { DomainEvent } from '../event.ts';
import { happeningOfSuccess } from '../lifecycle.ts';
import type { Machine } from '../machine.ts';
import { needsProbeAfterCrash, planTraits } from '../plan.ts';
import { backOffMs } from '../retry.ts';
import type { PlannedRun, RunError, RunErrorCode, StepStatus } from '../run.ts';
import { isTerminal, openIntent } from '../run.ts';
import type { Millis } from '../time.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent } from './decision.ts';

/** A step that is cut off this often without an outcome fails its run. */
export const MAX_INTERRUPTIONS = 3;

/** How a call to the hardware ended. */
export type Outcome =
  | { readonly kind: 'done'; readonly message: string }
  | { readonly kind: 'failed'; readonly terminal: boolean; readonly code: string; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string }
  | { readonly kind: 'interrupted'; readonly message: string };

/** What a probe found out about an attempt whose outcome is not known. */
export type ProbeOutcome =
  | { readonly kind: 'probed-done'; readonly message: string }
  | { readonly kind: 'probed-not-done'; readonly message: string }
  | { readonly kind: 'cannot-tell'; readonly message: string };

/** What the owner of a run has to do next. */
export type NextAction =
  | { readonly kind: 'start' }
  | { readonly kind: 'record-interruption'; readonly step: number }
  | { readonly kind: 'attempt'; readonly step: number; readonly attempt: number; readonly probe: boolean }
  | { readonly kind: 'wait'; readonly until: Millis }
  | { readonly kind: 'succeed' }
  | { readonly kind: 'record-stop' }
  | { readonly kind: 'nothing' };

/** Reads off a run what its owner, holding this fence, has to do next. */
export function nextAction(planned: PlannedRun, fence: number, now: Millis): NextAction {
  const { run } = planned;
  if (isTerminal(run.phase)) return run.stopping ? { kind: 'record-stop' } : { kind: 'nothing' };
  if (run.phase === 'PENDING') return { kind: 'start' };
  const open = openIntent(run);
  if (open !== null && open.intent.fence !== fence) return { kind: 'record-interruption', step: open.index };
  const step = run.steps.findIndex((status) => status.state !== 'SUCCEEDED');
  const status = run.steps[step];
  if (status === undefined) return { kind: 'succeed' };
  if (status.nextRetryAt !== null && status.nextRetryAt > now) return { kind: 'wait', until: status.nextRetryAt };
  return { kind: 'attempt', step, attempt: attemptNumber(status), probe: status.probe !== 'none' };
}

/** An attempt that was cut off or is in doubt keeps its number; one that failed is followed by the next. */
function attemptNumber(status: StepStatus): number {
  if (status.intent !== null || status.probe !== 'none' || status.interruptions > 0) return status.attempt;
  return status.attempt + 1;
}

/** Decides PENDING → RUNNING, for the owner. */
export function decideBegin(aggregate: Aggregate, runId: string): Decision {
  const planned = runOf(aggregate, runId);
  if (planned?.run.phase !== 'PENDING') return decided([]);
  return decided([{ subject: 'run', kind: 'STARTED', runId, message: `run ${runId} started` }]);
}

/** An attempt that is about to be announced. */
export interface Announce {
  readonly runId: string;
  readonly step: number;
  readonly attempt: number;
  readonly probe: boolean;
  readonly fence: number;
}

/** Decides the intent of an attempt; no events where the run is not RUNNING any more. */
export function decideIntent(aggregate: Aggregate, announce: Announce): Decision {
  const planned = runOf(aggregate, announce.runId);
  const step = planned?.plan.steps[announce.step];
  if (planned?.run.phase !== 'RUNNING' || step === undefined) return decided([]);
  const now = decisionTime(aggregate);
  const deadline = now + step.timeoutSeconds * 1_000;
  const what = announce.probe ? 'asking what became of' : 'begins';
  const message = announce.probe
    ? `${what} ${step.name} attempt ${announce.attempt}`
    : `${step.name} ${what}, attempt ${announce.attempt} of ${step.maxRetries + 1}`;
  const events: DomainEvent[] = [
    {
      subject: 'run',
      kind: 'ATTEMPT_STARTED',
      runId: announce.runId,
      message,
      step: announce.step,
      attempt: announce.attempt,
      intent: { fence: announce.fence, deadline, probe: announce.probe },
    },
  ];
  if (!announce.probe && step.action.kind === 'repave' && aggregate.machine !== null) {
    events.push(...imageEvents(aggregate.machine, 'IMAGE_BEGUN', `${step.name}: the disk is being written`, now));
  }
  return decided(events);
}

/** A lifecycle event, unless it would say nothing new. */
function imageEvents(
  machine: Machine,
  happening: 'IMAGE_BEGUN' | 'IMAGE_DONE',
  message: string,
  now: Millis,
): readonly DomainEvent[] {
  const event = machineEvent(machine, happening, message, {
    now,
    reason: happening === 'IMAGE_BEGUN' ? 'ImageBegun' : 'ImageWritten',
    seen: happening === 'IMAGE_DONE',
  });
  const silent = happening === 'IMAGE_BEGUN' && event.patch.conditions === machine.conditions;
  return silent ? [] : [event];
}

/**
 * Decides what follows from how a call ended. On a run that has ended meanwhile only the hold is taken away.
 *
 * @param random uniform in [0, 1), for the jitter of the back-off
 */
export function decideOutcome(
  aggregate: Aggregate,
  ended: { readonly runId: string; readonly fence: number; readonly outcome: Outcome | ProbeOutcome },
  random: number,
): Decision {
  const planned = runOf(aggregate, ended.runId);
  if (planned === null) return decided([]);
  const open = openIntent(planned.run);
  if (open === null || open.intent.fence !== ended.fence) return decided([]);
  if (isTerminal(planned.run.phase)) return decideStopped(aggregate, planned.run.id);
  const at: At = { aggregate, planned, index: open.index, now: decisionTime(aggregate) };
  const { outcome } = ended;
  switch (outcome.kind) {
    case 'done':
    case 'probed-done':
      return stepSucceeded(at, outcome.message);
    case 'failed':
      return attemptFailed(at, 'STEP_FAILED', outcome.message, outcome.code, outcome.terminal, random);
    case 'timeout':
      return attemptFailed(at, 'STEP_TIMEOUT', outcome.message, 'TIMEOUT', false, random);
    case 'unknown':
      return decided([
        { subject: 'run', kind: 'ATTEMPT_UNKNOWN', runId: planned.run.id, step: at.index, message: outcome.message },
      ]);
    case 'probed-not-done':
      return probedNotDone(at, outcome.message, random);
    case 'cannot-tell':
      return runFails(at, 'OUTCOME_UNKNOWN', outcome.message, 'UNKNOWN', false);
    case 'interrupted':
      return interrupted(at, outcome.message);
  }
}

/** Decides the record of an attempt whose owner is gone; the owner with the newer fence makes it. */
export function decideInterrupted(aggregate: Aggregate, runId: string, fence: number, message: string): Decision {
  const planned = runOf(aggregate, runId);
  const open = planned === null ? null : openIntent(planned.run);
  if (planned === null || open === null || open.intent.fence >= fence || isTerminal(planned.run.phase)) {
    return decided([]);
  }
  return interrupted({ aggregate, planned, index: open.index, now: decisionTime(aggregate) }, message);
}

/** Decides the end of a run whose call neither ended in time nor returned when it was aborted: the machine is held. */
export function decideStuck(aggregate: Aggregate, runId: string, graceMs: number): Decision {
  const planned = runOf(aggregate, runId);
  const open = planned === null ? null : openIntent(planned.run);
  if (planned === null || open === null || isTerminal(planned.run.phase)) return decided([]);
  const at: At = { aggregate, planned, index: open.index, now: decisionTime(aggregate) };
  const message = `timed out, was aborted, and has not returned within ${graceMs / 1_000} s`;
  return runFails(at, 'STEP_STUCK', message, 'STUCK', true);
}

/** Decides that the call of an ended run has returned: the one thing that may follow a terminal state. */
export function decideStopped(aggregate: Aggregate, runId: string): Decision {
  const planned = runOf(aggregate, runId);
  if (planned === null || !planned.run.stopping) return decided([]);
  const message = `the last call of run ${runId} has returned`;
  const events: DomainEvent[] = [{ subject: 'run', kind: 'STOPPED', runId, message }];
  if (aggregate.machine?.stoppingRunId === runId) {
    const context = { now: decisionTime(aggregate), reason: 'CallStopped' };
    events.push(machineEvent(aggregate.machine, 'CALL_STOPPED', message, context));
  }
  return decided(events);
}

/** Decides the good end of a run whose steps are all done. */
export function decideSucceed(aggregate: Aggregate, runId: string): Decision {
  const planned = runOf(aggregate, runId);
  if (planned?.run.phase !== 'RUNNING') return decided([]);
  const { run, plan } = planned;
  const message = `run ${run.id} succeeded: ${run.planId}`;
  const events: DomainEvent[] = [{ subject: 'run', kind: 'SUCCEEDED', runId, message }];
  if (aggregate.machine !== null) {
    const happening = happeningOfSuccess(planTraits(plan));
    const why = happening === 'RMA_MARKED' ? rmaReason(planned) : message;
    events.push(
      machineEvent(aggregate.machine, happening, why, {
        now: decisionTime(aggregate),
        reason: happening === 'RMA_MARKED' ? 'MarkedForRma' : 'RunSucceeded',
        runId,
        originPhase: run.originPhase,
        seen: true,
      }),
    );
  }
  return decided(events);
}

function rmaReason({ run, plan }: PlannedRun): string {
  const step = plan.steps.find((candidate) => candidate.action.kind === 'rma');
  const declared = step?.action.kind === 'rma' ? step.action.reason : '';
  return declared || run.reason || 'no reason given';
}

interface At {
  readonly aggregate: Aggregate;
  readonly planned: PlannedRun;
  readonly index: number;
  readonly now: Millis;
}

function stepSucceeded({ aggregate, planned, index, now }: At, message: string): Decision {
  const step = planned.plan.steps[index];
  const events: DomainEvent[] = [
    { subject: 'run', kind: 'STEP_SUCCEEDED', runId: planned.run.id, step: index, message },
  ];
  if (step?.action.kind === 'repave' && aggregate.machine !== null) {
    events.push(...imageEvents(aggregate.machine, 'IMAGE_DONE', `${step.name}: the image is on the disk`, now));
  }
  return decided(events);
}

function attemptFailed(
  at: At,
  code: RunErrorCode,
  message: string,
  cause: string,
  terminal: boolean,
  random: number,
): Decision {
  const status = at.planned.run.steps[at.index];
  const step = at.planned.plan.steps[at.index];
  if (status === undefined || step === undefined) return decided([]);
  if (terminal || status.attempt >= status.maxAttempts) return runFails(at, code, message, cause, false);
  const nextRetryAt = at.now + backOffMs(step.retry, status.attempt, random);
  return decided([
    {
      subject: 'run',
      kind: 'ATTEMPT_FAILED',
      runId: at.planned.run.id,
      step: at.index,
      nextRetryAt,
      message: `attempt ${status.attempt} of ${status.maxAttempts} failed: ${message}`,
    },
  ]);
}

/** After an unknown outcome the attempt is used up; after an interruption it is simply made. */
function probedNotDone(at: At, message: string, random: number): Decision {
  const status = at.planned.run.steps[at.index];
  if (status === undefined) return decided([]);
  if (status.probe === 'after-unknown') {
    return attemptFailed(at, 'STEP_FAILED', message, 'NOT_DONE', false, random);
  }
  return decideIntent(at.aggregate, {
    runId: at.planned.run.id,
    step: at.index,
    attempt: status.attempt,
    probe: false,
    fence: status.intent?.fence ?? 0,
  });
}

function interrupted(at: At, message: string): Decision {
  const status = at.planned.run.steps[at.index];
  const step = at.planned.plan.steps[at.index];
  if (status === undefined || step === undefined) return decided([]);
  if (status.interruptions + 1 >= MAX_INTERRUPTIONS) {
    const told = `cut off ${MAX_INTERRUPTIONS} times without an outcome; the last time: ${message}`;
    return runFails(at, 'INTERRUPTED', told, 'INTERRUPTED', false);
  }
  return decided([
    {
      subject: 'run',
      kind: 'ATTEMPT_INTERRUPTED',
      runId: at.planned.run.id,
      step: at.index,
      probe: needsProbeAfterCrash(step.action),
      message,
    },
  ]);
}

function runFails(at: At, code: RunErrorCode, told: string, cause: string, stopping: boolean): Decision {
  const { run } = at.planned;
  const status = at.planned.run.steps[at.index];
  const name = status?.name ?? 'step';
  const message = `${name}: ${told}`;
  const error: RunError = {
    code,
    message,
    retryable: false,
    details: { step: name, attempts: String(status?.attempt ?? 0), cause },
  };
  const events: DomainEvent[] = [{ subject: 'run', kind: 'FAILED', runId: run.id, message, error, stopping }];
  if (at.aggregate.machine !== null) {
    events.push(
      machineEvent(at.aggregate.machine, 'RUN_FAILED', `${run.planId} failed in ${message}`, {
        now: at.now,
        reason: 'RunFailed',
        runId: run.id,
        held: stopping,
      }),
    );
  }
  return decided(events);
}

/** Decides the end of a run that this program itself cannot carry on; a call that may be under way keeps the machine held. */
export function decideBroken(aggregate: Aggregate, runId: string, message: string): Decision {
  const planned = runOf(aggregate, runId);
  if (planned === null || isTerminal(planned.run.phase)) return decided([]);
  const at: At = {
    aggregate,
    planned,
    index: Math.max(0, planned.run.currentStep),
    now: decisionTime(aggregate),
  };
  return runFails(at, 'INTERNAL', message, 'INTERNAL', false);
}
