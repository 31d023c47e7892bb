import { shortRunId } from '../tui/format/words.ts';
import type { Condition, Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { WaitingFor_Kind } from '../wire/gen/baremetal/v1/waiting_pb.ts';

/** The phase of a machine. */
export function phaseOf({ status }: Machine): MachineStatus_Phase {
  return status?.phase ?? MachineStatus_Phase.PHASE_UNSPECIFIED;
}

/** The condition of that type, where it is true. */
function trueCondition({ status }: Machine, type: string): Condition | undefined {
  return status?.conditions.find((condition) => condition.type === type && condition.status);
}

/** What an operator has to know of a machine beside its phase; empty where there is nothing. */
export function machineNote(machine: Machine): string {
  const held = machine.status?.stoppingRunId ?? '';
  if (held !== '') return `held: the call of run ${shortRunId(held)} has not returned`;
  if (machine.status?.waitingFor?.kind === WaitingFor_Kind.RECOVERY) return 'recovering';
  const intervention = trueCondition(machine, 'NeedsIntervention');
  if (intervention !== undefined) return `needs intervention: ${wordsOf(intervention)}`;
  const said = trueCondition(machine, 'RMA') ?? trueCondition(machine, 'OperatorMaintenance');
  return said === undefined ? '' : wordsOf(said);
}

function wordsOf({ message, reason }: Condition): string {
  return message === '' ? reason : message;
}
