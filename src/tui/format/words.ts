import type { MachineStatus_Phase as MachinePhase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_PhaseSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run_Phase as RunPhase } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_PhaseSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';

/** A machine's phase as the contract spells it: `IN_SERVICE`; `PHASE_9` for one that this program does not know. */
export function machinePhaseWord(phase: MachinePhase): string {
  return MachineStatus_PhaseSchema.value[phase]?.name ?? `PHASE_${phase}`;
}

/** A run's phase as the contract spells it: `RUNNING`; `PHASE_9` for one that this program does not know. */
export function runPhaseWord(phase: RunPhase): string {
  return Run_PhaseSchema.value[phase]?.name ?? `PHASE_${phase}`;
}

/** The run id as people see it: its first 8 characters. */
export function shortRunId(runId: string): string {
  return runId.slice(0, 8);
}

const RUN_ID = /\b(run [0-9a-z]{8})[0-9a-z]{8}\b/g;

/** A sentence with the runs that it names as people see them: their whole ids would take what there is of a line. */
export function withShortRunIds(sentence: string): string {
  return sentence.replaceAll(RUN_ID, '$1');
}

/** The plan id without `plan/`, which says nothing among plans. */
export function planName(planId: string): string {
  return planId.startsWith('plan/') ? planId.slice('plan/'.length) : planId;
}

/** A text as a sentence begins. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `1 machine`, `3 machines`, `12,000 machines`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
