import { create } from '@bufbuild/protobuf';
import type { Condition } from '../../core/domain/condition.ts';
import type { Machine, MachinePhase, MachineSpec } from '../../core/domain/machine.ts';
import { effectiveState, etagOf } from '../../core/domain/machine.ts';
import type { WaitingFor } from '../../core/domain/waiting.ts';
import type { Machine as MachineMessage, MachineSpec as MachineSpecMessage } from '../gen/baremetal/v1/machine_pb.ts';
import { MachineSchema, MachineStatus_Phase } from '../gen/baremetal/v1/machine_pb.ts';
import { timestampOf } from './time.ts';
import { waitingToWire } from './waiting.ts';

/** A machine as clients see it, with what keeps it from moving on. */
export function machineToWire(machine: Machine, waiting: WaitingFor | null): MachineMessage {
  return create(MachineSchema, {
    machineId: machine.id,
    spec: specToWire(machine.spec),
    status: {
      phase: phaseToWire(machine.phase),
      conditions: machine.conditions.map(conditionToWire),
      activeRunId: machine.activeRunId ?? '',
      lastSeen: timestampOf(machine.lastSeenAt),
      effectiveState: phaseToWire(effectiveState(machine)),
      waitingFor: waitingToWire(waiting),
      stoppingRunId: machine.stoppingRunId ?? '',
      phaseSince: timestampOf(machine.phaseSince),
    },
    labels: { ...machine.labels },
    etag: etagOf(machine),
    createdAt: timestampOf(machine.createdAt),
    updatedAt: timestampOf(machine.updatedAt),
    source: machine.source ?? '',
  });
}

/** What a client declares in a machine message, as it came: nothing is checked. Output fields are left aside. */
export interface SentMachine {
  /** Empty where the server is to make one. */
  readonly machineId: string;
  /** Null where the message has none. */
  readonly spec: MachineSpec | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly source: string;
}

/** Reads what a client declares about a machine. */
export function machineFromWire({ machineId, spec, labels, etag, source }: MachineMessage): SentMachine {
  return { machineId, spec: spec === undefined ? null : specFromWire(spec), labels, etag, source };
}

/** The wire's number of a machine phase. */
export function phaseToWire(phase: MachinePhase): MachineStatus_Phase {
  return MachineStatus_Phase[phase];
}

function specToWire(spec: MachineSpec) {
  return {
    provider: spec.provider,
    macAddresses: [...spec.macAddresses],
    serial: spec.serial,
    sshEndpoint: spec.sshEndpoint,
    bmcAddress: spec.bmcAddress,
    rack: spec.rack,
    bmcCredentialsRef: spec.bmcCredentialsRef,
    model: spec.model,
    targetCluster: spec.targetCluster === null ? undefined : { ...spec.targetCluster },
  };
}

function specFromWire(spec: MachineSpecMessage): MachineSpec {
  return {
    provider: spec.provider,
    macAddresses: spec.macAddresses,
    serial: spec.serial,
    sshEndpoint: spec.sshEndpoint,
    bmcAddress: spec.bmcAddress,
    rack: spec.rack,
    bmcCredentialsRef: spec.bmcCredentialsRef,
    model: spec.model,
    targetCluster: spec.targetCluster ?? null,
  };
}

function conditionToWire(condition: Condition) {
  return {
    type: condition.type,
    status: condition.status,
    reason: condition.reason,
    message: condition.message,
    lastTransitionTime: timestampOf(condition.lastTransitionAt),
  };
}
