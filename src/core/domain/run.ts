import type { MachinePhase } from './machine.ts';
import type { Plan } from './plan.ts';
import type { Millis } from './time.ts';

/** Where a run stands; the last three are final for every writer. */
export type RunPhase = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';

/** Every run phase. */
export const RUN_PHASES: readonly RunPhase[] = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED'];

/** Where a step of a run stands. */
export type StepState = 'WAITING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'SKIPPED';

/** What a run was asked to do; CUSTOM is a plan that is no type's default. */
export type RunType = 'REPAVE' | 'RMA' | 'REBOOT' | 'UPGRADE' | 'NET_RECONFIG' | 'CUSTOM';

/** Why a run failed. */
export type RunErrorCode =
  | 'STEP_FAILED'
  | 'STEP_TIMEOUT'
  | 'STEP_STUCK'
  | 'OUTCOME_UNKNOWN'
  | 'INTERRUPTED'
  | 'INTERNAL';

/** The error that ended a run, or the last one of a step. */
export interface RunError {
  readonly code: RunErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string>>;
}

/** Who let a step begin that waits for a person, why, and when. */
export interface Approval {
  readonly actor: string;
  readonly reason: string;
  readonly at: Millis;
}

/** The attempt that was announced and has no outcome yet. */
export interface Intent {
  readonly fence: number;
  readonly deadline: Millis;
  /** A probe only asks what became of an earlier attempt. */
  readonly probe: boolean;
}

/** One step of a run. */
export interface StepStatus {
  readonly name: string;
  readonly state: StepState;
  /** From 1; 0 while the step was not begun. An interrupted attempt keeps its number. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly startedAt: Millis | null;
  readonly finishedAt: Millis | null;
  /** When the step last changed: what it waits for, it has waited for since then. Null while it was not begun. */
  readonly changedAt: Millis | null;
  readonly message: string;
  /** Set exactly while the step waits in back-off. */
  readonly nextRetryAt: Millis | null;
  readonly intent: Intent | null;
  /** Since when the step waits for a person's approval; set exactly while it does. */
  readonly heldSince: Millis | null;
  /** Null where nobody was asked, or has not answered. */
  readonly approval: Approval | null;
  /** How often this attempt was cut off without an outcome. */
  readonly interruptions: number;
  /** Why the hardware must be asked before the next attempt. */
  readonly probe: 'none' | 'after-unknown' | 'after-interruption';
}

/** How far a call has come; beside the run, never part of its history. */
export interface Progress {
  readonly step: number;
  readonly attempt: number;
  readonly current: number;
  readonly total: number;
  readonly unit: string;
  readonly note: string;
}

/** One execution of a plan on a machine. */
export interface Run {
  readonly id: string;
  readonly machineId: string;
  readonly requestId: string;
  readonly type: RunType;
  readonly planId: string;
  /** The values the plan's steps were bound with, defaults included. */
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly initiatedBy: string;
  readonly canceledBy: string | null;
  readonly phase: RunPhase;
  /** The machine's phase when the run was accepted. */
  readonly originPhase: MachinePhase;
  readonly createdAt: Millis;
  readonly startedAt: Millis | null;
  readonly finishedAt: Millis | null;
  /** Index of the step that is or was last under way; -1 before the first. */
  readonly currentStep: number;
  readonly steps: readonly StepStatus[];
  /** What the run ends with once its `always` steps are done, because a step has failed it; null where none has, or it has ended. */
  readonly failure: RunError | null;
  readonly error: RunError | null;
  /** True while the run has ended but its call to the hardware has not returned. */
  readonly stopping: boolean;
  /** Counts this run's own events: 1, 2, 3 … */
  readonly revision: number;
}

/** A run and its own copy of the plan, with every param filled in. */
export interface PlannedRun {
  readonly run: Run;
  readonly plan: Plan;
}

/** True once nothing can change the outcome any more. */
export function isTerminal(phase: RunPhase): boolean {
  return phase === 'SUCCEEDED' || phase === 'FAILED' || phase === 'CANCELED';
}

/** The step that has an intent without an outcome, if there is one. */
export function openIntent(run: Run): { readonly index: number; readonly intent: Intent } | null {
  const status = run.steps[run.currentStep];
  return status?.intent ? { index: run.currentStep, intent: status.intent } : null;
}

/** The first step that has not ended: the one under way, or the one that the run comes to next; undefined where none is left. */
export function nextStep({ steps }: Run): StepStatus | undefined {
  return steps.find(({ state }) => state === 'WAITING' || state === 'RUNNING');
}

/** What a run filter can ask about, already reduced to strings. */
export interface RunView {
  readonly run_id: string;
  readonly machine_id: string;
  readonly phase: RunPhase;
  readonly type: RunType;
  readonly plan_id: string;
  readonly initiated_by: string;
}

/** The view of a run that filters read. */
export function runView(run: Run): RunView {
  return {
    run_id: run.id,
    machine_id: run.machineId,
    phase: run.phase,
    type: run.type,
    plan_id: run.planId,
    initiated_by: run.initiatedBy,
  };
}
