import type { Aggregate } from '../aggregate.ts';
import { decisionTime } from '../aggregate.ts';
import { bindPlan } from '../bind.ts';
import type { Machine } from '../machine.ts';
import type { Plan } from '../plan.ts';
import type { Refusal } from '../refusal.ts';
import { refuse, refuseFields } from '../refusal.ts';
import type { Run, RunType } from '../run.ts';
import type { Millis } from '../time.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent, machineNotFound } from './decision.ts';
import { refuseStalePreview } from './preview.ts';
import { fingerprint, refuseReuse } from './request.ts';
import type { Starting } from './start-gates.ts';
import { START_GATES } from './start-gates.ts';

/** A request to run a plan on a machine, already well-formed in itself. */
export interface StartRun extends Starting {
  readonly runId: string;
  readonly requestId: string;
  readonly type: RunType;
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly initiatedBy: string;
  /** What a preview showed, so that the run starts only if that is still so; empty: not compared. */
  readonly previewToken: string;
}

/** What StartRun answers: the run of the same request before, or a new one. */
export type StartDecision =
  | { readonly kind: 'existing'; readonly runId: string }
  | (Decision & { readonly runId: string });

/** Decides StartRun; the order of the checks is the contract's. */
export function decideStartRun(aggregate: Aggregate, command: StartRun): StartDecision | Refusal {
  const print = fingerprint({ plan_id: command.planId, params: command.params });
  if (aggregate.request !== null) {
    const reused = refuseReuse(aggregate.machineId, aggregate.request, 'StartRun', print);
    if (reused !== null) return reused;
    if (aggregate.request.runId !== null) return { kind: 'existing', runId: aggregate.request.runId };
  }
  if (command.plan === null) {
    return refuse('NOT_FOUND', 'PLAN_NOT_FOUND', `there is no plan ${command.planId}`, { plan_id: command.planId });
  }
  const machine = aggregate.machine;
  if (machine === null) return machineNotFound(aggregate.machineId);
  const bound = bindPlan(command.plan, command.params, machine);
  if (!('plan' in bound)) return refuseFields(bound);
  const stale = refuseStalePreview(machine, command, bound);
  if (stale !== null) return stale;
  for (const { check } of START_GATES) {
    const refusal = check(aggregate, machine, command);
    if (refusal !== null) return refusal;
  }
  const now = decisionTime(aggregate);
  const run = newRun(machine, command, bound.plan, bound.params, now);
  const message = `${run.type} accepted: ${run.planId} on ${machine.id}`;
  return {
    ...decided(
      [
        { subject: 'run', kind: 'ACCEPTED', runId: run.id, message, run, plan: bound.plan },
        machineEvent(machine, 'RUN_ACCEPTED', message, { now, reason: 'RunAccepted', runId: run.id }),
      ],
      { requestId: command.requestId, method: 'StartRun', fingerprint: print, runId: run.id },
    ),
    runId: run.id,
  };
}

function newRun(
  machine: Machine,
  command: StartRun,
  plan: Plan,
  params: Readonly<Record<string, string>>,
  now: Millis,
): Run {
  return {
    id: command.runId,
    machineId: machine.id,
    requestId: command.requestId,
    type: command.type,
    planId: plan.id,
    params,
    reason: command.reason,
    initiatedBy: command.initiatedBy,
    canceledBy: null,
    phase: 'PENDING',
    originPhase: machine.phase,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    currentStep: -1,
    steps: plan.steps.map((step) => ({
      name: step.name,
      state: 'WAITING',
      attempt: 0,
      maxAttempts: step.maxRetries + 1,
      startedAt: null,
      finishedAt: null,
      changedAt: null,
      message: '',
      nextRetryAt: null,
      intent: null,
      heldSince: null,
      approval: null,
      interruptions: 0,
      probe: 'none',
    })),
    failure: null,
    error: null,
    stopping: false,
    revision: 1,
  };
}
