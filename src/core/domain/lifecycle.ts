import type { Condition, ConditionType } from './condition.ts';
import { clearCondition, hasCondition, setCondition } from './condition.ts';
import type { Machine, MachinePhase } from './machine.ts';
import type { PlanTraits } from './plan.ts';
import type { Millis } from './time.ts';

/** What can happen to a machine's phase, conditions and run. */
export type Happening =
  | 'RUN_ACCEPTED'
  | 'IMAGE_BEGUN'
  | 'IMAGE_DONE'
  | 'REPAVED_AND_JOINED'
  | 'REPAVED'
  | 'RUN_DONE'
  | 'RMA_MARKED'
  | 'RUN_FAILED'
  | 'RUN_CANCELED'
  | 'CALL_STOPPED'
  | 'INTERVENTION_RESOLVED'
  | 'MAINTENANCE_ENTERED'
  | 'MAINTENANCE_EXITED'
  | 'RMA_COMPLETED'
  | 'MACHINE_RETIRED';

/** Where the phase goes: a phase, the one before the run, the one that the conditions call for, or nowhere. */
type PhaseRule = MachinePhase | 'origin' | 'by-conditions' | 'stays';

/** One row of the table. */
interface Rule {
  readonly phase: PhaseRule;
  readonly sets: readonly ConditionType[];
  readonly clears: readonly ConditionType[];
  readonly run: 'assigned' | 'released' | 'kept';
  /** Where OperatorMaintenance is set, the phase is MAINTENANCE still. */
  readonly keepsOperatorMaintenance?: true;
}

const REPAVED_CLEARS = ['NeedsIntervention', 'OperationCanceled'] as const;

/** The machine's life, one row a happening. */
export const LIFECYCLE: Readonly<Record<Happening, Rule>> = {
  RUN_ACCEPTED: { phase: 'PROVISIONING', sets: [], clears: [], run: 'assigned' },
  IMAGE_BEGUN: { phase: 'stays', sets: [], clears: ['Provisioned', 'InCustomerCluster'], run: 'kept' },
  IMAGE_DONE: { phase: 'READY', sets: ['Provisioned'], clears: [], run: 'kept' },
  REPAVED_AND_JOINED: {
    phase: 'IN_SERVICE',
    sets: ['InCustomerCluster'],
    clears: REPAVED_CLEARS,
    run: 'released',
    keepsOperatorMaintenance: true,
  },
  REPAVED: { phase: 'READY', sets: [], clears: REPAVED_CLEARS, run: 'released', keepsOperatorMaintenance: true },
  RUN_DONE: { phase: 'origin', sets: [], clears: [], run: 'released' },
  RMA_MARKED: { phase: 'RMA', sets: ['RMA'], clears: ['InCustomerCluster'], run: 'released' },
  RUN_FAILED: { phase: 'MAINTENANCE', sets: ['NeedsIntervention'], clears: [], run: 'released' },
  RUN_CANCELED: { phase: 'MAINTENANCE', sets: ['NeedsIntervention', 'OperationCanceled'], clears: [], run: 'released' },
  CALL_STOPPED: { phase: 'stays', sets: [], clears: [], run: 'kept' },
  INTERVENTION_RESOLVED: {
    phase: 'stays',
    sets: [],
    clears: ['NeedsIntervention', 'OperationCanceled'],
    run: 'kept',
  },
  MAINTENANCE_ENTERED: { phase: 'MAINTENANCE', sets: ['OperatorMaintenance'], clears: [], run: 'kept' },
  MAINTENANCE_EXITED: { phase: 'by-conditions', sets: [], clears: ['OperatorMaintenance'], run: 'kept' },
  RMA_COMPLETED: {
    phase: 'FACTORY_READY',
    sets: [],
    clears: ['RMA', 'Provisioned', 'NeedsIntervention'],
    run: 'kept',
  },
  MACHINE_RETIRED: { phase: 'RETIRED', sets: ['Retired'], clears: [], run: 'kept' },
};

/** Which happening the good end of a run is, by what its plan does. */
export function happeningOfSuccess(traits: PlanTraits): Happening {
  if (traits.marksRma) return 'RMA_MARKED';
  if (traits.repaves) return traits.joins ? 'REPAVED_AND_JOINED' : 'REPAVED';
  return 'RUN_DONE';
}

/** What a happening changes on a machine; absent fields stay as they are. */
export interface MachinePatch {
  readonly phase: MachinePhase;
  readonly conditions: readonly Condition[];
  readonly activeRunId: string | null;
  readonly stoppingRunId: string | null;
  readonly lastSeenAt: Millis | null;
}

/** What the table needs beside the machine. */
export interface HappeningContext {
  readonly now: Millis;
  /** CamelCase word and sentence for the conditions that are set or cleared. */
  readonly reason: string;
  readonly message: string;
  readonly runId?: string;
  readonly originPhase?: MachinePhase;
  /** The run that ends leaves a call behind that has not returned. */
  readonly held?: boolean;
  /** The hardware answered just now. */
  readonly seen?: boolean;
}

/** Applies one row of the table to a machine. */
export function happen(machine: Machine, happening: Happening, context: HappeningContext): MachinePatch {
  const rule = LIFECYCLE[happening];
  let conditions = machine.conditions;
  for (const type of rule.clears) conditions = clearCondition(conditions, type, context.reason, context.now);
  for (const type of rule.sets) {
    conditions = setCondition(conditions, type, context.reason, context.message, context.now);
  }
  return {
    phase: nextPhase(machine, rule, conditions, context),
    conditions,
    activeRunId: nextActiveRun(machine, rule, context),
    stoppingRunId: nextStoppingRun(machine, happening, context),
    lastSeenAt: context.seen === true ? context.now : machine.lastSeenAt,
  };
}

function nextPhase(
  machine: Machine,
  rule: Rule,
  conditions: readonly Condition[],
  context: HappeningContext,
): MachinePhase {
  if (rule.keepsOperatorMaintenance && hasCondition(conditions, 'OperatorMaintenance')) return 'MAINTENANCE';
  switch (rule.phase) {
    case 'stays':
      return machine.phase;
    case 'origin':
      return context.originPhase ?? machine.phase;
    case 'by-conditions':
      if (hasCondition(conditions, 'InCustomerCluster')) return 'IN_SERVICE';
      return hasCondition(conditions, 'Provisioned') ? 'READY' : 'FACTORY_READY';
    default:
      return rule.phase;
  }
}

function nextActiveRun(machine: Machine, rule: Rule, context: HappeningContext): string | null {
  switch (rule.run) {
    case 'assigned':
      return context.runId ?? machine.activeRunId;
    case 'released':
      return null;
    case 'kept':
      return machine.activeRunId;
  }
}

function nextStoppingRun(machine: Machine, happening: Happening, context: HappeningContext): string | null {
  if (happening === 'CALL_STOPPED') return null;
  return context.held === true && context.runId !== undefined ? context.runId : machine.stoppingRunId;
}
