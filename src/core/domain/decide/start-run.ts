import type { Aggregate } from '../aggregate.ts';
import { decisionTime } from '../aggregate.ts';
import { bindPlan } from '../bind.ts';
import { findCondition } from '../condition.ts';
import type { Machine } from '../machine.ts';
import type { Capability, Plan } from '../plan.ts';
import { capabilitiesOf } from '../plan.ts';
import type { Refusal } from '../refusal.ts';
import { refuse, refuseFields } from '../refusal.ts';
import type { Run, RunType } from '../run.ts';
import { DEFAULT_PLANS } from '../run-type.ts';
import type { Millis } from '../time.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent, machineNotFound, refuseBusy } from './decision.ts';
import { fingerprint, refuseReuse } from './request.ts';

/** A request to run a plan on a machine, already well-formed in itself. */
export interface StartRun {
  readonly runId: string;
  readonly requestId: string;
  readonly type: RunType;
  readonly planId: string;
  /** The newest version of the plan, null where there is none of that id. */
  readonly plan: Plan | null;
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly initiatedBy: string;
  readonly acknowledgeIntervention: boolean;
  /** What a provider can do; null for a name that the registry does not have. */
  readonly capabilitiesOf: (provider: string) => ReadonlySet<Capability> | null;
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
  const refusal = refuseStart(aggregate, machine, command, command.plan);
  if (refusal !== null) return refusal;
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

/** Why a run may not start on this machine now, or null; the gates in the contract's order. */
function refuseStart(aggregate: Aggregate, machine: Machine, command: StartRun, plan: Plan): Refusal | null {
  return (
    refuseBusy(aggregate, machine) ??
    refusePhase(machine) ??
    refuseCapabilities(machine, command, plan) ??
    refuseIntervention(machine, command)
  );
}

function refusePhase(machine: Machine): Refusal | null {
  const names = { machine_id: machine.id };
  if (machine.phase === 'RMA') {
    const why = `machine ${machine.id} awaits replacement (RMA); complete the RMA first`;
    return refuse('FAILED_PRECONDITION', 'IN_RMA', why, names);
  }
  if (machine.phase === 'RETIRED') {
    return refuse('FAILED_PRECONDITION', 'RETIRED', `machine ${machine.id} is retired; nothing runs on it`, names);
  }
  return null;
}

function refuseCapabilities(machine: Machine, command: StartRun, plan: Plan): Refusal | null {
  const provider = machine.spec.provider;
  const names = { machine_id: machine.id, provider };
  const has = command.capabilitiesOf(provider);
  if (has === null) {
    const why = `machine ${machine.id} names provider "${provider}", which this server does not have`;
    return refuse('FAILED_PRECONDITION', 'UNKNOWN_PROVIDER', why, names);
  }
  const missing = capabilitiesOf(plan).filter((capability) => !has.has(capability));
  if (missing.length === 0) return null;
  const why = `provider "${provider}" of machine ${machine.id} lacks ${missing.join(', ')}, which ${plan.id} needs`;
  return refuse('FAILED_PRECONDITION', 'CAPABILITY_MISSING', why, { ...names, missing: missing.join(',') });
}

function refuseIntervention(machine: Machine, command: StartRun): Refusal | null {
  const condition = findCondition(machine.conditions, 'NeedsIntervention');
  const exempt = command.acknowledgeIntervention || command.planId === DEFAULT_PLANS.RMA;
  if (condition?.status !== true || exempt) return null;
  return refuse(
    'FAILED_PRECONDITION',
    'NEEDS_INTERVENTION',
    `machine ${machine.id} needs intervention: ${condition.message}; ` +
      'look into it, then resolve it or start with acknowledge_intervention',
    { machine_id: machine.id, condition_reason: condition.reason },
  );
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
      interruptions: 0,
      probe: 'none',
    })),
    error: null,
    stopping: false,
    revision: 1,
  };
}
