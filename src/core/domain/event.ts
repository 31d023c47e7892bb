import type { Happening, MachinePatch } from './lifecycle.ts';
import type { Machine, MachineSpec } from './machine.ts';
import type { Plan } from './plan.ts';
import type { Intent, Run, RunError } from './run.ts';
import type { Millis } from './time.ts';

/** A row of the lifecycle table that came true of a machine. */
export interface Transition {
  readonly subject: 'machine';
  readonly kind: Happening;
  readonly message: string;
  readonly patch: MachinePatch;
  /** New hardware under the old name, where the happening brings it. */
  readonly spec?: MachineSpec;
}

/** Something that became true of a machine. */
export type MachineEvent =
  | { readonly subject: 'machine'; readonly kind: 'REGISTERED'; readonly message: string; readonly machine: Machine }
  | {
      readonly subject: 'machine';
      readonly kind: 'UPDATED';
      readonly message: string;
      readonly spec: MachineSpec;
      readonly labels: Readonly<Record<string, string>>;
      /** The source that owns it from now on, none where it is empty; absent: as before. */
      readonly source?: string;
    }
  | { readonly subject: 'machine'; readonly kind: 'DELETED'; readonly message: string }
  | Transition;

interface OfRun {
  readonly subject: 'run';
  readonly runId: string;
  readonly message: string;
}

/** What a step says of its last outcome: the event's message without the step's name. */
interface Told {
  readonly told: string;
}

/** Something that became true of a run. */
export type RunEvent = OfRun &
  (
    | { readonly kind: 'ACCEPTED'; readonly run: Run; readonly plan: Plan }
    | { readonly kind: 'STARTED' }
    | { readonly kind: 'ATTEMPT_STARTED'; readonly step: number; readonly attempt: number; readonly intent: Intent }
    | (Told &
        (
          | {
              readonly kind: 'ATTEMPT_INTERRUPTED';
              readonly step: number;
              /** The hardware must be asked before the attempt is made again. */
              readonly probe: boolean;
            }
          /** The hardware was asked about an attempt that was cut off: it has taken no effect and is made again. */
          | { readonly kind: 'ATTEMPT_PROBED'; readonly step: number }
          | { readonly kind: 'ATTEMPT_FAILED'; readonly step: number; readonly nextRetryAt: Millis }
          | { readonly kind: 'ATTEMPT_UNKNOWN'; readonly step: number }
          | { readonly kind: 'STEP_SUCCEEDED'; readonly step: number }
          /** The step is out of attempts, and other steps follow all the same. */
          | {
              readonly kind: 'STEP_FAILED';
              readonly step: number;
              /** What the run fails with once they are done; null where the step is passed over. */
              readonly failure: RunError | null;
            }
          /** The step waits for a person; `told` is what the person is asked. */
          | { readonly kind: 'STEP_HELD'; readonly step: number }
          | { readonly kind: 'FAILED'; readonly error: RunError; readonly stopping: boolean }
        ))
    | { readonly kind: 'BACK_OFF_SKIPPED'; readonly step: number }
    | { readonly kind: 'STEP_APPROVED'; readonly step: number; readonly by: string; readonly reason: string }
    | { readonly kind: 'SUCCEEDED' }
    | { readonly kind: 'CANCELED'; readonly by: string; readonly stopping: boolean }
    | { readonly kind: 'STOPPED' }
  );

/** Something that became true of a plan; what the plan is then goes along beside it. */
export interface PlanEvent {
  readonly subject: 'plan';
  readonly kind: 'PLAN_CREATED' | 'PLAN_DELETED';
  readonly message: string;
}

/** What a decision about a machine brings about; state is the fold of these. */
export type DomainEvent = MachineEvent | RunEvent;

/** The word under which watchers and the audit trail see an event. */
export type EventKind = (DomainEvent | PlanEvent)['kind'];

/** Keyed by kind, so that the compiler misses none. */
const KINDS: Readonly<Record<EventKind, true>> = {
  REGISTERED: true,
  UPDATED: true,
  DELETED: true,
  RUN_ACCEPTED: true,
  IMAGE_BEGUN: true,
  IMAGE_DONE: true,
  REPAVED: true,
  REPAVED_AND_JOINED: true,
  RUN_DONE: true,
  RMA_MARKED: true,
  RUN_FAILED: true,
  RUN_CANCELED: true,
  CALL_STOPPED: true,
  INTERVENTION_RESOLVED: true,
  MAINTENANCE_ENTERED: true,
  MAINTENANCE_EXITED: true,
  RMA_COMPLETED: true,
  MACHINE_RETIRED: true,
  ACCEPTED: true,
  STARTED: true,
  ATTEMPT_STARTED: true,
  ATTEMPT_INTERRUPTED: true,
  ATTEMPT_PROBED: true,
  ATTEMPT_FAILED: true,
  ATTEMPT_UNKNOWN: true,
  BACK_OFF_SKIPPED: true,
  STEP_HELD: true,
  STEP_APPROVED: true,
  STEP_SUCCEEDED: true,
  STEP_FAILED: true,
  SUCCEEDED: true,
  FAILED: true,
  CANCELED: true,
  STOPPED: true,
  PLAN_CREATED: true,
  PLAN_DELETED: true,
};

/** Every kind of event: those of machines, of runs, and of plans. */
export const EVENT_KINDS: readonly EventKind[] = Object.keys(KINDS) as EventKind[];

/** What a filter of the audit trail can ask about, already reduced to strings; empty where it does not apply. */
export interface EventView {
  readonly machine_id: string;
  readonly run_id: string;
  readonly plan_id: string;
  readonly subject: (DomainEvent | PlanEvent)['subject'];
  readonly kind: EventKind;
  readonly actor: string;
  readonly request_id: string;
  readonly method: string;
  readonly server: string;
}
