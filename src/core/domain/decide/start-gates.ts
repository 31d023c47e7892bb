import type { Aggregate } from '../aggregate.ts';
import { findCondition } from '../condition.ts';
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
  readonly plan: Plan | null;
  readonly acknowledgeIntervention: boolean;
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
  readonly passed: (machine: Machine) => string;
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
];

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
