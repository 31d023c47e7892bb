import type { Condition, Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';

/** A condition that is set on a machine; undefined where it is absent or cleared. */
export function conditionOf(machine: Machine, type: string): Condition | undefined {
  return machine.status?.conditions.find((condition) => condition.type === type && condition.status);
}

/** Whether somebody has to look at a machine: it needs intervention, or a call that has not returned holds it. */
export function needsAttention(machine: Machine): boolean {
  return conditionOf(machine, 'NeedsIntervention') !== undefined || (machine.status?.stoppingRunId ?? '') !== '';
}
