import type { Aggregate } from '../aggregate.ts';
import { runOf } from '../aggregate.ts';
import type { Refusal } from '../refusal.ts';
import { refuse, refuseFields } from '../refusal.ts';
import type { RunPhase } from '../run.ts';
import { isTerminal } from '../run.ts';
import { nextAction } from './attempt.ts';
import { runNotFound } from './cancel-run.ts';
import type { Decision } from './decision.ts';
import { decided } from './decision.ts';

/** Decides, for the owner, that a run waits for a person before this step. No events where it is not what the run is due for. */
export function decideHold(aggregate: Aggregate, runId: string, fence: number, index: number): Decision {
  const planned = runOf(aggregate, runId);
  const step = planned?.plan.steps[index];
  if (planned === null || step === undefined || step.hold === null) return decided([]);
  const due = nextAction(planned, fence, Number.POSITIVE_INFINITY);
  if (due.kind !== 'hold' || due.step !== index) return decided([]);
  const message = `${step.name} waits for approval: ${step.hold}`;
  return decided([{ subject: 'run', kind: 'STEP_HELD', runId, step: index, message, told: step.hold }]);
}

/** The refusal of an approval that comes after the run's end. */
export function refuseFinished(runId: string, phase: RunPhase): Refusal {
  const why = `run ${runId} has ended as ${phase}; there is nothing to approve`;
  return refuse('FAILED_PRECONDITION', 'RUN_FINISHED', why, { run_id: runId, phase });
}

/** Who lets which step begin, and why. */
export interface Approve {
  readonly runId: string;
  readonly step: string;
  readonly by: string;
  readonly reason: string;
}

/** Decides ApproveStep: the step begins. A step that was approved before gives a decision without events. */
export function decideApprove(aggregate: Aggregate, { runId, step: name, by, reason }: Approve): Decision | Refusal {
  const planned = runOf(aggregate, runId);
  if (planned === null) return runNotFound(runId);
  const { run, plan } = planned;
  const index = run.steps.findIndex((status) => status.name === name);
  const status = run.steps[index];
  if (status === undefined) {
    const steps = run.steps.map((one) => one.name).join(', ');
    return refuseFields([{ field: 'step', description: `"${name}" is no step of run ${runId}; there are ${steps}` }]);
  }
  if (status.approval !== null) return decided([]);
  const names = { run_id: runId, step: name };
  if (isTerminal(run.phase)) {
    return refuseFinished(runId, run.phase);
  }
  if (status.heldSince === null) {
    const holds = plan.steps[index]?.hold != null;
    const why = holds ? `run ${runId} has not come to ${name} yet` : `${name} of run ${runId} waits for nobody`;
    return refuse('FAILED_PRECONDITION', 'STEP_NOT_HELD', `${why}; there is nothing to approve`, names);
  }
  const message = `${name} approved by ${by}: ${reason}`;
  return decided([{ subject: 'run', kind: 'STEP_APPROVED', runId, step: index, by, reason, message }]);
}
