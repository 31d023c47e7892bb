import { create } from '@bufbuild/protobuf';
import type { EventKind } from '../../core/domain/event.ts';
import type { Run } from '../../core/domain/run.ts';
import type { Millis } from '../../core/domain/time.ts';
import type { MachineEvent, RunEvent } from '../gen/baremetal/v1/event_pb.ts';
import { MachineEventSchema, RunEventSchema } from '../gen/baremetal/v1/event_pb.ts';
import type { Machine as MachineMessage } from '../gen/baremetal/v1/machine_pb.ts';
import type { Run as RunMessage } from '../gen/baremetal/v1/run_pb.ts';
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
  const step = CONCERNS_STEP.has(note.kind) ? run.steps[run.currentStep] : undefined;
  return create(RunEventSchema, {
    ...noteToWire(note),
    snapshot,
    step: step?.name ?? '',
    attempt: step?.attempt ?? 0,
  });
}

/** An event of a machine, with the machine as it was then. */
export function machineEventToWire(note: EventNote, snapshot: MachineMessage): MachineEvent {
  return create(MachineEventSchema, { ...noteToWire(note), snapshot });
}

/** The events of a run that are about the step it is at; the others are about the run as a whole. */
const CONCERNS_STEP: ReadonlySet<WatchKind> = new Set<WatchKind>([
  'ATTEMPT_STARTED',
  'ATTEMPT_FAILED',
  'ATTEMPT_INTERRUPTED',
  'ATTEMPT_UNKNOWN',
  'BACK_OFF_SKIPPED',
  'STEP_SUCCEEDED',
  'PROGRESS',
]);

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
