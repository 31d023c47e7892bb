import type { Plan } from '../../../core/domain/plan.ts';
import type { PlanAggregate, PlanMethod } from '../../../core/domain/plan-aggregate.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { PlanChange, PlanQuery } from '../../../core/ports/plan-store.ts';
import { planEventOf } from '../shared/plan-event.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { int, text } from './rows.ts';

/** Everything that decides about one plan. */
export function loadPlan(database: Database, planId: string, requestId: string, now: Millis): PlanAggregate {
  const head = database.get('SELECT * FROM plan_heads WHERE plan_id = ?', planId);
  return {
    planId,
    plan: head === null ? null : planVersion(database, planId, 0),
    lastVersion: head === null ? 0 : int(head, 'last_version'),
    request: requestOf(database, planId, requestId),
    revision: head === null ? 0 : int(head, 'revision'),
    lastEventAt: head === null ? 0 : int(head, 'last_event_at'),
    now,
  };
}

function requestOf(database: Database, planId: string, requestId: string): PlanAggregate['request'] {
  const row = database.get(
    `SELECT method, fingerprint, version, plan FROM plan_requests JOIN plans USING (plan_id, version)
     WHERE plan_id = ? AND request_id = ?`,
    planId,
    requestId,
  );
  if (row === null) return null;
  const [method, fingerprint, version] = [
    text(row, 'method') as PlanMethod,
    text(row, 'fingerprint'),
    int(row, 'version'),
  ];
  return { record: { requestId, method, fingerprint, version }, plan: parsePlan(text(row, 'plan')) };
}

/** Writes a change, or nothing. Inside a transaction. */
export function commitPlan(database: Database, change: PlanChange): 'ok' | 'conflict' {
  const { planId, plan, event, at, request } = change;
  const head = database.get('SELECT revision FROM plan_heads WHERE plan_id = ?', planId);
  if ((head === null ? 0 : int(head, 'revision')) !== change.expectedRevision) return 'conflict';
  if (request !== null) {
    const sql = 'SELECT 1 FROM plan_requests WHERE plan_id = ? AND request_id = ?';
    if (database.get(sql, planId, request.requestId) !== null) return 'conflict';
    const { requestId, method, fingerprint, version } = request;
    database.run('INSERT INTO plan_requests VALUES (?, ?, ?, ?, ?)', planId, requestId, method, fingerprint, version);
  }
  if (event === null) return 'ok';
  const insert = 'INSERT OR REPLACE INTO plan_heads VALUES (?, ?, ?, ?)';
  database.run(insert, planId, plan.version, change.expectedRevision + 1, at);
  if (event.kind === 'PLAN_CREATED') {
    const sql = 'INSERT INTO plans (plan_id, version, plan) VALUES (?, ?, ?)';
    database.run(sql, planId, plan.version, JSON.stringify(plan));
  } else {
    database.run('UPDATE plans SET deleted = 1 WHERE plan_id = ?', planId);
  }
  appendEvent(database, '', planEventOf(change, event), change.origin);
  return 'ok';
}

/** A version of a plan that was not deleted, 0 for the newest. */
export function planVersion(database: Database, planId: string, version: number): Plan | null {
  const row = database.get(
    `SELECT plan FROM plans WHERE plan_id = ?1 AND deleted = 0 AND (?2 = 0 OR version = ?2)
     ORDER BY version DESC LIMIT 1`,
    planId,
    version,
  );
  return row === null ? null : parsePlan(text(row, 'plan'));
}

/** A page of plans, by id. Deleting takes every version, so that what is not deleted is the newest or its elders since then. */
export function pageOfPlans(database: Database, { allVersions, limit, after }: PlanQuery): readonly Plan[] {
  const rows = database.all(
    `SELECT plan FROM plans AS one
     WHERE deleted = 0 AND (plan_id > ?1 OR (plan_id = ?1 AND version < ?2))
       AND (?3 OR version = (SELECT last_version FROM plan_heads WHERE plan_id = one.plan_id))
     ORDER BY plan_id, version DESC LIMIT ?4`,
    after?.id ?? '',
    allVersions ? (after?.version ?? 0) : 0,
    allVersions ? 1 : 0,
    limit,
  );
  return rows.map((row) => parsePlan(text(row, 'plan')));
}

/** Plans are written by this program alone, so what is read back has the type that was written. */
const parsePlan = (json: string): Plan => JSON.parse(json);
