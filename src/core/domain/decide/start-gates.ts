import type { Aggregate } from '../aggregate.ts';
import { findCondition } from '../condition.ts';
import type { ControlPlane } from '../control-plane.ts';
import { controlPlaneText, hasMajority } from '../control-plane.ts';
import type { Machine } from '../machine.ts';
import { effectiveState } from '../machine.ts';
import type { Capability, Plan } from '../plan.ts';
import { capabilitiesOf } from '../plan.ts';
import type { Refusal, RefusalReason } from '../refusal.ts';
import { refuse } from '../refusal.ts';
import { DEFAULT_PLANS } from '../run-type.ts';
import { refuseBusy } from './decision.ts';

/** What the gates look at of a request to start a run. */
export interface Starting {
  readonly planId: string;
  /** The newest version of the plan, null where there is none of that id. */
  readonly plan: Plan | null;
  readonly acknowledgeIntervention: boolean;
  readonly acknowledgeCluster: boolean;
  /** The control plane that the machine belongs to, as it was when this was asked; null where it is of none. */
  readonly controlPlane: ControlPlane | null;
  /** What a provider can do; null for a name that the registry does not have. */
  readonly capabilitiesOf: (provider: string) => ReadonlySet<Capability> | null;
}

/** One thing that can keep a run from starting. */
export interface StartGate {
  /** The reason of its most usual refusal. */
  readonly reason: RefusalReason;
  /** What is checked, in a few words. */
  readonly title: string;
  readonly check: (aggregate: Aggregate, machine: Machine, starting: Starting) => Refusal | null;
  /** What is found where nothing stands against it. */
  readonly passed: (machine: Machine, starting: Starting) => string;
  /** What speaks against it although it does not refuse; null: nothing. */
  readonly warning?: (machine: Machine, starting: Starting) => string | null;
}

/** Everything that is checked about machine and plan, in the contract's order; the first refusal counts. */
export const START_GATES: readonly StartGate[] = [
  {
    reason: 'MACHINE_BUSY',
    title: 'the machine is free',
    check: (aggregate, machine) => refuseBusy(aggregate, machine),
    passed: () => 'no run is active and no call is under way',
  },
  {
    reason: 'IN_RMA',
    title: 'the machine may run plans',
    check: (_, machine) => refusePhase(machine),
    passed: (machine) => `it is ${effectiveState(machine)}`,
  },
  {
    reason: 'CAPABILITY_MISSING',
    title: 'the provider can do the steps',
    check: (_, machine, starting) => refuseCapabilities(machine, starting),
    passed: (machine) => `provider "${machine.spec.provider}" has what the steps need`,
  },
  {
    reason: 'NEEDS_INTERVENTION',
    title: 'nobody has to look at it first',
    check: (_, machine, starting) => refuseIntervention(machine, starting),
    passed: (machine) =>
      findCondition(machine.conditions, 'NeedsIntervention')?.status === true
        ? 'it needs intervention, which is acknowledged'
        : 'it needs no intervention',
  },
  {
    reason: 'CONTROL_PLANE',
    title: 'its cluster can do without it',
    check: (_, machine, starting) => refuseLossOfMajority(machine, starting),
    passed: (machine, { controlPlane }) => {
      if (controlPlane === null) return 'it is of no control plane';
      const serves = effectiveState(machine) === 'IN_SERVICE';
      return `${controlPlaneText(machine.id, controlPlane)}${serves ? '' : '; it is not in service itself'}`;
    },
    warning: (machine, starting) => lossOfMajority(machine, starting),
  },
];

/** What is lost with the machine, where that is the majority of a control plane that it serves; null where it is not. */
function lossOfMajority(machine: Machine, { controlPlane }: Starting): string | null {
  if (controlPlane === null || effectiveState(machine) !== 'IN_SERVICE' || hasMajority(controlPlane)) return null;
  return `${controlPlaneText(machine.id, controlPlane)}: without it there is no majority`;
}

function refuseLossOfMajority(machine: Machine, starting: Starting): Refusal | null {
  const lost = lossOfMajority(machine, starting);
  if (lost === null || starting.acknowledgeCluster) return null;
  const cluster = starting.controlPlane?.cluster ?? '';
  const why = `${lost}; bring others into service first, or start with acknowledge_cluster`;
  return refuse('FAILED_PRECONDITION', 'CONTROL_PLANE', why, { machine_id: machine.id, cluster });
}

function refusePhase(machine: Machine): Refusal | null {
  const names = { machine_id: machine.id };
  if (machine.phase === 'RMA') {
    const why = `machine ${machine.id} awaits replacement (RMA); complete the RMA first`;
    return refuse('FAILED_PRECONDITION', 'IN_RMA', why, names);
  }
  if (machine.phase === 'RETIRED') {
    return refuse('FAILED_PRECONDITION', 'RETIRED', `machine ${machine.id} is retired; nothing runs on it`, names);
  }
  return null;
}

function refuseCapabilities(machine: Machine, command: Starting): Refusal | null {
  if (command.plan === null) return null;
  const provider = machine.spec.provider;
  const names = { machine_id: machine.id, provider };
  const has = command.capabilitiesOf(provider);
  if (has === null) {
    const why = `machine ${machine.id} names provider "${provider}", which this server does not have`;
    return refuse('FAILED_PRECONDITION', 'UNKNOWN_PROVIDER', why, names);
  }
  const missing = capabilitiesOf(command.plan).filter((capability) => !has.has(capability));
  if (missing.length === 0) return null;
  const why = `provider "${provider}" of machine ${machine.id} lacks ${missing.join(', ')}, which ${command.plan.id} needs`;
  return refuse('FAILED_PRECONDITION', 'CAPABILITY_MISSING', why, { ...names, missing: missing.join(',') });
}

function refuseIntervention(machine: Machine, command: Starting): Refusal | null {
  const condition = findCondition(machine.conditions, 'NeedsIntervention');
  const exempt = command.acknowledgeIntervention || command.planId === DEFAULT_PLANS.RMA;
  if (condition?.status !== true || exempt) return null;
  return refuse(
    'FAILED_PRECONDITION',
    'NEEDS_INTERVENTION',
    `machine ${machine.id} needs intervention: ${condition.message}; ` +
      'look into it, then resolve it or start with acknowledge_intervention',
    { machine_id: machine.id, condition_reason: condition.reason },
  );
}
