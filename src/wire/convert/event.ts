import { create } from '@bufbuild/protobuf';
import type { EventKind } from '../../core/domain/event.ts';
import type { Plan } from '../../core/domain/plan.ts';
import type { Run } from '../../core/domain/run.ts';
import type { Millis } from '../../core/domain/time.ts';
import type { Event, MachineEvent, RunEvent } from '../gen/baremetal/v1/event_pb.ts';
import { EventSchema, MachineEventSchema, RunEventSchema } from '../gen/baremetal/v1/event_pb.ts';
import type { Machine as MachineMessage } from '../gen/baremetal/v1/machine_pb.ts';
import type { Run as RunMessage } from '../gen/baremetal/v1/run_pb.ts';
import { planToWire } from './plan.ts';
import { timestampOf } from './time.ts';

/** The words of an event message: those of the domain, and what only watches say. */
export type WatchKind = EventKind | 'SNAPSHOT' | 'PROGRESS' | 'LEFT';

/** What an event message says beside what it happened to. */
export interface EventNote {
  readonly at: Millis;
  readonly kind: WatchKind;
  readonly message: string;
  /** Empty: the message cannot be resumed from. */
  readonly cursor: string;
  readonly actor: string;
  readonly reason: string;
  readonly revision: number;
}

/** An event of a run, with the run as it was then. `run` and `snapshot` are the same run on both sides of the wire. */
export function runEventToWire(note: EventNote, run: Run, snapshot: RunMessage): RunEvent {
  return create(RunEventSchema, { ...noteToWire(note), snapshot, ...stepOf(note, run) });
}

/** An event of a machine, with the machine as it was then. */
export function machineEventToWire(note: EventNote, snapshot: MachineMessage): MachineEvent {
  return create(MachineEventSchema, { ...noteToWire(note), snapshot });
}

/** What a row of the audit trail says beside what it happened to. */
export interface AuditNote extends EventNote {
  readonly requestId: string;
  readonly peer: string;
  readonly method: string;
  readonly server: string;
  readonly machineId: string;
}

/** A row of the audit trail about a run, with the run as it was then, on both sides of the wire. */
export function runAuditToWire(note: AuditNote, run: Run, snapshot: RunMessage): Event {
  const { step, attempt } = stepOf(note, run);
  return create(EventSchema, {
    ...auditToWire(note),
    snapshot: { case: 'run', value: snapshot },
    runId: run.id,
    planId: run.planId,
    step,
    attempt,
  });
}

/** A row of the audit trail about a machine, with the machine as it was then. */
export function machineAuditToWire(note: AuditNote, snapshot: MachineMessage): Event {
  return create(EventSchema, { ...auditToWire(note), snapshot: { case: 'machine', value: snapshot } });
}

/** A row of the audit trail about a plan, with the version that it is about. */
export function planAuditToWire(note: AuditNote, plan: Plan): Event {
  return create(EventSchema, {
    ...auditToWire(note),
    snapshot: { case: 'plan', value: planToWire(plan) },
    planId: plan.id,
  });
}

/** The events of a run that are about the step it is at; the others are about the run as a whole. */
const CONCERNS_STEP: ReadonlySet<WatchKind> = new Set<WatchKind>([
  'ATTEMPT_STARTED',
  'ATTEMPT_FAILED',
  'ATTEMPT_INTERRUPTED',
  'ATTEMPT_PROBED',
  'ATTEMPT_UNKNOWN',
  'BACK_OFF_SKIPPED',
  'STEP_HELD',
  'STEP_APPROVED',
  'STEP_SUCCEEDED',
  'STEP_FAILED',
  'PROGRESS',
]);

/** The step and the attempt that an event of a run is about, where it is about one. */
function stepOf({ kind }: EventNote, run: Run): { readonly step: string; readonly attempt: number } {
  const step = CONCERNS_STEP.has(kind) ? run.steps[run.currentStep] : undefined;
  return { step: step?.name ?? '', attempt: step?.attempt ?? 0 };
}

function auditToWire(note: AuditNote) {
  const { requestId, peer, method, server, machineId } = note;
  return { ...noteToWire(note), requestId, peer, method, server, machineId };
}

function noteToWire(note: EventNote) {
  return {
    ts: timestampOf(note.at),
    message: note.message,
    cursor: note.cursor,
    kind: note.kind,
    actor: note.actor,
    revision: BigInt(note.revision),
    reason: note.reason,
  };
}
