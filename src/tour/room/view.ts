import { type Machine, MachineStatus_PhaseSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { type Run, Run_PhaseSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { MachinePhaseName, RunPhaseName } from '../script/script.ts';

/** How the server can be reached. */
export type Link =
  /** It has not been started, or was stopped on purpose. */
  | { readonly kind: 'none' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'up' }
  /** It does not answer; `message` says why. */
  | { readonly kind: 'lost'; readonly message: string };

/** What is known of the machines and runs of a server. */
export interface RoomView {
  readonly link: Link;
  /** Counts how often everything began anew, because the server came back without its state. */
  readonly epoch: number;
  /** False until all that there is has come. */
  readonly complete: boolean;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly runs: ReadonlyMap<string, Run>;
  /** The phases of each machine since its last run was accepted, in order. */
  readonly trails: ReadonlyMap<string, readonly MachinePhaseName[]>;
}

/** Nothing is known yet. */
export const EMPTY_ROOM: RoomView = {
  link: { kind: 'none' },
  epoch: 0,
  complete: false,
  machines: new Map(),
  runs: new Map(),
  trails: new Map(),
};

/** The longest trail that is kept. */
const MAX_TRAIL = 16;

/** Finished runs that are kept; beyond it those that were heard of first go. */
const MAX_FINISHED = 2_000;

/** The view after an event of a machine. @param fresh a run was accepted with it, so its trail begins anew */
export function withMachine(view: RoomView, machine: Machine, fresh: boolean): RoomView {
  const machines = new Map(view.machines).set(machine.machineId, machine);
  const before = fresh ? [] : (view.trails.get(machine.machineId) ?? []);
  const phase = phaseOf(machine);
  if (!fresh && before.at(-1) === phase) return { ...view, machines };
  const trails = new Map(view.trails).set(machine.machineId, [...before, phase].slice(-MAX_TRAIL));
  return { ...view, machines, trails };
}

/** The view after a machine has gone. */
export function withoutMachine(view: RoomView, machineId: string): RoomView {
  const machines = new Map(view.machines);
  machines.delete(machineId);
  return { ...view, machines };
}

/** The view after an event of a run. */
export function withRun(view: RoomView, run: Run): RoomView {
  const runs = new Map(view.runs).set(run.runId, run);
  const finished = [...runs.values()].filter(hasEnded);
  for (const old of finished.slice(0, Math.max(0, finished.length - MAX_FINISHED))) runs.delete(old.runId);
  return { ...view, runs };
}

/** A machine's phase, as the contract spells it. */
export function phaseOf({ status }: Machine): MachinePhaseName {
  return (MachineStatus_PhaseSchema.value[status?.phase ?? 0]?.name ?? 'FACTORY_READY') as MachinePhaseName;
}

/** A run's phase, as the contract spells it. */
export function runPhaseOf({ phase }: Run): RunPhaseName {
  return (Run_PhaseSchema.value[phase]?.name ?? 'PENDING') as RunPhaseName;
}

/** Nothing more becomes of the run. */
export function hasEnded(run: Run): boolean {
  return ['SUCCEEDED', 'FAILED', 'CANCELED'].includes(runPhaseOf(run));
}

/** The machine's condition of that type, where it is set. */
export function conditionOf({ status }: Machine, type: string) {
  return status?.conditions.find((condition) => condition.type === type && condition.status);
}

/** The run id as people see it. */
export function shortId(runId: string): string {
  return runId.slice(0, 8);
}
