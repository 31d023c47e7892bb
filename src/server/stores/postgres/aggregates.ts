import type { Aggregate, RequestRecord } from '../../../core/domain/aggregate.ts';
import { hasCondition } from '../../../core/domain/condition.ts';
import type { Identity, Machine } from '../../../core/domain/machine.ts';
import { MACHINE_PHASES, machineView } from '../../../core/domain/machine.ts';
import type { PlannedRun, Run, RunView } from '../../../core/domain/run.ts';
import { isTerminal } from '../../../core/domain/run.ts';
import type { Change, Claimed, CommitAllResult, CommitResult, Hint, Registration } from '../../../core/ports/store.ts';
import { hasComeToRest } from '../shared/swept-run.ts';
import { claimedOf } from './claimed.ts';
import type { Database, Queryable } from './database.ts';
import { jsonForSql } from './database.ts';
import { metAnotherWriter, StoreUnavailable } from './errors.ts';
import { Gather } from './gather.ts';
import type { Answer, GroupCommit } from './group-commit.ts';
import { commitAlone, goesWithOthers } from './group-commit.ts';
import type { BoundPlans } from './rows.ts';
import { digestOf, only, textOrNull } from './rows.ts';

/** What is loaded with a machine: a run, and what a request did. */
interface Wanted {
  readonly machineId: string;
  readonly runId?: string;
  readonly requestId?: string;
}

/** What decides about a machine, as bmdemo.load_aggregates tells it. */
interface LoadedRow {
  readonly now: number;
  readonly revision: number;
  readonly lastEventAt: number;
  readonly machine: Machine | null;
  /** The request that was asked for; null where it did nothing. */
  readonly method: RequestRecord['method'] | null;
  readonly fingerprint: string;
  readonly requestRunId: string | null;
  readonly runs: readonly { readonly image: Run; readonly boundPlan: number }[] | null;
}

/** Loads that are asked for together go together. */
type GroupLoad = Gather<Wanted, LoadedRow>;

/** Makes the way by which the loads of one server go together. */
export function createGroupLoad(database: Database): GroupLoad {
  // No run and no request has an empty id.
  return new Gather(async (wanted) => {
    const rows = await database.query({
      text: 'SELECT bmdemo.load_aggregates($1, $2, $3) AS loaded',
      values: [
        wanted.map(({ machineId }) => machineId),
        wanted.map(({ runId = '' }) => runId),
        wanted.map(({ requestId = '' }) => requestId),
      ],
      prepare: true,
    });
    return only(rows).loaded as readonly LoadedRow[];
  });
}

/** Everything that decides about one machine, at PostgreSQL's time. */
export async function loadAggregate(
  database: Database,
  group: GroupLoad,
  plans: BoundPlans,
  machineId: string,
  also: { readonly runId?: string; readonly requestId?: string } = {},
): Promise<Aggregate> {
  const { machine, revision, lastEventAt, now, runs, method, fingerprint, requestRunId } = await group.ask({
    machineId,
    ...also,
  });
  const { requestId } = also;
  return {
    machineId,
    machine,
    runs: await plans.bind(
      database,
      (runs ?? []).map(({ image, boundPlan }) => ({ run: image, boundPlan })),
    ),
    request:
      requestId === undefined || method === null ? null : { requestId, method, fingerprint, runId: requestRunId },
    revision,
    lastEventAt,
    now,
  };
}

/** How a commit ended, and what may have changed by it. */
export interface Committed {
  readonly result: CommitResult;
  readonly hint: Hint;
}

/** Looked at again so often where a unique index kept a concurrent writer apart: then its write is seen by the checks. */
const MAX_MEETINGS = 5;

/** Writes a change, or nothing, in one round trip; with those of others where it may go with them. */
export async function commitChange(
  database: Database,
  group: GroupCommit,
  plans: BoundPlans,
  change: Change,
): Promise<Committed> {
  const json = jsonForSql(changeForSql(change));
  let alone = !goesWithOthers(change);
  for (let meetings = 0; ; meetings += 1) {
    try {
      if (alone) return committed(await commitAlone(database, json, change.basis), change);
      const { answer, next } = await group.ask(json);
      if (answer.kind !== 'busy')
        return committed(answer, change, next === null ? [] : await claimedOf(database, plans, [next]));
      alone = true;
    } catch (error) {
      if (!metAnotherWriter(error) || meetings >= MAX_MEETINGS) throw error;
    }
  }
}

/** So many changes of a commit of several go to PostgreSQL in one statement: each answers well before it is given up. */
const CHANGES_A_STATEMENT = 500;

/** In the order of their ids, as everybody locks them who locks several. */
const LOCK_ALL = `
  SELECT 1 FROM bmdemo.aggregates WHERE machine_id = ANY ($1) ORDER BY machine_id FOR NO KEY UPDATE`;

/** First, so that what one machine gives up is free for another one that comes before it. */
const RELEASE_ALL = `
  DELETE FROM bmdemo.identities AS i
    USING jsonb_to_recordset($1::jsonb) AS r("machineId" text, kind text, value text)
    WHERE i.kind = r.kind AND i.value = r.value AND i.machine_id = r."machineId"`;

/** The runs of machines that move to another place, which bmdemo.move_lease changes as they come: in the order in which all lock several. */
const LOCK_MOVING = `
  SELECT 1 FROM bmdemo.leases WHERE run_id IN (
    SELECT unnest(ARRAY[m.active_run_id, m.stopping_run_id])
    FROM jsonb_to_recordset($1::jsonb) AS c("machineId" text, cluster text, provider text, rack text)
      JOIN bmdemo.machines AS m ON m.machine_id = c."machineId"
    WHERE (m.cluster, m.provider, m.rack) IS DISTINCT FROM (c.cluster, c.provider, c.rack)
  ) ORDER BY run_id FOR NO KEY UPDATE`;

const COMMIT_EACH = `
  SELECT bmdemo.commit_change(change) AS answer
  FROM (SELECT change FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS c(change, place) ORDER BY place) AS changes`;

/** Writes the changes of several machines in one transaction, or nothing. */
export async function commitAllChanges(database: Database, changes: readonly Registration[]): Promise<CommitAllResult> {
  const ordered = changes.toSorted((a, b) => (a.machineId < b.machineId ? -1 : 1));
  for (let meetings = 0; ; meetings += 1) {
    try {
      return await database.write(
        (transaction) => writeAll(transaction, ordered),
        (result) => result.kind === 'ok',
      );
    } catch (error) {
      if (!metAnotherWriter(error) || meetings >= MAX_MEETINGS) throw error;
    }
  }
}

async function writeAll(transaction: Queryable, changes: readonly Registration[]): Promise<CommitAllResult> {
  const released = changes.flatMap(({ machineId, identities }) =>
    identities.release.map(({ kind, value }) => ({ machineId, kind, value })),
  );
  await transaction.query({ text: LOCK_ALL, values: [changes.map(({ machineId }) => machineId)] });
  const places = changes.flatMap(({ machineId, machine }) => {
    if (machine === null) return [];
    const { cluster, provider, rack } = machineView(machine);
    return [{ machineId, cluster, provider, rack }];
  });
  await transaction.query({ text: LOCK_MOVING, values: [jsonForSql(places)] });
  if (released.length > 0) await transaction.query({ text: RELEASE_ALL, values: [jsonForSql(released)] });
  for (let at = 0; at < changes.length; at += CHANGES_A_STATEMENT) {
    const some = changes.slice(at, at + CHANGES_A_STATEMENT);
    const rows = await transaction.query({ text: COMMIT_EACH, values: [jsonForSql(some.map(changeForSql))] });
    for (const [index, change] of some.entries()) {
      const { result } = committed(rows[index]?.answer as Answer, change);
      if (result.kind !== 'ok') return { kind: 'refused', machineId: change.machineId, result };
    }
  }
  return { kind: 'ok' };
}

const HOLDERS = `
  SELECT i.machine_id
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted(kind, value, place)
  LEFT JOIN bmdemo.identities AS i USING (kind, value)
  ORDER BY wanted.place`;

/** The machines that hold these identities. */
export async function holdersOf(
  database: Database,
  identities: readonly Identity[],
): Promise<readonly (string | null)[]> {
  const values = [identities.map(({ kind }) => kind), identities.map(({ value }) => value)];
  return (await database.query({ text: HOLDERS, values })).map((row) => textOrNull(row, 'machine_id'));
}

function committed(answer: Answer, change: Change, [next]: readonly Claimed[] = []): Committed {
  switch (answer.kind) {
    case 'ok': {
      const { revision, due, stop, room = makesRoom(change) } = answer;
      const events = change.events.length > 0;
      return {
        result: { kind: 'ok', revision, ...(next === undefined ? {} : { next }) },
        hint: {
          ...(due || room ? { due: true } : {}),
          ...(stop ? { stop } : {}),
          ...(events ? { events } : {}),
        },
      };
    }
    case 'lapsed':
      throw new StoreUnavailable('the lease of this server has run out; no call may begin before it is renewed');
    default:
      return { result: answer, hint: {} };
  }
}

/** Whether what a run waits for may have come: another one is over, or its machine belongs elsewhere now. */
function makesRoom({ runs, machine }: Change): boolean {
  if (runs.length === 0) return (machine?.activeRunId ?? null) !== null;
  return runs.some(({ run }) => isTerminal(run.phase) && !run.stopping);
}

/** A change in the shape that bmdemo.commit_change reads. Images travel as text in JSON, so that nothing in them is touched. */
function changeForSql(change: Change): object {
  const { machineId, expectedRevision, machine, events, origin, request, identities, guard, raiseFenceOf, takesOver } =
    change;
  const touched = events.some((event) => event.subject === 'machine');
  const accepted = new Set(events.filter((event) => event.kind === 'ACCEPTED').map((event) => event.runId));
  return {
    machineId,
    expectedRevision,
    at: events.at(-1)?.at ?? null,
    machine: touched && machine !== null ? columnsOf(machine) : null,
    deletes: touched && machine === null,
    runs: change.runs.map((planned) => runForSql(planned, accepted.has(planned.run.id))),
    events: events.map(({ subject, kind, runId, revision, at, message, before, after }) => ({
      ...{ subject, kind, runId, revision, at, message },
      planId: subject === 'run' ? (after as Run).planId : '',
      rests: subject === 'run' && hasComeToRest(after as Run),
      before: before === null ? null : JSON.stringify(before),
      after: JSON.stringify(after),
    })),
    origin,
    request,
    take: identities.take,
    release: identities.release,
    guard,
    announces: events.some((event) => event.kind === 'ATTEMPT_STARTED'),
    raiseFenceOf,
    takesOver,
    tally: tallyOf(change),
  };
}

function columnsOf(machine: Machine): object {
  const view = machineView(machine);
  return {
    phase: view.phase,
    phaseRank: MACHINE_PHASES.indexOf(machine.phase),
    effectiveState: view.effective_state,
    rack: view.rack,
    provider: view.provider,
    cluster: view.cluster,
    attention: hasCondition(machine.conditions, 'NeedsIntervention'),
    updatedAt: machine.updatedAt,
    activeRunId: machine.activeRunId,
    stoppingRunId: machine.stoppingRunId,
    image: JSON.stringify(machine),
  };
}

/** Stands for the end of a run that has not ended: after every time. */
export const NO_END = Number.MAX_SAFE_INTEGER;

function runForSql({ run, plan }: PlannedRun, isNew: boolean): object {
  const { id, phase, type, planId, initiatedBy, createdAt, stopping } = run;
  const bound = isNew ? digestOf(plan) : null;
  return {
    ...{ id, isNew, phase, type, planId, initiatedBy, createdAt, stopping },
    ended: isTerminal(phase),
    endKey: run.finishedAt ?? NO_END,
    backOff: run.steps[run.currentStep]?.nextRetryAt ?? null,
    held: run.steps[run.currentStep]?.heldSince != null,
    image: JSON.stringify(run),
    ...(bound === null ? {} : { digest: bound.digest, plan: bound.json }),
  };
}

/** By how much the number of runs in each phase changes. */
function tallyOf(change: Change): readonly object[] {
  const moved = new Map<string, number>();
  const add = (phase: string, by: number) => moved.set(phase, (moved.get(phase) ?? 0) + by);
  for (const { subject, before, after } of change.events) {
    if (subject !== 'run') continue;
    if (before !== null) add((before as RunView).phase, -1);
    add((after as Run).phase, 1);
  }
  return [...moved].filter(([, runs]) => runs !== 0).map(([phase, runs]) => ({ phase, runs }));
}
