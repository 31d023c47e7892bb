import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import type { DomainEvent } from '../event.ts';
import type { PlannedRun, StepStatus } from '../run.ts';
import { isTerminal, openIntent } from '../run.ts';
import type { Millis } from '../time.ts';
import type { Attempt } from './attempt-end.ts';
import {
  attemptFailed,
  attemptInterrupted,
  attemptUnknown,
  probedNotDone,
  runFails,
  stepFails,
  stepSucceeded,
} from './attempt-end.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent } from './decision.ts';
import { imageBegun } from './image.ts';

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
  | { readonly kind: 'hold'; readonly step: number }
  | { readonly kind: 'finish' }
  | { readonly kind: 'record-stop' }
  | { readonly kind: 'nothing' };

/** Reads off a run what its owner, holding this fence and having no call under way, has to do next. */
export function nextAction(planned: PlannedRun, fence: number, now: Millis): NextAction {
  const { run, plan } = planned;
  if (isTerminal(run.phase)) return run.stopping ? { kind: 'record-stop' } : { kind: 'nothing' };
  if (run.phase === 'PENDING') return { kind: 'start' };
  const open = openIntent(run);
  if (open !== null && open.intent.fence !== fence) return { kind: 'record-interruption', step: open.index };
  const step = run.steps.findIndex(isUnfinished);
  const status = run.steps[step];
  if (status === undefined) return { kind: 'finish' };
  if (status.heldSince !== null) return { kind: 'nothing' };
  if (plan.steps[step]?.hold != null && status.approval === null) return { kind: 'hold', step };
  if (status.nextRetryAt !== null && status.nextRetryAt > now) return { kind: 'wait', until: status.nextRetryAt };
  return { kind: 'attempt', step, attempt: attemptNumber(status), probe: status.probe !== 'none' };
}

function isUnfinished({ state }: StepStatus): boolean {
  return state === 'WAITING' || state === 'RUNNING';
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

/**
 * Decides the intent of an attempt. No events where it is not what the run is due for: it is not RUNNING any more, the step
 * before has not succeeded, or the attempt of an owner that is gone has to be recorded first. That a back-off is over is the
 * caller's to see, by the clock that woke it.
 */
export function decideIntent(aggregate: Aggregate, announce: Announce): Decision {
  const planned = runOf(aggregate, announce.runId);
  const step = planned?.plan.steps[announce.step];
  if (planned === null || step === undefined || !isDue(planned, announce)) return decided([]);
  const now = decisionTime(aggregate);
  const { attempt, probe, fence } = announce;
  const message = probe
    ? `${step.name}: asking the hardware what became of attempt ${attempt}`
    : `${step.name} begins, attempt ${attempt} of ${step.maxRetries + 1}`;
  const intent = { fence, deadline: now + step.timeoutSeconds * 1_000, probe };
  const events: DomainEvent[] = [
    {
      subject: 'run',
      kind: 'ATTEMPT_STARTED',
      runId: announce.runId,
      message,
      step: announce.step,
      attempt,
      intent,
    },
  ];
  if (!probe) events.push(...imageBegun(aggregate.machine, step, now));
  return decided(events);
}

function isDue(planned: PlannedRun, announce: Announce): boolean {
  const due = nextAction(planned, announce.fence, Number.POSITIVE_INFINITY);
  if (due.kind !== 'attempt') return false;
  return due.step === announce.step && due.attempt === announce.attempt && due.probe === announce.probe;
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
  const at = attemptAt(aggregate, planned, open.index);
  if (at === null) return decided([]);
  return open.intent.probe ? probeEnded(at, ended.outcome, random) : callEnded(at, ended.outcome, random);
}

function callEnded(at: Attempt, outcome: Outcome | ProbeOutcome, random: number): Decision {
  const { kind, message } = outcome;
  switch (kind) {
    case 'done':
    case 'probed-done':
      return stepSucceeded(at, message);
    case 'failed': {
      const told = message || `failed with ${outcome.code}`;
      const failure = { code: 'STEP_FAILED', told, cause: outcome.code, retryable: !outcome.terminal } as const;
      return attemptFailed(at, failure, outcome.terminal, random);
    }
    case 'timeout': {
      const failure = {
        code: 'STEP_TIMEOUT',
        told: message || 'timed out',
        cause: 'TIMEOUT',
        retryable: true,
      } as const;
      return attemptFailed(at, failure, false, random);
    }
    case 'unknown':
      return attemptUnknown(at, message);
    case 'probed-not-done':
      return probedNotDone(at, message, random);
    case 'cannot-tell':
      return outcomeUnknown(at, message);
    case 'interrupted':
      return attemptInterrupted(at, message);
  }
}

/** A probe that has no answer leaves the step in doubt, and a step in doubt is not made again. */
function probeEnded(at: Attempt, outcome: Outcome | ProbeOutcome, random: number): Decision {
  const unanswered = outcome.kind === 'failed' || outcome.kind === 'timeout' || outcome.kind === 'unknown';
  return unanswered ? outcomeUnknown(at, outcome.message) : callEnded(at, outcome, random);
}

function outcomeUnknown(at: Attempt, message: string): Decision {
  const told = `what became of it is not known, and the hardware does not tell: ${message || 'no reason given'}`;
  return stepFails(at, { code: 'OUTCOME_UNKNOWN', told, cause: 'UNKNOWN', retryable: false });
}

function attemptAt(aggregate: Aggregate, planned: PlannedRun, index: number): Attempt | null {
  const step = planned.plan.steps[index];
  const status = planned.run.steps[index];
  if (step === undefined || status === undefined) return null;
  return { aggregate, planned, index, step, status, now: decisionTime(aggregate) };
}

/** The attempt under way of a run that has not ended. */
function attemptUnderWay(aggregate: Aggregate, runId: string): Attempt | null {
  const planned = runOf(aggregate, runId);
  const open = planned === null ? null : openIntent(planned.run);
  if (planned === null || open === null || isTerminal(planned.run.phase)) return null;
  return attemptAt(aggregate, planned, open.index);
}

/** Decides the record of an attempt whose owner is gone; the owner with the newer fence makes it. */
export function decideInterrupted(aggregate: Aggregate, runId: string, fence: number, message: string): Decision {
  const at = attemptUnderWay(aggregate, runId);
  if (at?.status.intent == null || at.status.intent.fence >= fence) return decided([]);
  return attemptInterrupted(at, message);
}

/** Decides the end of a run whose call neither ended in time nor returned when it was aborted: the machine is held. */
export function decideStuck(aggregate: Aggregate, runId: string, graceMs: number): Decision {
  const at = attemptUnderWay(aggregate, runId);
  if (at === null) return decided([]);
  const told = `timed out, was aborted, and has not returned within ${graceMs / 1_000} s`;
  return runFails(at, { code: 'STEP_STUCK', told, cause: 'STUCK', retryable: false, held: true });
}

/**
 * Decides that the call of an ended run has returned: the one thing that may follow a terminal state.
 *
 * @param message what happened instead, where it has not returned and the machine is freed all the same
 */
export function decideStopped(
  aggregate: Aggregate,
  runId: string,
  message = `the last call of run ${runId} has returned`,
): Decision {
  const planned = runOf(aggregate, runId);
  if (planned === null || !planned.run.stopping) return decided([]);
  const events: DomainEvent[] = [{ subject: 'run', kind: 'STOPPED', runId, message }];
  if (aggregate.machine?.stoppingRunId === runId) {
    const context = { now: decisionTime(aggregate), reason: 'CallStopped' };
    events.push(machineEvent(aggregate.machine, 'CALL_STOPPED', message, context));
  }
  return decided(events);
}

/** Decides the end of a run that this program itself cannot carry on; a call that may be under way keeps the machine held. */
export function decideBroken(aggregate: Aggregate, runId: string, message: string): Decision {
  const planned = runOf(aggregate, runId);
  if (planned === null || isTerminal(planned.run.phase)) return decided([]);
  const at = attemptAt(aggregate, planned, Math.max(0, planned.run.currentStep));
  if (at === null) return decided([]);
  return runFails(at, { code: 'INTERNAL', told: message, cause: 'INTERNAL', retryable: true });
}
