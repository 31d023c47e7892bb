import type { Aggregate, RequestMethod } from '../aggregate.ts';
import { decisionTime } from '../aggregate.ts';
import { hasCondition } from '../condition.ts';
import type { DomainEvent } from '../event.ts';
import type { Happening } from '../lifecycle.ts';
import type { Machine, MachineSpec } from '../machine.ts';
import type { Refusal } from '../refusal.ts';
import { refuse } from '../refusal.ts';
import { decideStopped } from './attempt.ts';
import type { Decision } from './decision.ts';
import { decided, machineEvent, machineNotFound, refuseBusy } from './decision.ts';
import { fingerprint, refuseReuse } from './request.ts';

/** What every repair command carries; the reason goes into the audit trail. */
interface RepairCommand {
  readonly requestId: string;
  readonly reason: string;
}

/** The new hardware that takes a machine's name after an RMA. */
export interface Replacement {
  readonly serial: string;
  readonly macAddresses: readonly string[];
  readonly bmcAddress: string;
}

/** A repair command, one of those that a person gives about a machine. */
export type Repair = RepairCommand &
  (
    | { readonly method: 'EnterMaintenance' }
    | { readonly method: 'ExitMaintenance' }
    | { readonly method: 'ResolveIntervention'; readonly releaseStuck: boolean }
    | { readonly method: 'CompleteRma'; readonly replacement: Replacement }
    | { readonly method: 'RetireMachine' }
    | { readonly method: 'DeleteMachine' }
  );

/** What a repair answers: nothing new for a request that was carried out before. */
export type RepairDecision = (Decision & { readonly releasedRunId: string | null }) | { readonly kind: 'existing' };

/** Decides a repair; idempotent by request id. `releasedRunId` names the run whose fence has to be raised. */
export function decideRepair(aggregate: Aggregate, command: Repair): RepairDecision | Refusal {
  const print = fingerprint({ ...contentOf(command) });
  if (aggregate.request !== null) {
    return refuseReuse(aggregate.machineId, aggregate.request, command.method, print) ?? { kind: 'existing' };
  }
  const { machine } = aggregate;
  if (machine === null) return machineNotFound(aggregate.machineId);
  const events = eventsOf(aggregate, machine, command);
  if ('kind' in events) return events;
  const request = { requestId: command.requestId, method: command.method, fingerprint: print, runId: null };
  const released = command.method === 'ResolveIntervention' && command.releaseStuck ? machine.stoppingRunId : null;
  return { ...decided(events, request), releasedRunId: released };
}

function contentOf(command: Repair): Readonly<Record<string, unknown>> {
  switch (command.method) {
    case 'ResolveIntervention':
      return { release_stuck: command.releaseStuck };
    case 'CompleteRma':
      return { ...command.replacement };
    case 'EnterMaintenance':
    case 'ExitMaintenance':
    case 'RetireMachine':
    case 'DeleteMachine':
      return {};
  }
}

function eventsOf(aggregate: Aggregate, machine: Machine, command: Repair): readonly DomainEvent[] | Refusal {
  switch (command.method) {
    case 'EnterMaintenance':
      return enterMaintenance(aggregate, machine, command.reason);
    case 'ExitMaintenance':
      return exitMaintenance(aggregate, machine, command.reason);
    case 'ResolveIntervention':
      return resolveIntervention(aggregate, machine, command.reason, command.releaseStuck);
    case 'CompleteRma':
      return completeRma(aggregate, machine, command.reason, command.replacement);
    case 'RetireMachine':
      return retire(aggregate, machine, command.reason);
    case 'DeleteMachine':
      return remove(aggregate, machine, command.reason);
  }
}

const METHOD_OF: Readonly<Partial<Record<Happening, RequestMethod>>> = {
  MAINTENANCE_ENTERED: 'EnterMaintenance',
  MAINTENANCE_EXITED: 'ExitMaintenance',
  INTERVENTION_RESOLVED: 'ResolveIntervention',
  RMA_COMPLETED: 'CompleteRma',
  MACHINE_RETIRED: 'RetireMachine',
};

function transition(aggregate: Aggregate, machine: Machine, happening: Happening, message: string): DomainEvent {
  return machineEvent(machine, happening, message, {
    now: decisionTime(aggregate),
    reason: METHOD_OF[happening] ?? happening,
  });
}

function enterMaintenance(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const refusal = refuseBusy(aggregate, machine) ?? refusePhases(machine, ['RMA', 'RETIRED'], 'enter maintenance');
  return refusal ?? [transition(aggregate, machine, 'MAINTENANCE_ENTERED', reason)];
}

function exitMaintenance(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const busy = refuseBusy(aggregate, machine);
  if (busy !== null) return busy;
  if (machine.phase !== 'MAINTENANCE') return wrongPhase(machine, 'is not in maintenance');
  if (hasCondition(machine.conditions, 'NeedsIntervention')) {
    const why = `machine ${machine.id} needs intervention; resolve that before it leaves maintenance`;
    return refuse('FAILED_PRECONDITION', 'NEEDS_INTERVENTION', why, { machine_id: machine.id });
  }
  return [transition(aggregate, machine, 'MAINTENANCE_EXITED', reason)];
}

function resolveIntervention(
  aggregate: Aggregate,
  machine: Machine,
  note: string,
  releaseStuck: boolean,
): readonly DomainEvent[] | Refusal {
  if (machine.activeRunId !== null) return refuseBusy(aggregate, machine) ?? [];
  const held = machine.stoppingRunId;
  if (held !== null && !releaseStuck) return refuseBusy(aggregate, machine) ?? [];
  const needs =
    hasCondition(machine.conditions, 'NeedsIntervention') || hasCondition(machine.conditions, 'OperationCanceled');
  if (!needs && held === null) return wrongPhase(machine, 'has nothing to resolve');
  const freed = held === null ? [] : decideStopped(aggregate, held).events;
  const resolved = transition(aggregate, { ...machine, stoppingRunId: null }, 'INTERVENTION_RESOLVED', note);
  return [...freed, resolved];
}

function completeRma(
  aggregate: Aggregate,
  machine: Machine,
  reason: string,
  replacement: Replacement,
): readonly DomainEvent[] | Refusal {
  const busy = refuseBusy(aggregate, machine);
  if (busy !== null) return busy;
  if (machine.phase !== 'RMA') return wrongPhase(machine, 'does not await replacement');
  const spec: MachineSpec = { ...machine.spec, ...replacement };
  const event = machineEvent(machine, 'RMA_COMPLETED', reason, {
    now: decisionTime(aggregate),
    reason: 'CompleteRma',
  });
  return [{ ...event, spec }];
}

function retire(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const refusal = refuseBusy(aggregate, machine) ?? refusePhases(machine, ['RETIRED'], 'retire');
  return refusal ?? [transition(aggregate, machine, 'MACHINE_RETIRED', reason)];
}

function remove(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const busy = refuseBusy(aggregate, machine);
  if (busy !== null) return busy;
  if (machine.phase !== 'RETIRED' && machine.phase !== 'FACTORY_READY') {
    return wrongPhase(machine, 'can be deleted only when RETIRED or FACTORY_READY');
  }
  return [{ subject: 'machine', kind: 'DELETED', message: reason }];
}

function refusePhases(machine: Machine, phases: readonly Machine['phase'][], verb: string): Refusal | null {
  return phases.includes(machine.phase) ? wrongPhase(machine, `cannot ${verb}`) : null;
}

function wrongPhase(machine: Machine, why: string): Refusal {
  return refuse('FAILED_PRECONDITION', 'WRONG_PHASE', `machine ${machine.id} is ${machine.phase}: it ${why}`, {
    machine_id: machine.id,
    phase: machine.phase,
  });
}
