import type { Aggregate, RequestRecord } from '../../../core/domain/aggregate.ts';
import { hasCondition } from '../../../core/domain/condition.ts';
import type { Identity, Machine } from '../../../core/domain/machine.ts';
import { MACHINE_PHASES, machineView } from '../../../core/domain/machine.ts';
import type { PlannedRun, Run, RunView } from '../../../core/domain/run.ts';
import { isTerminal } from '../../../core/domain/run.ts';
import type { Change, CommitAllResult, CommitResult, Hint, Registration } from '../../../core/ports/store.ts';
import { hasComeToRest } from '../shared/swept-run.ts';
import type { Database, Queryable, SqlRow } from './database.ts';
import { jsonForSql } from './database.ts';
import { metAnotherWriter, StoreUnavailable } from './errors.ts';
import { Gather } from './gather.ts';
import type { Answer, GroupCommit } from './group-commit.ts';
import { commitAlone, goesWithOthers } from './group-commit.ts';
import type { BoundPlans } from './rows.ts';
import { digestOf, int, parseMachine, text, textOrNull } from './rows.ts';

/**
 * One statement, so that all of it is of one moment. The offset of nothing keeps the planner from joining whole tables: each row
 * is looked up by its key, however many are asked for.
 */
const LOAD = `
  SELECT loaded.*
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted(machine_id, run_id, request_id, place),
  LATERAL (
    SELECT bmdemo.now_ms() AS now, coalesce(a.revision, 0) AS revision, coalesce(a.last_event_at, 0) AS last_event_at,
      m.image, q.method, q.fingerprint, q.run_id AS request_run_id, r.images, r.plans
    FROM (SELECT wanted.machine_id COLLATE "C" AS machine_id) AS one
    LEFT JOIN bmdemo.aggregates AS a USING (machine_id)
    LEFT JOIN bmdemo.machines AS m USING (machine_id)
    LEFT JOIN bmdemo.requests AS q ON q.machine_id = one.machine_id AND q.request_id = wanted.request_id
    LEFT JOIN LATERAL (
      SELECT array_agg(image ORDER BY place) AS images, array_agg(bound_plan ORDER BY place) AS plans
      FROM (
        SELECT run_id, min(place) AS place
        FROM unnest(ARRAY[m.active_run_id, m.stopping_run_id, wanted.run_id]) WITH ORDINALITY AS named(run_id, place)
        GROUP BY run_id
      ) AS named
      JOIN bmdemo.runs USING (run_id)
      WHERE runs.machine_id = one.machine_id
    ) AS r ON true
    OFFSET 0
  ) AS loaded
  ORDER BY wanted.place`;

/** What is loaded with a machine: a run, and what a request did. */
interface Wanted {
  readonly machineId: string;
  readonly runId?: string;
  readonly requestId?: string;
}

/** Loads that are asked for together go together. */
type GroupLoad = Gather<Wanted, SqlRow>;

/** Makes the way by which the loads of one server go together. */
export function createGroupLoad(database: Database): GroupLoad {
  // No run and no request has an empty id.
  return new Gather((wanted) =>
    database.query({
      text: LOAD,
      values: [
        wanted.map(({ machineId }) => machineId),
        wanted.map(({ runId = '' }) => runId),
        wanted.map(({ requestId = '' }) => requestId),
      ],
      prepare: true,
    }),
  );
}

/** Everything that decides about one machine, at PostgreSQL's time. */
export async function loadAggregate(
  database: Database,
  group: GroupLoad,
  plans: BoundPlans,
  machineId: string,
  also: { readonly runId?: string; readonly requestId?: string } = {},
): Promise<Aggregate> {
  const row = await group.ask({ machineId, ...also });
  const image = textOrNull(row, 'image');
  return {
    machineId,
    machine: image === null ? null : parseMachine(image),
    runs: await plans.planned(database, runRows(row)),
    request: also.requestId === undefined ? null : requestOf(row, also.requestId),
    revision: int(row, 'revision'),
    lastEventAt: int(row, 'last_event_at'),
    now: int(row, 'now'),
  };
}

function runRows(row: SqlRow): readonly SqlRow[] {
  const { images, plans } = row;
  if (!Array.isArray(images) || !Array.isArray(plans)) return [];
  return images.map((image, at) => ({ image, bound_plan: Number(plans[at]) }));
}

function requestOf(row: SqlRow, requestId: string): RequestRecord | null {
  const method = textOrNull(row, 'method') as RequestRecord['method'] | null;
  if (method === null) return null;
  return { requestId, method, fingerprint: text(row, 'fingerprint'), runId: textOrNull(row, 'request_run_id') };
}

/** How a commit ended, and what may have changed by it. */
export interface Committed {
  readonly result: CommitResult;
  readonly hint: Hint;
}

/** Looked at again so often where a unique index kept a concurrent writer apart: then its write is seen by the checks. */
const MAX_MEETINGS = 5;

/** Writes a change, or nothing, in one round trip; with those of others where it may go with them. */
export async function commitChange(database: Database, group: GroupCommit, change: Change): Promise<Committed> {
  const json = jsonForSql(changeForSql(change));
  let alone = !goesWithOthers(change);
  for (let meetings = 0; ; meetings += 1) {
    try {
      const answer = alone ? await commitAlone(database, json, change.basis) : await group.ask(json);
      if (answer.kind !== 'busy') return committed(answer, change);
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

function committed(answer: Answer, change: Change): Committed {
  switch (answer.kind) {
    case 'ok': {
      const { revision, due, stop } = answer;
      const events = change.events.length > 0;
      return {
        result: { kind: 'ok', revision },
        hint: {
          ...(due || makesRoom(change) ? { due: true } : {}),
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
  const { machineId, expectedRevision, machine, events, origin, request, identities, guard, raiseFenceOf } = change;
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
