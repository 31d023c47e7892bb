import type { Millis } from '../../../core/domain/time.ts';
import type { Claim } from '../../../core/ports/store.ts';
import { admitDue, nextAdmissible } from './admission.ts';
import type { Database, SqlRow } from './database.ts';
import { int, text } from './rows.ts';

/** Gives due runs to an owner, each with the machine's next fence. Inside a transaction. */
export function claimDue(database: Database, owner: string, limit: number, now: Millis): readonly Claim[] {
  const due = hasLimits(database) ? admitDue(database, limit, now) : dueRuns(database, limit, now);
  return due.map((row) => take(database, text(row, 'run_id'), text(row, 'machine_id'), owner));
}

function dueRuns(database: Database, limit: number, now: Millis): readonly SqlRow[] {
  return database.all(
    `SELECT run_id, machine_id FROM runs WHERE owner IS NULL AND due_at IS NOT NULL AND due_at <= ?
     ORDER BY due_at, created_at, run_id LIMIT ?`,
    now,
    limit,
  );
}

function hasLimits(database: Database): boolean {
  return database.get('SELECT 1 FROM limits LIMIT 1') !== null;
}

/** Gives one run to an owner under its machine's next fence. */
function take(database: Database, runId: string, machineId: string, owner: string): Claim {
  const sql = 'UPDATE machines SET fence = fence + 1 WHERE machine_id = ? RETURNING fence';
  const raised = database.get(sql, machineId);
  const fence = raised === null ? 0 : int(raised, 'fence');
  database.run('UPDATE runs SET owner = ?, fence = ? WHERE run_id = ?', owner, fence, runId);
  return { runId, machineId, fence };
}

/** When the next run without an owner that could be taken is due, null where there is none. */
export function nextDueAt(database: Database): Millis | null {
  if (hasLimits(database)) return nextAdmissible(database);
  const row = database.get(
    'SELECT due_at FROM runs WHERE owner IS NULL AND due_at IS NOT NULL ORDER BY due_at LIMIT 1',
  );
  return row === null ? null : int(row, 'due_at');
}

/** Gives a run up; nothing happens unless owner and fence still stand. Inside a transaction. */
export function releaseClaim(database: Database, claim: Claim, owner: string): boolean {
  const sql = 'UPDATE runs SET owner = NULL WHERE run_id = ? AND owner = ? AND fence = ? AND stopping = 0';
  return database.run(sql, claim.runId, owner, claim.fence) > 0;
}

/** The runs of an owner, those that have ended while their call goes on among them. */
export function ownedRuns(database: Database, owner: string): readonly Claim[] {
  return database
    .all('SELECT run_id, machine_id, fence FROM runs WHERE owner = ?', owner)
    .map((row) => ({ runId: text(row, 'run_id'), machineId: text(row, 'machine_id'), fence: int(row, 'fence') }));
}

/** The ended runs of an owner whose call has not returned. */
export function stoppingRuns(database: Database, owner: string): readonly string[] {
  return database
    .all('SELECT run_id FROM runs WHERE owner = ? AND stopping = 1', owner)
    .map((row) => text(row, 'run_id'));
}

/**
 * Frees what other owners hold: they were servers that had this file before, and are gone. Runs that have ended come back as
 * claims. Inside a transaction.
 */
export function reapOthers(database: Database, owner: string): readonly Claim[] {
  const held = database.all('SELECT run_id, machine_id FROM runs WHERE stopping = 1 AND owner IS NOT ?', owner);
  const claims = held.map((row) => take(database, text(row, 'run_id'), text(row, 'machine_id'), owner));
  database.run('UPDATE runs SET owner = NULL WHERE owner <> ? AND stopping = 0', owner);
  return claims;
}
