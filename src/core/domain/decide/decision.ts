import type { Aggregate, RequestRecord } from '../aggregate.ts';
import { runOf } from '../aggregate.ts';
import type { DomainEvent, Transition } from '../event.ts';
import type { Happening, HappeningContext } from '../lifecycle.ts';
import { happen } from '../lifecycle.ts';
import type { Machine } from '../machine.ts';
import type { Refusal } from '../refusal.ts';
import { refuse } from '../refusal.ts';

/** What a command brings about: events in order, and the request id that it uses up. No events: nothing changes. */
export interface Decision {
  readonly kind: 'decision';
  readonly events: readonly DomainEvent[];
  readonly request: RequestRecord | null;
}

/** A decision with these events. */
export function decided(events: readonly DomainEvent[], request: RequestRecord | null = null): Decision {
  return { kind: 'decision', events, request };
}

/** The machine event for one row of the lifecycle table. */
export function machineEvent(
  machine: Machine,
  happening: Happening,
  message: string,
  context: Omit<HappeningContext, 'message'>,
): Transition {
  const patch = happen(machine, happening, { ...context, message });
  return { subject: 'machine', kind: happening, message, patch };
}

/** The refusal of a call that names a machine that is not there. */
export function machineNotFound(machineId: string): Refusal {
  return refuse('NOT_FOUND', 'MACHINE_NOT_FOUND', `machine ${machineId} is not registered`, { machine_id: machineId });
}

/** The refusal of a call that needs the machine to itself, or null where it has it. */
export function refuseBusy(aggregate: Aggregate, machine: Machine): Refusal | null {
  if (machine.activeRunId !== null) {
    const type = runOf(aggregate, machine.activeRunId)?.run.type ?? 'another';
    return refuse(
      'FAILED_PRECONDITION',
      'MACHINE_BUSY',
      `machine ${machine.id} is busy with ${type} run ${machine.activeRunId}; wait for its end or cancel it`,
      { machine_id: machine.id, run_id: machine.activeRunId },
    );
  }
  if (machine.stoppingRunId !== null) {
    return refuse(
      'FAILED_PRECONDITION',
      'STOPPING',
      `machine ${machine.id} is held: the last call of run ${machine.stoppingRunId} has not returned yet`,
      { machine_id: machine.id, run_id: machine.stoppingRunId },
    );
  }
  return null;
}
