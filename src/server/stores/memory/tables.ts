import type { RequestRecord } from '../../../core/domain/aggregate.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import type { PlannedRun } from '../../../core/domain/run.ts';
import { isTerminal } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { MachineOrder, RunOrder, SweptRun } from '../../../core/ports/store.ts';
import type { Lease } from '../shared/lease.ts';
import { MACHINE_SORT, RUN_SORT } from '../shared/sort.ts';
import type { RunLog } from './run-log.ts';
import type { IndexKey } from './sorted-index.ts';
import { SortedIndex } from './sorted-index.ts';
import { Tally } from './tally.ts';

/** Runs, in every order that a list may ask for. */
export type RunIndexes = Readonly<Record<RunOrder, SortedIndex<PlannedRun>>>;

/** What is kept under a machine's name. It outlives the machine: revision and fence never go back, request ids stay. */
export interface MachineRecord {
  readonly id: string;
  /** Null before it is registered and once it is deleted. */
  machine: Machine | null;
  revision: number;
  fence: number;
  lastEventAt: Millis;
  activeRunId: string | null;
  readonly requests: Map<string, RequestRecord>;
  /** Null before its first run. */
  runs: RunIndexes | null;
}

/** A run and what stands beside its state. The state itself is immutable: a change puts another in its place. */
export interface RunRecord {
  planned: PlannedRun;
  lease: Lease | null;
  /** Null before the first line. */
  log: RunLog | null;
}

/** All rows, and the one place where rows, their indexes and their numbers change together. */
export class Tables {
  readonly tally = new Tally();
  readonly machinesBy: Readonly<Record<MachineOrder, SortedIndex<Machine>>> = {
    machine_id: machineIndex('machine_id'),
    phase: machineIndex('phase'),
    rack: machineIndex('rack'),
    updated_at: machineIndex('updated_at'),
  };
  readonly runsBy: RunIndexes = runIndexes();
  /** Runs that have not ended, oldest first. */
  readonly activeRuns = runIndex('created_at');
  /** Ids of runs that have ended while their call goes on. */
  readonly stoppingRuns = new Set<string>();
  /** Identities that are held, by kind and value, and the machines that hold them. */
  readonly identities = new Map<string, string>();
  readonly #machines = new Map<string, MachineRecord>();
  readonly #runs = new Map<string, RunRecord>();
  readonly #swept = new Map<string, SweptRun>();

  /** What is kept under a machine's name, if there ever was one of that name. */
  machine(machineId: string): MachineRecord | undefined {
    return this.#machines.get(machineId);
  }

  /** The run of that id, unless it was swept. */
  run(runId: string): RunRecord | undefined {
    return this.#runs.get(runId);
  }

  /** What remains of a run that was swept. */
  sweptRun(runId: string): SweptRun | undefined {
    return this.#swept.get(runId);
  }

  /** The record under a machine's name, made where there is none. */
  recordOf(machineId: string): MachineRecord {
    let record = this.#machines.get(machineId);
    if (record === undefined) {
      record = {
        id: machineId,
        machine: null,
        revision: 0,
        fence: 0,
        lastEventAt: 0,
        activeRunId: null,
        requests: new Map(),
        runs: null,
      };
      this.#machines.set(machineId, record);
    }
    return record;
  }

  /** Puts a machine's next state in the place of the present one; null deletes it. */
  putMachine(record: MachineRecord, next: Machine | null): void {
    const old = record.machine;
    if (old === next) return;
    record.machine = next;
    this.tally.machine(old, -1);
    this.tally.machine(next, +1);
    for (const index of Object.values(this.machinesBy)) move(index, old, next);
  }

  /** Puts a run's next state in the place of the present one, or adds a new run; lease and log are left as they are. */
  putRun(machine: MachineRecord, next: PlannedRun): RunRecord {
    const { id, phase, stopping } = next.run;
    const record = this.#runs.get(id);
    const old = record?.planned ?? null;
    machine.runs ??= runIndexes();
    this.tally.run(old?.run ?? null, -1);
    this.tally.run(next.run, +1);
    for (const index of [...Object.values(this.runsBy), ...Object.values(machine.runs)]) move(index, old, next);
    if (!isTerminal(phase)) {
      machine.activeRunId = id;
      this.activeRuns.set(next);
    } else {
      if (machine.activeRunId === id) machine.activeRunId = null;
      this.activeRuns.delete(next);
    }
    if (stopping) this.stoppingRuns.add(id);
    else this.stoppingRuns.delete(id);
    if (record !== undefined) {
      record.planned = next;
      return record;
    }
    const added: RunRecord = { planned: next, lease: null, log: null };
    this.#runs.set(id, added);
    return added;
  }

  /** The runs that somebody works on, may work on, or is still held by, oldest first. */
  leased(): readonly RunRecord[] {
    const ids = [...this.activeRuns.rows().map(({ run }) => run.id), ...this.stoppingRuns];
    return ids.flatMap((id) => this.#runs.get(id) ?? []);
  }

  /** Takes a finished run out for good; `remains` is what its id goes on answering with. */
  sweepRun(planned: PlannedRun, remains: SweptRun): void {
    const machine = this.#machines.get(planned.run.machineId);
    this.tally.run(planned.run, -1);
    for (const index of Object.values(this.runsBy)) index.delete(planned);
    for (const index of Object.values(machine?.runs ?? {})) index.delete(planned);
    this.#runs.delete(planned.run.id);
    this.#swept.set(planned.run.id, remains);
  }
}

/** Made once: every machine with runs has indexes of its own. */
const RUN_KEYS: Readonly<Record<RunOrder, IndexKey<PlannedRun>>> = {
  created_at: runKey('created_at'),
  finished_at: runKey('finished_at'),
  machine_id: runKey('machine_id'),
};

function runKey(order: RunOrder): IndexKey<PlannedRun> {
  return { value: ({ run }) => RUN_SORT[order](run), id: ({ run }) => run.id };
}

function move<Row>(index: SortedIndex<Row>, old: Row | null, next: Row | null): void {
  if (old !== null && next !== null) index.replace(old, next);
  else if (old !== null) index.delete(old);
  else if (next !== null) index.set(next);
}

function runIndexes(): RunIndexes {
  return {
    created_at: runIndex('created_at'),
    finished_at: runIndex('finished_at'),
    machine_id: runIndex('machine_id'),
  };
}

/** Runs in one order, ties by id. */
export function runIndex(order: RunOrder): SortedIndex<PlannedRun> {
  return new SortedIndex(RUN_KEYS[order]);
}

/** Machines in one order, ties by id. */
export function machineIndex(order: MachineOrder): SortedIndex<Machine> {
  return new SortedIndex({ value: MACHINE_SORT[order], id: (machine) => machine.id });
}
