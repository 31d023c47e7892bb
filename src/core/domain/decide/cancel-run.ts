import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import type { DomainEvent } from '../event.ts';
import type { Refusal } from '../refusal.ts';
import { refuse } from '../refusal.ts';
import { isTerminal, openIntent } from '../run.ts';
import { withUndone } from './attempt-end.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent } from './decision.ts';

/** The refusal of a call that names a run that is not there. */
export function runNotFound(runId: string): Refusal {
  return refuse('NOT_FOUND', 'RUN_NOT_FOUND', `there is no run ${runId}`, { run_id: runId });
}

/**
 * Decides CancelRun. The run is CANCELED with this decision; where a call to the hardware is under way, run and machine
 * are held until it has returned. A run that is CANCELED already gives a decision without events.
 */
export function decideCancel(
  aggregate: Aggregate,
  command: { readonly runId: string; readonly by: string; readonly reason: string },
): Decision | Refusal {
  const planned = runOf(aggregate, command.runId);
  if (planned === null) return runNotFound(command.runId);
  const { run } = planned;
  if (run.phase === 'CANCELED') return decided([]);
  if (isTerminal(run.phase)) {
    return refuse(
      'FAILED_PRECONDITION',
      'RUN_FINISHED',
      `run ${run.id} has already ${run.phase === 'SUCCEEDED' ? 'succeeded' : 'failed'}; there is nothing to cancel`,
      { run_id: run.id, phase: run.phase },
    );
  }
  const stopping = openIntent(run) !== null;
  const step = run.steps[run.currentStep];
  const where = step === undefined || step.state !== 'RUNNING' ? '' : ` in ${step.name}`;
  const why = command.reason === '' ? '' : `: ${command.reason}`;
  const message = withUndone(planned, `run ${run.id} canceled by ${command.by}${where}${why}`);
  const events: DomainEvent[] = [
    { subject: 'run', kind: 'CANCELED', runId: run.id, message, by: command.by, stopping },
  ];
  if (aggregate.machine !== null) {
    events.push(
      machineEvent(aggregate.machine, 'RUN_CANCELED', message, {
        now: decisionTime(aggregate),
        reason: 'RunCanceled',
        runId: run.id,
        held: stopping,
      }),
    );
  }
  return decided(events);
}

/** Decides RetryNow: the present back-off ends at once; without one nothing happens. */
export function decideRetryNow(aggregate: Aggregate, runId: string): Decision | Refusal {
  const planned = runOf(aggregate, runId);
  if (planned === null) return runNotFound(runId);
  const { run } = planned;
  const step = run.steps[run.currentStep];
  if (run.phase !== 'RUNNING' || step?.nextRetryAt == null || step.nextRetryAt <= decisionTime(aggregate)) {
    return decided([]);
  }
  const message = `${step.name}: back-off skipped`;
  return decided([{ subject: 'run', kind: 'BACK_OFF_SKIPPED', runId, step: run.currentStep, message }]);
}
