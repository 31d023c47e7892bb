import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import type { DomainEvent } from '../event.ts';
import { happeningOfSuccess } from '../lifecycle.ts';
import type { Machine } from '../machine.ts';
import { planTraits } from '../plan.ts';
import type { PlannedRun, RunError } from '../run.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent } from './decision.ts';

/** Decides the end of a run that has no step left to do: good, unless a step has failed it. No events before that. */
export function decideFinish(aggregate: Aggregate, runId: string): Decision {
  const planned = runOf(aggregate, runId);
  if (planned?.run.phase !== 'RUNNING') return decided([]);
  if (planned.run.steps.some(({ state }) => state === 'WAITING' || state === 'RUNNING')) return decided([]);
  const { failure } = planned.run;
  return failure === null ? succeeds(aggregate, planned) : fails(aggregate, planned, failure);
}

function succeeds(aggregate: Aggregate, planned: PlannedRun): Decision {
  const { run, plan } = planned;
  const passedOver = run.steps.filter(({ state }) => state === 'FAILED').map(({ name }) => name);
  const although = passedOver.length === 0 ? '' : `, although ${passedOver.join(', ')} failed`;
  const message = `run ${run.id} succeeded: ${run.planId}${although}`;
  const events: DomainEvent[] = [{ subject: 'run', kind: 'SUCCEEDED', runId: run.id, message }];
  if (aggregate.machine !== null) {
    const happening = happeningOfSuccess(planTraits(plan));
    const why = happening === 'RMA_MARKED' ? rmaReason(planned) : message;
    events.push(
      machineEvent(aggregate.machine, happening, why, {
        now: decisionTime(aggregate),
        reason: happening === 'RMA_MARKED' ? 'MarkedForRma' : 'RunSucceeded',
        runId: run.id,
        originPhase: run.originPhase,
        seen: true,
      }),
    );
  }
  return decided(events);
}

function fails(aggregate: Aggregate, { run }: PlannedRun, error: RunError): Decision {
  const { message } = error;
  const failed = {
    subject: 'run',
    kind: 'FAILED',
    runId: run.id,
    message,
    told: message,
    error,
    stopping: false,
  } as const;
  const events: DomainEvent[] = [failed];
  if (aggregate.machine !== null) events.push(machineFailed(aggregate, aggregate.machine, run.id, run.planId, message));
  return decided(events);
}

function machineFailed(aggregate: Aggregate, machine: Machine, runId: string, planId: string, message: string) {
  const context = { now: decisionTime(aggregate), reason: 'RunFailed', runId };
  return machineEvent(machine, 'RUN_FAILED', `${planId} failed in ${message}`, context);
}

function rmaReason({ run, plan }: PlannedRun): string {
  const step = plan.steps.find((candidate) => candidate.action.kind === 'rma');
  const declared = step?.action.kind === 'rma' ? step.action.reason : '';
  return declared || run.reason || 'no reason given';
}
