import { millis } from '../../tui/format/time.ts';
import type { Run, StepStatus } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase, StepStatus_State } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';

/** Something that became of a step, as people follow it. */
export type Transition =
  | { readonly kind: 'attempt-begins'; readonly step: StepStatus; readonly attempt: number }
  /** The attempt failed, and another one comes after the back-off. */
  | { readonly kind: 'back-off'; readonly step: StepStatus; readonly attempt: number; readonly retryAt: number }
  /** The step waits for somebody to approve it. */
  | { readonly kind: 'held'; readonly step: StepStatus; readonly since: number }
  | { readonly kind: 'ended'; readonly step: StepStatus };

/** Nothing more becomes of the run. */
export function isFinished({ phase }: Run): boolean {
  return phase === Run_Phase.SUCCEEDED || phase === Run_Phase.FAILED || phase === Run_Phase.CANCELED;
}

/**
 * What became of a run's steps between two of its states, in the order of the steps. It is told from the states alone,
 * and not from the kinds of events: so a watch that had to begin anew tells nothing twice, and what was missed meanwhile
 * comes in one go.
 */
export function transitions(before: Run | null, after: Run): Transition[] {
  const known = new Map(before?.steps.map((step) => [step.name, step]));
  return [
    ...after.steps.flatMap((step) => stepTransitions(known.get(step.name), step)),
    ...heldTransitions(before, after),
  ];
}

function heldTransitions(before: Run | null, after: Run): Transition[] {
  const held = heldStep(after);
  if (held === undefined || heldStep(before)?.name === held.name) return [];
  return [{ kind: 'held', step: held, since: millis(after.waitingFor?.since) ?? 0 }];
}

function heldStep(run: Run | null): StepStatus | undefined {
  if (run?.waitingFor?.kind !== WaitingFor_Kind.APPROVAL) return undefined;
  const { step } = run.waitingFor;
  return run.steps.find(({ name }) => name === step);
}

function stepTransitions(before: StepStatus | undefined, after: StepStatus): Transition[] {
  switch (after.state) {
    case StepStatus_State.RUNNING:
      return runningTransitions(before, after);
    case StepStatus_State.SUCCEEDED:
    case StepStatus_State.FAILED:
    case StepStatus_State.CANCELED:
      return before?.state === after.state ? [] : [{ kind: 'ended', step: after }];
    default:
      return []; // Not reached; what is skipped at the run's end is told with the outcome.
  }
}

function runningTransitions(before: StepStatus | undefined, after: StepStatus): Transition[] {
  const attempt = after.retryCount + 1;
  const retryAt = millis(after.nextRetryAt);
  if (retryAt !== undefined) {
    const told = before?.nextRetryAt !== undefined && before.retryCount === after.retryCount;
    return told ? [] : [{ kind: 'back-off', step: after, attempt, retryAt }];
  }
  const sameAttempt = before?.state === StepStatus_State.RUNNING && before.retryCount === after.retryCount;
  return sameAttempt && before.nextRetryAt === undefined ? [] : [{ kind: 'attempt-begins', step: after, attempt }];
}
