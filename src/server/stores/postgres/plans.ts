import type { Plan } from '../../../core/domain/plan.ts';
import type { PlanAggregate, PlanMethod } from '../../../core/domain/plan-aggregate.ts';
import type { PlanChange, PlanQuery } from '../../../core/ports/plan-store.ts';
import { planEventOf } from '../shared/plan-event.ts';
import type { Database, Queryable, SqlRow, SqlValue } from './database.ts';
import { int, only, text } from './rows.ts';

/** One row, also of a plan that there never was; versions that are deleted are not its newest. */
const LOAD = `
  SELECT bmdemo.now_ms() AS now, coalesce(h.revision, 0) AS revision, coalesce(h.last_version, 0) AS last_version,
    coalesce(h.last_event_at, 0) AS last_event_at, r.method, r.fingerprint, r.version, answered.plan AS answered,
    (SELECT plan FROM bmdemo.plans WHERE plan_id = $1 AND NOT deleted ORDER BY version DESC LIMIT 1) AS newest
  FROM (SELECT $1::text AS plan_id) AS wanted
  LEFT JOIN bmdemo.plan_heads AS h USING (plan_id)
  LEFT JOIN bmdemo.plan_requests AS r ON r.plan_id = wanted.plan_id AND r.request_id = $2
  LEFT JOIN bmdemo.plans AS answered ON answered.plan_id = r.plan_id AND answered.version = r.version`;

/** Everything that decides about one plan. */
export async function loadPlan(database: Database, planId: string, requestId: string): Promise<PlanAggregate> {
  const row = only(await database.query({ text: LOAD, values: [planId, requestId] }));
  const newest = text(row, 'newest');
  return {
    planId,
    plan: newest === '' ? null : parsePlan(newest),
    lastVersion: int(row, 'last_version'),
    request: requestOf(row, requestId),
    revision: int(row, 'revision'),
    lastEventAt: int(row, 'last_event_at'),
    now: int(row, 'now'),
  };
}

function requestOf(row: SqlRow, requestId: string): PlanAggregate['request'] {
  const answered = text(row, 'answered');
  if (answered === '') return null;
  const method = text(row, 'method') as PlanMethod;
  const record = { requestId, method, fingerprint: text(row, 'fingerprint'), version: int(row, 'version') };
  return { record, plan: parsePlan(answered) };
}

/** Made where there is none, so that there is something to lock. */
const LOCK = [
  'INSERT INTO bmdemo.plan_heads VALUES ($1, 0, 0, 0) ON CONFLICT (plan_id) DO NOTHING',
  'SELECT revision FROM bmdemo.plan_heads WHERE plan_id = $1 FOR NO KEY UPDATE',
] as const;

const KEEP_REQUEST = `
  INSERT INTO bmdemo.plan_requests VALUES ($1, $2, $3, $4, $5) ON CONFLICT (plan_id, request_id) DO NOTHING
  RETURNING version`;

const APPEND = `
  INSERT INTO bmdemo.events (epoch, machine_id, run_id, plan_id, subject, kind, revision, rests, at, actor, peer,
      request_id, method, server, reason, message, before, after)
    SELECT epoch, '', '', $1, 'plan', $2, $3, false, $4, $5, $6, $7, $8, $9, $10, $11, NULL, $12
    FROM bmdemo.event_log`;

/** Writes a change, or nothing. */
export function commitPlan(database: Database, change: PlanChange): Promise<'ok' | 'conflict'> {
  return database.write(
    (transaction) => write(transaction, change),
    (result) => result === 'ok',
  );
}

async function write(transaction: Queryable, change: PlanChange): Promise<'ok' | 'conflict'> {
  const { planId, plan, event, at, request, origin } = change;
  const ask = (sql: string, ...values: readonly SqlValue[]) => transaction.query({ text: sql, values });
  await ask(LOCK[0], planId);
  if (int(only(await ask(LOCK[1], planId)), 'revision') !== change.expectedRevision) return 'conflict';
  if (request !== null) {
    const { requestId, method, fingerprint, version } = request;
    if ((await ask(KEEP_REQUEST, planId, requestId, method, fingerprint, version)).length === 0) return 'conflict';
  }
  if (event === null) return 'ok';
  const { kind, message, revision, after } = planEventOf(change, event);
  const move = 'UPDATE bmdemo.plan_heads SET last_version = $2, revision = $3, last_event_at = $4 WHERE plan_id = $1';
  await ask(move, planId, plan.version, revision, at);
  if (event.kind === 'PLAN_CREATED') {
    const insert = 'INSERT INTO bmdemo.plans (plan_id, version, plan) VALUES ($1, $2, $3)';
    await ask(insert, planId, plan.version, JSON.stringify(plan));
  } else {
    await ask('UPDATE bmdemo.plans SET deleted = true WHERE plan_id = $1', planId);
  }
  const { actor, peer, requestId, method, server, reason } = origin;
  const told = [actor, peer, requestId, method, server, reason, message, JSON.stringify(after)];
  await ask(APPEND, planId, kind, revision, at, ...told);
  return 'ok';
}

/** A version of a plan that was not deleted, 0 for the newest. */
export async function planVersion(database: Database, planId: string, version: number): Promise<Plan | null> {
  const [row] = await database.query({
    text: `SELECT plan FROM bmdemo.plans WHERE plan_id = $1 AND NOT deleted AND ($2 = 0 OR version = $2)
           ORDER BY version DESC LIMIT 1`,
    values: [planId, version],
  });
  return row === undefined ? null : parsePlan(text(row, 'plan'));
}

/** A page of plans, by id. */
export async function pageOfPlans(
  database: Database,
  { allVersions, limit, after }: PlanQuery,
): Promise<readonly Plan[]> {
  const rows = await database.query({
    text: `SELECT plan FROM bmdemo.plans AS one
           WHERE NOT deleted AND (plan_id > $1 OR (plan_id = $1 AND version < $2))
             AND ($3 OR version = (SELECT last_version FROM bmdemo.plan_heads WHERE plan_id = one.plan_id))
           ORDER BY plan_id, version DESC LIMIT $4`,
    values: [after?.id ?? '', allVersions ? (after?.version ?? 0) : 0, allVersions, limit],
  });
  return rows.map((row) => parsePlan(text(row, 'plan')));
}

/** Plans are written by this program alone, so what is read back has the type that was written. */
const parsePlan = (json: string): Plan => JSON.parse(json);
