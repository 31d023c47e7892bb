import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase as Phase } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { millis } from '../format/time.ts';

/** Finished runs that are kept in memory; beyond it the ones that finished first go. The server has them all. */
export const MAX_FINISHED_RUNS = 500;

/** What the server says of a run that was asked for by its id. */
export interface AskedRun {
  readonly runId: string;
  readonly run: Run | undefined;
  /** Why there is none, as a sentence; empty where there is one. */
  readonly problem: string;
}

/** The runs that the console knows: those under way, and finished ones that it has seen or asked for. */
export interface RunsState {
  readonly byId: ReadonlyMap<string, Run>;
  /** The newest known run of each machine. */
  readonly latestOf: ReadonlyMap<string, string>;
  /** The one that was asked for by its id last: it stays however many others there are, and says nothing of its machine's newest. */
  readonly asked: AskedRun | undefined;
  /** How many are under way. */
  readonly active: number;
  /** How many of those no server works on, because theirs has gone and none has taken them up yet. */
  readonly recovering: number;
}

/** What the run watch tells, in order. */
export type RunChange =
  | { readonly kind: 'reset' }
  | { readonly kind: 'present'; readonly run: Run }
  | ({ readonly kind: 'asked' } & AskedRun);

/** Nothing is known yet. */
export const noRuns: RunsState = { byId: new Map(), latestOf: new Map(), asked: undefined, active: 0, recovering: 0 };

/** Whether a run is under way. */
export function isActive(run: Run): boolean {
  return run.phase === Phase.PENDING || run.phase === Phase.RUNNING;
}

/** Whether a run waits for a server to take it up again. */
function isRecovering(run: Run): boolean {
  return isActive(run) && run.waitingFor?.kind === WaitingFor_Kind.RECOVERY;
}

/** The runs after some changes; the very same state where there are none. */
export function applyRunChanges(state: RunsState, changes: readonly RunChange[]): RunsState {
  if (changes.length === 0) return state;
  const byId = new Map(state.byId);
  const latestOf = new Map(state.latestOf);
  let { asked } = state;
  for (const change of changes) {
    if (change.kind === 'reset') {
      byId.clear();
      latestOf.clear();
      asked = undefined;
      continue;
    }
    if (change.kind === 'asked') {
      asked = { runId: change.runId, run: change.run, problem: change.problem };
      continue;
    }
    const { run } = change;
    byId.set(run.runId, run);
    const latest = byId.get(latestOf.get(run.machineId) ?? '');
    if (latest === undefined || startOf(run) >= startOf(latest)) latestOf.set(run.machineId, run.runId);
  }
  let active = 0;
  let recovering = 0;
  for (const run of byId.values()) {
    if (!isActive(run)) continue;
    active += 1;
    if (isRecovering(run)) recovering += 1;
  }
  if (byId.size - active > MAX_FINISHED_RUNS) dropOldest(byId, latestOf, byId.size - active - MAX_FINISHED_RUNS);
  return { byId, latestOf, asked, active, recovering };
}

function dropOldest(byId: Map<string, Run>, latestOf: Map<string, string>, excess: number): void {
  const finished = [...byId.values()].filter((run) => !isActive(run));
  finished.sort((a, b) => (millis(a.finishedAt) ?? 0) - (millis(b.finishedAt) ?? 0));
  for (const run of finished.slice(0, excess)) {
    byId.delete(run.runId);
    // It is asked for again when somebody looks at the machine.
    if (latestOf.get(run.machineId) === run.runId) latestOf.delete(run.machineId);
  }
}

function startOf(run: Run): number {
  return millis(run.createdAt) ?? 0;
}
