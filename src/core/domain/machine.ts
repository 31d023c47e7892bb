import type { Condition } from './condition.ts';
import { hasCondition } from './condition.ts';
import { parseMac } from './mac-address.ts';
import type { Millis } from './time.ts';

/** Where a machine stands in its life. */
export type MachinePhase =
  | 'FACTORY_READY'
  | 'READY'
  | 'PROVISIONING'
  | 'IN_SERVICE'
  | 'MAINTENANCE'
  | 'RMA'
  | 'RETIRED';

/** Every machine phase, in the order of a machine's life. */
export const MACHINE_PHASES: readonly MachinePhase[] = [
  'FACTORY_READY',
  'PROVISIONING',
  'READY',
  'IN_SERVICE',
  'MAINTENANCE',
  'RMA',
  'RETIRED',
];

/** The cluster that a machine joins. */
export interface TargetCluster {
  readonly clusterId: string;
  /** A reference such as `env:NAME` or `file:PATH`, never the secret. */
  readonly kubeconfigSecretRef: string;
}

/** What somebody declared about a machine; the server changes none of it by itself. */
export interface MachineSpec {
  readonly provider: string;
  readonly macAddresses: readonly string[];
  readonly serial: string;
  readonly sshEndpoint: string;
  readonly bmcAddress: string;
  readonly rack: string;
  /** A reference such as `env:NAME` or `file:PATH`, never the secret. */
  readonly bmcCredentialsRef: string;
  readonly model: string;
  readonly targetCluster: TargetCluster | null;
}

/** A physical machine: what was declared of it, and what became of it. */
export interface Machine {
  readonly id: string;
  readonly spec: MachineSpec;
  readonly labels: Readonly<Record<string, string>>;
  /** The inventory source that owns it; absent: none does. */
  readonly source?: string;
  readonly phase: MachinePhase;
  readonly conditions: readonly Condition[];
  readonly activeRunId: string | null;
  /** The ended run whose call to the hardware has not returned yet: the machine is held until it has. */
  readonly stoppingRunId: string | null;
  /** When the hardware last answered, as far as an outcome recorded it. */
  readonly lastSeenAt: Millis | null;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  /** When the phase last changed. */
  readonly phaseSince: Millis;
  /** Counts changes of spec and labels; the etag is made of it. */
  readonly specRevision: number;
  /** Counts this machine's own events: 1, 2, 3 … */
  readonly revision: number;
}

/** The phase as an operator wants to read it: a machine with a run is PROVISIONING, whatever the run has reached. */
export function effectiveState(machine: Machine): MachinePhase {
  if (machine.activeRunId !== null) return 'PROVISIONING';
  switch (machine.phase) {
    case 'RMA':
    case 'RETIRED':
    case 'MAINTENANCE':
      return machine.phase;
    case 'FACTORY_READY':
    case 'READY':
    case 'PROVISIONING':
    case 'IN_SERVICE':
      if (hasCondition(machine.conditions, 'InCustomerCluster')) return 'IN_SERVICE';
      return machine.phase === 'FACTORY_READY' ? 'FACTORY_READY' : 'READY';
  }
}

/** The etag of a machine's spec and labels: equal exactly while neither has changed. */
export function etagOf(machine: Machine): string {
  return `${machine.createdAt.toString(36)}-${machine.specRevision.toString(36)}`;
}

/** One of the names under which hardware is known; no two machines may share one. */
export interface Identity {
  readonly kind: 'mac' | 'serial' | 'bmc';
  /** Normalised: two spellings of one address are one value. */
  readonly value: string;
}

/** The identities that a machine holds: those of its spec, and none once it is RETIRED. */
export function identitiesOf(machine: Machine | null): readonly Identity[] {
  if (machine === null || machine.phase === 'RETIRED') return [];
  return identitiesOfSpec(machine.spec);
}

/** The identities that a spec declares, normalised, each once. */
export function identitiesOfSpec(spec: MachineSpec): readonly Identity[] {
  const found = new Map<string, Identity>();
  const add = (kind: Identity['kind'], value: string) => {
    if (value !== '') found.set(`${kind} ${value}`, { kind, value });
  };
  for (const mac of spec.macAddresses) add('mac', parseMac(mac) ?? mac.trim().toLowerCase());
  add('serial', spec.serial.trim().toUpperCase());
  add('bmc', spec.bmcAddress.trim().toLowerCase());
  return [...found.values()];
}

/** What a machine filter can ask about, already reduced to strings. */
export interface MachineView {
  readonly machine_id: string;
  readonly phase: MachinePhase;
  readonly effective_state: MachinePhase;
  readonly rack: string;
  readonly provider: string;
  readonly cluster: string;
  /** Absent in views that were kept before there were sources. */
  readonly source?: string;
  /** Types of the conditions that are true. */
  readonly conditions: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The view of a machine that filters read; small enough to be kept with every event as what was before it. */
export function machineView(machine: Machine): MachineView {
  return {
    machine_id: machine.id,
    phase: machine.phase,
    effective_state: effectiveState(machine),
    rack: machine.spec.rack,
    provider: machine.spec.provider,
    cluster: machine.spec.targetCluster?.clusterId ?? '',
    source: machine.source ?? '',
    conditions: machine.conditions.filter((condition) => condition.status).map((condition) => condition.type),
    labels: machine.labels,
  };
}
