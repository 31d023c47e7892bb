import type { Aggregate } from '../aggregate.ts';
import { decisionTime } from '../aggregate.ts';
import { hasCondition } from '../condition.ts';
import { equal } from '../equal.ts';
import type { DomainEvent, Transition } from '../event.ts';
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

/** The new hardware that takes a machine's name after an RMA; what is empty is as before. */
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
    | {
        readonly method: 'RetireMachine';
        /** The source that it has to belong to; absent or empty: whichever. */
        readonly source?: string;
      }
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
  const releases = command.method === 'ResolveIntervention' && command.releaseStuck;
  const released = releases ? machine.stoppingRunId : null;
  return { ...decided(events, request), releasedRunId: released };
}

function contentOf(command: Repair): Readonly<Record<string, unknown>> {
  switch (command.method) {
    case 'ResolveIntervention':
      return { release_stuck: command.releaseStuck };
    case 'CompleteRma':
      return {
        serial: command.replacement.serial,
        mac_addresses: command.replacement.macAddresses,
        bmc_address: command.replacement.bmcAddress,
      };
    case 'RetireMachine':
      return command.source ? { source: command.source } : {};
    case 'EnterMaintenance':
    case 'ExitMaintenance':
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
      return refuseOtherOwner(machine, command.source) ?? retire(aggregate, machine, command.reason);
    case 'DeleteMachine':
      return remove(aggregate, machine, command.reason);
  }
}

/** The event says what happened and why; the conditions keep the bare reason, under the name of the command. */
function transition(
  aggregate: Aggregate,
  machine: Machine,
  happening: Happening,
  done: { readonly by: Repair['method']; readonly verb: string; readonly reason: string },
): Transition {
  const event = machineEvent(machine, happening, done.reason, { now: decisionTime(aggregate), reason: done.by });
  return { ...event, message: `machine ${machine.id} ${done.verb}: ${done.reason}` };
}

function enterMaintenance(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const refusal = refuseBusy(aggregate, machine) ?? refusePhases(machine, ['RMA', 'RETIRED'], 'enter maintenance');
  if (refusal !== null) return refusal;
  const done = { by: 'EnterMaintenance', verb: 'entered maintenance', reason } as const;
  return [transition(aggregate, machine, 'MAINTENANCE_ENTERED', done)];
}

/** The mark of an operator can be taken back wherever it was carried to: a machine comes back from RMA with it. */
function exitMaintenance(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const refusal = refuseBusy(aggregate, machine) ?? refusePhases(machine, ['RMA', 'RETIRED'], 'leave maintenance');
  if (refusal !== null) return refusal;
  if (machine.phase !== 'MAINTENANCE' && !hasCondition(machine.conditions, 'OperatorMaintenance')) {
    return wrongPhase(machine, 'is not in maintenance');
  }
  if (hasCondition(machine.conditions, 'NeedsIntervention')) {
    const why = `machine ${machine.id} needs intervention; resolve that before it leaves maintenance`;
    return refuse('FAILED_PRECONDITION', 'NEEDS_INTERVENTION', why, { machine_id: machine.id });
  }
  const done = { by: 'ExitMaintenance', verb: 'left maintenance', reason } as const;
  return [transition(aggregate, machine, 'MAINTENANCE_EXITED', done)];
}

/** Whether somebody has looked and whether the machine is let go are two things: without `releaseStuck` a hold stays. */
function resolveIntervention(
  aggregate: Aggregate,
  machine: Machine,
  reason: string,
  releaseStuck: boolean,
): readonly DomainEvent[] | Refusal {
  const busy = refuseBusy(aggregate, { ...machine, stoppingRunId: null });
  if (busy !== null) return busy;
  const held = machine.stoppingRunId;
  // New hardware resolves what was before it, and what is retired nobody has to look into.
  const over = held === null ? refusePhases(machine, ['RMA', 'RETIRED'], 'be resolved') : null;
  if (over !== null) return over;
  const needs =
    hasCondition(machine.conditions, 'NeedsIntervention') || hasCondition(machine.conditions, 'OperationCanceled');
  const freed = held !== null && releaseStuck ? release(aggregate, machine, held, reason) : [];
  if (!needs && freed.length === 0) return refuseToResolve(aggregate, machine);
  if (!needs) return freed;
  const done = { by: 'ResolveIntervention', verb: 'was looked into', reason } as const;
  const asFreed = freed.length === 0 ? machine : { ...machine, stoppingRunId: null };
  return [...freed, transition(aggregate, asFreed, 'INTERVENTION_RESOLVED', done)];
}

function release(aggregate: Aggregate, machine: Machine, runId: string, reason: string): readonly DomainEvent[] {
  const message = `machine ${machine.id} was released by hand from the last call of run ${runId}: ${reason}`;
  return decideStopped(aggregate, runId, message).events;
}

function refuseToResolve(aggregate: Aggregate, machine: Machine): Refusal {
  const held = refuseBusy(aggregate, machine);
  if (held === null) return wrongPhase(machine, 'has nothing to resolve');
  return { ...held, message: `${held.message}; release_stuck frees it by hand` };
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
  const { spec: before } = machine;
  const spec: MachineSpec = {
    ...before,
    serial: replacement.serial || before.serial,
    macAddresses: replacement.macAddresses.length > 0 ? replacement.macAddresses : before.macAddresses,
    bmcAddress: replacement.bmcAddress || before.bmcAddress,
  };
  const done = { by: 'CompleteRma', verb: 'came back from RMA', reason } as const;
  const event = transition(aggregate, machine, 'RMA_COMPLETED', done);
  return [equal(spec, before) ? event : { ...event, spec }];
}

/** A source that no longer has a machine retires it only while that is its own. */
function refuseOtherOwner({ id, source: owner = '' }: Machine, source = ''): Refusal | null {
  if (source === '' || owner === source) return null;
  const why = `machine ${id} belongs to ${owner === '' ? 'no source' : `source ${owner}`}, and not to ${source}`;
  return refuse('FAILED_PRECONDITION', 'SOURCE_TAKEN', why, { machine_id: id, source: owner });
}

function retire(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const refusal = refuseBusy(aggregate, machine) ?? refusePhases(machine, ['RETIRED'], 'be retired again');
  if (refusal !== null) return refusal;
  const done = { by: 'RetireMachine', verb: 'was retired', reason } as const;
  return [transition(aggregate, machine, 'MACHINE_RETIRED', done)];
}

function remove(aggregate: Aggregate, machine: Machine, reason: string): readonly DomainEvent[] | Refusal {
  const busy = refuseBusy(aggregate, machine);
  if (busy !== null) return busy;
  if (machine.phase !== 'RETIRED' && machine.phase !== 'FACTORY_READY') {
    return wrongPhase(machine, 'can be deleted only when RETIRED or FACTORY_READY');
  }
  return [{ subject: 'machine', kind: 'DELETED', message: `machine ${machine.id} was deleted: ${reason}` }];
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
