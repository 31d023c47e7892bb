import type { Aggregate } from '../aggregate.ts';
import type { DomainEvent } from '../event.ts';
import type { Step } from '../plan.ts';
import { needsProbeAfterCrash } from '../plan.ts';
import { backOffMs } from '../retry.ts';
import type { PlannedRun, RunError, RunErrorCode, StepStatus } from '../run.ts';
import type { Millis } from '../time.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent } from './decision.ts';
import { imageDone } from './image.ts';

/** A step that is cut off this often without an outcome fails its run. */
const MAX_INTERRUPTIONS = 3;

/** An attempt whose end is to be decided. */
export interface Attempt {
  readonly aggregate: Aggregate;
  readonly planned: PlannedRun;
  readonly index: number;
  readonly step: Step;
  readonly status: StepStatus;
  readonly now: Millis;
}

/** Why a run fails. */
export interface Failure {
  readonly code: RunErrorCode;
  /** What happened, as a sentence without the step's name. */
  readonly told: string;
  /** SCREAMING_SNAKE word of whoever knows best what it was. */
  readonly cause: string;
  /** The same run started again may well succeed. */
  readonly retryable: boolean;
  /** The call has not returned: run and machine are held until it has. */
  readonly held?: boolean;
}

/** The step is done, and with it, where it wrote the image, the machine READY. */
export function stepSucceeded({ aggregate, planned, index, step, now }: Attempt, message: string): Decision {
  const told = message || 'done';
  return decided([
    { subject: 'run', kind: 'STEP_SUCCEEDED', ...telling(planned, step, told), step: index },
    ...imageDone(aggregate.machine, step, now),
  ]);
}

/** The attempt is used up: the next one follows after a back-off, unless it was the last or the failure is terminal. */
export function attemptFailed(at: Attempt, failure: Failure, terminal: boolean, random: number): Decision {
  const { planned, index, step, status } = at;
  if (terminal || status.attempt >= status.maxAttempts) return stepFails(at, failure);
  const nextRetryAt = at.now + backOffMs(step.retry, status.attempt, random);
  const told = `${ordinal(status)} failed: ${failure.told}`;
  return decided([
    { subject: 'run', kind: 'ATTEMPT_FAILED', ...telling(planned, step, told), step: index, nextRetryAt },
  ]);
}

/** Nobody knows what the attempt did: the hardware is asked before anything else. */
export function attemptUnknown({ planned, index, step, status }: Attempt, message: string): Decision {
  const told = `what became of ${ordinal(status)} is not known${because(message)}`;
  return decided([{ subject: 'run', kind: 'ATTEMPT_UNKNOWN', ...telling(planned, step, told), step: index }]);
}

/** The attempt has taken no effect. After an unknown outcome it is used up; after an interruption it is made again. */
export function probedNotDone(at: Attempt, message: string, random: number): Decision {
  const { planned, index, step, status } = at;
  if (status.probe !== 'after-interruption') {
    const failure = { code: 'STEP_FAILED', told: message || 'it has taken no effect', cause: 'NOT_DONE' } as const;
    return attemptFailed(at, { ...failure, retryable: true }, false, random);
  }
  const told = `${ordinal(status)} has taken no effect and is made again${because(message)}`;
  return decided([{ subject: 'run', kind: 'ATTEMPT_PROBED', ...telling(planned, step, told), step: index }]);
}

/** The attempt was cut off; it is made again under its number, unless that has happened too often. */
export function attemptInterrupted(at: Attempt, message: string): Decision {
  const { planned, index, step, status } = at;
  if (status.interruptions + 1 >= MAX_INTERRUPTIONS) {
    const told = `cut off ${MAX_INTERRUPTIONS} times without an outcome; the last time: ${message || 'no reason given'}`;
    return stepFails(at, { code: 'INTERRUPTED', told, cause: 'INTERRUPTED', retryable: true });
  }
  const told = `${ordinal(status)} was cut off${because(message)}`;
  const probe = needsProbeAfterCrash(step.action);
  return decided([
    { subject: 'run', kind: 'ATTEMPT_INTERRUPTED', ...telling(planned, step, told), step: index, probe },
  ]);
}

/**
 * The step is out of attempts. The run goes on where the step may be passed over, or where it still has `always` steps to
 * do; else it ends here.
 */
export function stepFails(at: Attempt, failure: Failure): Decision {
  const { planned, index, step } = at;
  const passedOver = step.onFailure === 'continue';
  if (!passedOver && stepsToDoAnyway(planned).length === 0) return runFails(at, failure);
  const error = passedOver ? null : errorOf(at, failure);
  const told = failure.told;
  return decided([
    { subject: 'run', kind: 'STEP_FAILED', ...telling(planned, step, told), step: index, failure: error },
  ]);
}

/** The run ends FAILED at once, and its machine needs intervention. What failed it first stays its error. */
export function runFails(at: Attempt, failure: Failure): Decision {
  const { aggregate, planned, step, now } = at;
  const { run } = planned;
  const stopping = failure.held === true;
  const error = run.failure ?? errorOf(at, failure);
  const { message, ...rest } = telling(planned, step, failure.told);
  const undone = withUndone(planned, message);
  const events: DomainEvent[] = [{ subject: 'run', kind: 'FAILED', ...rest, message: undone, error, stopping }];
  if (aggregate.machine !== null) {
    const context = { now, reason: 'RunFailed', runId: run.id, held: stopping };
    const why = `${run.planId} failed in ${withUndone(planned, error.message)}`;
    events.push(machineEvent(aggregate.machine, 'RUN_FAILED', why, context));
  }
  return decided(events);
}

function errorOf({ planned, step, status }: Attempt, failure: Failure): RunError {
  return {
    code: failure.code,
    message: telling(planned, step, failure.told).message,
    retryable: failure.retryable,
    details: { step: step.name, attempt: String(status.attempt), code: failure.cause },
  };
}

/** The names of the `always` steps that a run has not come to. */
function stepsToDoAnyway({ run, plan }: PlannedRun): readonly string[] {
  return plan.steps
    .filter((step, index) => step.always && run.steps[index]?.state === 'WAITING')
    .map(({ name }) => name);
}

/** What ends a run, and the `always` steps that are left undone with it, so that somebody sees to them. */
export function withUndone(planned: PlannedRun, message: string): string {
  const undone = stepsToDoAnyway(planned);
  return undone.length === 0 ? message : `${message}; left undone: ${undone.join(', ')}`;
}

/** The event names the step; the step itself need not. */
function telling({ run }: PlannedRun, step: Step, told: string) {
  return { runId: run.id, message: `${step.name}: ${told}`, told };
}

function ordinal(status: StepStatus): string {
  return `attempt ${status.attempt} of ${status.maxAttempts}`;
}

function because(message: string): string {
  return message === '' ? '' : `: ${message}`;
}
