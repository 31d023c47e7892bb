import { MachineStatus_Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { StepStatus_State, StepStatus_StateSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Tone } from './paint.ts';

/** How a machine's phase is coloured. */
export function machineTone(phase: MachineStatus_Phase): Tone {
  switch (phase) {
    case MachineStatus_Phase.IN_SERVICE:
      return 'ok';
    case MachineStatus_Phase.PROVISIONING:
      return 'busy';
    case MachineStatus_Phase.MAINTENANCE:
      return 'warn';
    case MachineStatus_Phase.RMA:
      return 'error';
    case MachineStatus_Phase.RETIRED:
      return 'muted';
    default:
      return 'plain';
  }
}

/** How a step's state is coloured. */
export function stepTone(state: StepStatus_State): Tone {
  switch (state) {
    case StepStatus_State.SUCCEEDED:
      return 'ok';
    case StepStatus_State.FAILED:
      return 'error';
    case StepStatus_State.CANCELED:
      return 'warn';
    case StepStatus_State.RUNNING:
      return 'busy';
    default:
      return 'muted';
  }
}

/** A step's state as the contract spells it. */
export function stepStateWord(state: StepStatus_State): string {
  return StepStatus_StateSchema.value[state]?.name ?? `STATE_${state}`;
}
