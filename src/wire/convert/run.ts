import { create } from '@bufbuild/protobuf';
import type { QueuePlace } from '../../core/domain/admission.ts';
import type { Plan, StepKind } from '../../core/domain/plan.ts';
import type { Progress, Run, RunError, RunPhase, StepStatus } from '../../core/domain/run.ts';
import type { Millis } from '../../core/domain/time.ts';
import { runWaitsFor } from '../../core/domain/waiting.ts';
import type { Run as RunMessage } from '../gen/baremetal/v1/run_pb.ts';
import { Run_Phase, RunSchema, StepStatus_State } from '../gen/baremetal/v1/run_pb.ts';
import { phaseToWire } from './machine.ts';
import { timestampOf } from './time.ts';
import { waitingToWire } from './waiting.ts';

/** What a run message tells of the run's plan beside its id. */
export interface RunPlan {
  /** 0 where it is not known any more. */
  readonly version: number;
  /** The kinds of the steps, in order; empty where they are not known any more. */
  readonly kinds: readonly StepKind[];
}

/** The plan of a run whose own copy was swept. */
export const UNKNOWN_PLAN: RunPlan = { version: 0, kinds: [] };

/** Reads off a run's copy of its plan what messages tell of it. */
export function runPlanOf(plan: Plan): RunPlan {
  return { version: plan.version, kinds: plan.steps.map((step) => step.action.kind) };
}

/** What remains of a run that was swept. */
export type RunRemains = Pick<
  Run,
  'id' | 'machineId' | 'requestId' | 'type' | 'planId' | 'phase' | 'createdAt' | 'startedAt' | 'finishedAt'
>;

/** What a run message tells beside the run. */
export interface RunSight {
  readonly plan: RunPlan;
  /** Shown where it is of the attempt under way. */
  readonly progress: Progress | null;
  /** The server that carries it out, null where none does; left out where that is not known, as of a time in the past. */
  readonly owner?: string | null;
  /** The places that it queues for, if it does. */
  readonly queue?: readonly QueuePlace[] | null;
  /** The time at which the run is looked at: what it waits for depends on it. */
  readonly at: Millis;
}

/** A run as clients see it. */
export function runToWire(run: Run, { plan, progress, owner, queue = null, at }: RunSight): RunMessage {
  const owned = owner === undefined ? null : owner !== null;
  return create(RunSchema, {
    runId: run.id,
    machineId: run.machineId,
    phase: runPhaseToWire(run.phase),
    requestId: run.requestId,
    type: run.type,
    planId: run.planId,
    initiatedBy: run.initiatedBy,
    params: { ...run.params },
    reason: run.reason,
    createdAt: timestampOf(run.createdAt),
    startedAt: timestampOf(run.startedAt),
    finishedAt: timestampOf(run.finishedAt),
    canceledBy: run.canceledBy ?? '',
    currentStep: run.steps[run.currentStep]?.name ?? '',
    steps: run.steps.map((step, index) => stepToWire(step, plan.kinds[index] ?? '', progressOf(run, index, progress))),
    error: run.error === null ? undefined : errorToWire(run.error),
    waitingFor: waitingToWire(runWaitsFor({ run, owned, queue }, at)),
    stopping: run.stopping,
    originPhase: phaseToWire(run.originPhase),
    planVersion: plan.version,
    server: owner ?? '',
  });
}

/** A run of which only this is left: ids, type, phase and times. */
export function runRemainsToWire(run: RunRemains): RunMessage {
  return create(RunSchema, {
    runId: run.id,
    machineId: run.machineId,
    phase: runPhaseToWire(run.phase),
    requestId: run.requestId,
    type: run.type,
    planId: run.planId,
    createdAt: timestampOf(run.createdAt),
    startedAt: timestampOf(run.startedAt),
    finishedAt: timestampOf(run.finishedAt),
  });
}

/** The wire's number of a run phase. */
export function runPhaseToWire(phase: RunPhase): Run_Phase {
  return Run_Phase[phase];
}

/** The progress, where it is of the attempt that is under way in that step; else null. */
export function progressOf(run: Run, index: number, progress: Progress | null): Progress | null {
  if (progress === null || progress.step !== index || run.currentStep !== index) return null;
  const step = run.steps[index];
  const underWay = step?.state === 'RUNNING' && step.intent !== null && step.attempt === progress.attempt;
  return underWay ? progress : null;
}

function stepToWire(step: StepStatus, kind: string, progress: Progress | null) {
  return {
    name: step.name,
    state: StepStatus_State[step.state],
    retryCount: Math.max(0, step.attempt - 1),
    startedAt: timestampOf(step.startedAt),
    finishedAt: timestampOf(step.finishedAt),
    message: step.message,
    maxAttempts: step.maxAttempts,
    nextRetryAt: timestampOf(step.nextRetryAt),
    deadline: timestampOf(step.intent?.deadline ?? null),
    progress:
      progress === null
        ? undefined
        : { current: progress.current, total: progress.total, unit: progress.unit, note: progress.note },
    kind,
    approval:
      step.approval === null
        ? undefined
        : { actor: step.approval.actor, reason: step.approval.reason, time: timestampOf(step.approval.at) },
  };
}

function errorToWire(error: RunError) {
  return { code: error.code, message: error.message, retryable: error.retryable, details: { ...error.details } };
}
