import { isDeepStrictEqual } from 'node:util';
import { hasCondition } from '../../../core/domain/condition.ts';
import type { Identity, Machine } from '../../../core/domain/machine.ts';
import { identitiesOf, machineView } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import { isTerminal, runView } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';

/** What stands beside an image in its row, as the image says it should. */
export type Columns = Readonly<Record<string, string | number | boolean | null>>;

/** An event as checks look at it. */
export interface CheckedEvent {
  /** Empty for an event of the machine. */
  readonly runId: string;
  readonly kind: string;
  readonly revision: number;
  readonly at: Millis;
}

/** Everything that a store has of a run. */
export interface CheckedRun {
  readonly run: Run;
  readonly columns: Columns;
  /** What its events make of it; null where they tell nothing. */
  readonly folded: Run | null;
  readonly owner: string | null;
  readonly fence: number;
  readonly dueAt: Millis | null;
  /** Whether its request id is known to have started it. */
  readonly requested: boolean;
}

/** Everything that a store has under a machine's name. */
export interface CheckedMachine {
  readonly id: string;
  /** Null where it was deleted. */
  readonly machine: Machine | null;
  /** Null where there is no row. */
  readonly columns: Columns | null;
  /** What its events make of it; null where they tell nothing, or that it was deleted. */
  readonly folded: Machine | null;
  readonly fence: number;
  /** In the order of the log. */
  readonly events: readonly CheckedEvent[];
  /** Revisions in the baseline, by run id; the machine's own under the empty one. */
  readonly baselines: ReadonlyMap<string, number>;
  readonly runs: readonly CheckedRun[];
  readonly identities: readonly Identity[];
}

/** What is wrong with the count of places that are taken in a scope; null where it is as it must be. */
export function scopeFault(scope: string, used: number, held: number): string | null {
  return used === held ? null : `${scope}: ${used} places count as taken, and ${held} runs have one`;
}

/** What is wrong with a machine and its runs, a sentence each; none where all is as it must be. */
export function violationsOf(checked: CheckedMachine): readonly string[] {
  const ofMachine = [...stateFaults(checked), ...eventFaults(checked), ...identityFaults(checked)];
  const told = ofMachine.map((fault) => `machine ${checked.id}: ${fault}`);
  return [
    ...told,
    ...checked.runs.flatMap((run) => runFaults(checked, run).map((fault) => `run ${run.run.id}: ${fault}`)),
  ];
}

/** What the columns of a machine's row have to say. */
export function columnsOfMachine(machine: Machine): Columns {
  const { phase, effective_state, rack, provider, cluster } = machineView(machine);
  return {
    phase,
    effective_state,
    rack,
    provider,
    cluster,
    attention: hasCondition(machine.conditions, 'NeedsIntervention'),
    updated_at: machine.updatedAt,
    active_run_id: machine.activeRunId,
    stopping_run_id: machine.stoppingRunId,
  };
}

/** What the columns of a run's row have to say. */
export function columnsOfRun(run: Run): Columns {
  const { machine_id, phase, type, plan_id, initiated_by } = runView(run);
  return { machine_id, phase, type, plan_id, initiated_by, created_at: run.createdAt, stopping: run.stopping };
}

function stateFaults({ id, machine, columns, folded, runs }: CheckedMachine): readonly string[] {
  const faults: string[] = [];
  if (!isDeepStrictEqual(machine, folded))
    faults.push(`its state is not the fold of its events${whereDiffers(machine, folded)}`);
  if (machine !== null && machine.id !== id) faults.push(`its state is that of ${machine.id}`);
  if (machine !== null && columns !== null) faults.push(...columnFaults(columns, columnsOfMachine(machine)));
  const active = runs.filter(({ run }) => !isTerminal(run.phase)).map(({ run }) => run.id);
  const expected = machine?.activeRunId == null ? [] : [machine.activeRunId];
  if (!isDeepStrictEqual(active, expected)) {
    faults.push(`its active run is ${expected[0] ?? 'none'}, and its runs say ${active.join(', ') || 'none'}`);
  }
  const stopping = runs.filter(({ run }) => run.stopping).map(({ run }) => run.id);
  const held = machine?.stoppingRunId ?? null;
  if (machine !== null && (held === null ? stopping.length > 0 : !stopping.includes(held))) {
    faults.push(`it is held by ${held ?? 'no run'}, and its runs say ${stopping.join(', ') || 'none'}`);
  }
  return faults;
}

function eventFaults({ events, baselines }: CheckedMachine): readonly string[] {
  const faults: string[] = [];
  const revisions = new Map(baselines);
  let latest = Number.NEGATIVE_INFINITY;
  for (const { runId, kind, revision, at } of events) {
    const subject = runId === '' ? 'its events' : `the events of run ${runId}`;
    const before = revisions.get(runId) ?? 0;
    // A machine that is registered again after a deletion begins anew.
    const begins = kind === 'REGISTERED' || kind === 'ACCEPTED';
    if (begins ? revision !== 1 : revision !== before + 1) {
      faults.push(`${subject} go from ${before} to ${revision} at ${kind}`);
    }
    if (at < latest) faults.push(`${subject}: ${kind} ${revision} is before the event before it`);
    latest = Math.max(latest, at);
    revisions.set(runId, revision);
  }
  return faults;
}

function identityFaults({ machine, identities }: CheckedMachine): readonly string[] {
  const textOf = ({ kind, value }: Identity) => `${kind} ${value}`;
  const held = new Set(identities.map(textOf));
  const declared = new Set(identitiesOf(machine).map(textOf));
  return [
    ...[...declared].filter((one) => !held.has(one)).map((one) => `it declares ${one}, and does not hold it`),
    ...[...held].filter((one) => !declared.has(one)).map((one) => `it holds ${one}, and does not declare it`),
  ];
}

function runFaults({ fence }: CheckedMachine, checked: CheckedRun): readonly string[] {
  const { run, columns, folded, owner, dueAt, requested } = checked;
  const faults = [...columnFaults(columns, columnsOfRun(run))];
  if (!isDeepStrictEqual(run, folded))
    faults.push(`its state is not the fold of its events${whereDiffers(run, folded)}`);
  if (!requested) faults.push(`its request ${run.requestId} does not name it`);
  if (checked.fence > fence) faults.push(`its fence ${checked.fence} is above its machine's, ${fence}`);
  const hasLease = owner !== null || dueAt !== null;
  if (isTerminal(run.phase) && dueAt !== null) faults.push('it has ended, and is due');
  if (isTerminal(run.phase) && !run.stopping && hasLease)
    faults.push(`it has come to rest, and ${owner ?? 'nobody'} has it`);
  if (!isTerminal(run.phase) && dueAt === null && !isHeld(run)) faults.push('it has not ended, and is never due');
  return faults;
}

/** A step that waits for a person is due for nobody. */
function isHeld(run: Run): boolean {
  return run.steps[run.currentStep]?.heldSince != null;
}

function columnFaults(actual: Columns, expected: Columns): readonly string[] {
  return Object.entries(expected)
    .filter(([name, value]) => actual[name] !== value)
    .map(([name, value]) => `its column ${name} says ${String(actual[name])}, and its state ${String(value)}`);
}

/** The first field in which two states differ, for people. */
function whereDiffers(state: object | null, folded: object | null): string {
  if (state === null) return ': it was deleted, and they say it is there';
  if (folded === null) return ': they tell of none';
  const fields = new Set([...Object.keys(state), ...Object.keys(folded)]);
  const field = [...fields].find((name) => !isDeepStrictEqual(Reflect.get(state, name), Reflect.get(folded, name)));
  return field === undefined ? '' : `, in ${field}`;
}
