import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase as Phase } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { millis } from '../format/time.ts';
import { PersistentMap } from './persistent-map.ts';
import { compareNatural } from './sorted-ids.ts';

/** Finished runs that are kept in memory; beyond it those go of which nothing was told for longest. The server has them all. */
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
  readonly byId: PersistentMap<Run>;
  /** The newest known run of each machine. */
  readonly latestOf: PersistentMap<string>;
  /** The one that was asked for by its id last: it stays however many others there are, and says nothing of its machine's newest. */
  readonly asked: AskedRun | undefined;
  /** The machine that was asked about last of which the server says that it has had no run; empty: none. */
  readonly without: string;
  /** Those that have ended, in the order in which they were told of: one that was asked for because it is looked at is the last. */
  readonly finished: readonly string[];
  /** How many are under way. */
  readonly active: number;
  /** How many of those no server works on, because theirs has gone and none has taken them up yet. */
  readonly recovering: number;
}

/** What the run watch tells, in order. */
export type RunChange =
  | { readonly kind: 'reset' }
  | { readonly kind: 'present'; readonly run: Run }
  | { readonly kind: 'none'; readonly machineId: string }
  | ({ readonly kind: 'asked' } & AskedRun);

/** Nothing is known yet. */
export const noRuns: RunsState = {
  byId: PersistentMap.empty(),
  latestOf: PersistentMap.empty(),
  asked: undefined,
  without: '',
  finished: [],
  active: 0,
  recovering: 0,
};

/** Whether a run is under way. */
export function isActive(run: Run): boolean {
  return run.phase === Phase.PENDING || run.phase === Phase.RUNNING;
}

/** Whether a run waits for a server to take it up again. */
function isRecovering(run: Run): boolean {
  return isActive(run) && run.waitingFor?.kind === WaitingFor_Kind.RECOVERY;
}

/** The runs after some changes; the very same state where there are none. It costs what they change. */
export function applyRunChanges(state: RunsState, changes: readonly RunChange[]): RunsState {
  if (changes.length === 0) return state;
  const reset = changes.findLastIndex(({ kind }) => kind === 'reset');
  const before = reset < 0 ? state : noRuns;
  let { asked, without } = before;
  const told = new Map<string, Run>();
  for (const change of changes.slice(reset + 1)) {
    if (change.kind === 'present') {
      told.set(change.run.runId, change.run);
      if (change.run.machineId === without) without = '';
    } else if (change.kind === 'none') without = change.machineId;
    else if (change.kind === 'asked') asked = { runId: change.runId, run: change.run, problem: change.problem };
  }
  const come = [...told.values()];
  const gone = come.flatMap(({ runId }) => before.byId.get(runId) ?? []);
  const count = (was: number, counts: (run: Run) => boolean) =>
    was + come.filter(counts).length - gone.filter(counts).length;
  const ended = [
    ...before.finished.filter((runId) => !told.has(runId)),
    ...come.filter(isFinished).map(({ runId }) => runId),
  ];
  const excess = new Set(ended.slice(0, Math.max(0, ended.length - MAX_FINISHED_RUNS)));
  return {
    byId: before.byId.with([...told, ...Array.from(excess, (runId) => [runId, undefined] as const)]),
    latestOf: before.latestOf.with(newestOf(before, told, excess)),
    asked,
    without,
    finished: excess.size === 0 ? ended : ended.slice(excess.size),
    active: count(before.active, isActive),
    recovering: count(before.recovering, isRecovering),
  };
}

/** The runs that have come or changed since, the one that began first first. */
export function runsSince(runs: RunsState, before: RunsState): readonly Run[] {
  const changed = runs.byId.changedSince(before.byId).flatMap((runId) => runs.byId.get(runId) ?? []);
  return changed.sort((a, b) => startOf(a) - startOf(b) || compareNatural(a.runId, b.runId));
}

/** What becomes of the newest run of machines: another one, or none where it leaves. It is asked for when somebody looks there. */
function newestOf(
  { byId, latestOf }: RunsState,
  told: ReadonlyMap<string, Run>,
  leaving: ReadonlySet<string>,
): ReadonlyMap<string, string | undefined> {
  const newest = new Map<string, string | undefined>();
  const newestId = (machineId: string) => newest.get(machineId) ?? latestOf.get(machineId) ?? '';
  const runOf = (runId: string) => told.get(runId) ?? byId.get(runId);
  for (const run of told.values()) {
    const known = runOf(newestId(run.machineId));
    if (known === undefined || startOf(run) >= startOf(known)) newest.set(run.machineId, run.runId);
  }
  for (const runId of leaving) {
    const machineId = runOf(runId)?.machineId ?? '';
    if (newestId(machineId) === runId) newest.set(machineId, undefined);
  }
  return newest;
}

function isFinished(run: Run): boolean {
  return !isActive(run);
}

function startOf(run: Run): number {
  return millis(run.createdAt) ?? 0;
}
