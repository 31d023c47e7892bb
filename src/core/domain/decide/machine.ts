import type { Aggregate } from '../aggregate.ts';
import { decisionTime } from '../aggregate.ts';
import { equal } from '../equal.ts';
import type { Machine, MachineSpec } from '../machine.ts';
import { etagOf, identitiesOfSpec } from '../machine.ts';
import type { Refusal } from '../refusal.ts';
import { refuse } from '../refusal.ts';
import type { Decision } from './decision.ts';
import { decided, machineNotFound, refuseBusy } from './decision.ts';

/** What a client declares about a machine, already well-formed in itself. */
export interface MachineDeclaration {
  readonly spec: MachineSpec;
  readonly labels: Readonly<Record<string, string>>;
  /** Empty where the client does not care; else the call is refused if spec or labels have changed since. */
  readonly etag: string;
  /** The inventory source that owns it from now on, none where it is empty; absent: as before. */
  readonly source?: string;
}

/** Decides RegisterMachine: a new machine, or new spec and labels of a known one; status is never touched. */
export function decideRegister(aggregate: Aggregate, declared: MachineDeclaration): Decision | Refusal {
  if (aggregate.machine !== null) {
    return refuseOtherSource(aggregate.machine, declared) ?? decideUpdate(aggregate, () => declared);
  }
  const now = decisionTime(aggregate);
  const machine: Machine = {
    id: aggregate.machineId,
    spec: declared.spec,
    labels: declared.labels,
    ...(declared.source ? { source: declared.source } : {}),
    phase: 'FACTORY_READY',
    conditions: [],
    activeRunId: null,
    stoppingRunId: null,
    lastSeenAt: null,
    createdAt: now,
    updatedAt: now,
    phaseSince: now,
    specRevision: 1,
    revision: 1,
  };
  return decided([{ subject: 'machine', kind: 'REGISTERED', message: `machine ${machine.id} registered`, machine }]);
}

/** A source that declares a machine does not take it from another one: who owns it is changed by UpdateMachine. */
function refuseOtherSource({ id, source: owner = '' }: Machine, { source = '' }: MachineDeclaration): Refusal | null {
  if (owner === '' || source === '' || owner === source) return null;
  const why = `machine ${id} belongs to source ${owner}, and not to ${source}; UpdateMachine with the mask "source" hands it over`;
  return refuse('FAILED_PRECONDITION', 'SOURCE_TAKEN', why, { machine_id: id, source: owner });
}

/** Decides UpdateMachine; `change` is given the present machine. What does not differ makes no event. */
export function decideUpdate(
  aggregate: Aggregate,
  change: (machine: Machine) => MachineDeclaration,
): Decision | Refusal {
  const { machine } = aggregate;
  if (machine === null) return machineNotFound(aggregate.machineId);
  const { spec, labels, etag, source } = change(machine);
  if (etag !== '' && etag !== etagOf(machine)) {
    const why = `machine ${machine.id} has changed since it was read; read it again and repeat the change`;
    return refuse('ABORTED', 'STALE_ETAG', why, { machine_id: machine.id, etag: etagOf(machine) });
  }
  const owner = source === undefined ? {} : { source };
  const changed = changedFields(machine, { spec, labels, ...owner });
  if (changed.length === 0) return decided([]);
  if (movesHardware(machine.spec, spec)) {
    const busy = refuseBusy(aggregate, machine);
    if (busy !== null) {
      return { ...busy, message: `${busy.message}; provider, MACs, serial and BMC do not change meanwhile` };
    }
  }
  const message = `machine ${machine.id} updated: ${changed.join(', ')}`;
  return decided([{ subject: 'machine', kind: 'UPDATED', message, spec, labels, ...owner }]);
}

/** True where the change would point the machine's calls at other hardware. */
function movesHardware(before: MachineSpec, after: MachineSpec): boolean {
  if (before.provider !== after.provider) return true;
  return !equal(identitiesOfSpec(before), identitiesOfSpec(after));
}

/** The fields of a machine that differ from what is declared, as the contract writes them: `spec.mac_addresses`, `labels`, `source`. */
export function changedFields(
  machine: Machine,
  { spec, labels, source }: Pick<MachineDeclaration, 'spec' | 'labels' | 'source'>,
): readonly string[] {
  const keys = Object.keys(spec) as (keyof MachineSpec)[];
  const changed = keys
    .filter((key) => !equal(machine.spec[key], spec[key]))
    .map((key) => `spec.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`);
  if (!equal(machine.labels, labels)) changed.push('labels');
  if (source !== undefined && source !== (machine.source ?? '')) changed.push('source');
  return changed;
}
