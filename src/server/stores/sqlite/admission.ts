import type { AdmissionLimit, AdmissionQueue, Placement, Scope } from '../../../core/domain/admission.ts';
import { queueOf, scopesOf } from '../../../core/domain/admission.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Connection, Database, SqlRow } from './database.ts';
import { int, text, textOrNull } from './rows.ts';

/** The most runs of which a queue tells. */
const MAX_QUEUED = 10_000;

/** Runs that nobody owns, with where their machines belong. */
const UNOWNED = `FROM runs JOIN machines USING (machine_id) WHERE owner IS NULL AND due_at IS NOT NULL`;

/** What leaves out the runs that wait for a place in a full scope; those that have their places pass. Takes the full scopes as JSON. */
const NOT_BLOCKED = `(slots IS NOT NULL OR NOT EXISTS (
  SELECT 1 FROM json_each(?) WHERE value IN ('cluster=' || cluster, 'provider=' || provider, 'rack=' || rack)))`;

/** The limits that hold. */
export function limitsOf(connection: Connection): readonly AdmissionLimit[] {
  return connection.all('SELECT kind, name, most FROM limits ORDER BY kind, name').map((row) => ({
    kind: text(row, 'kind') as AdmissionLimit['kind'],
    name: text(row, 'name'),
    most: int(row, 'most'),
  }));
}

/** Sets the limits and counts anew: runs that were claimed and have not let go of their machine have places. Inside a transaction. */
export function setLimits(database: Database, limits: readonly AdmissionLimit[]): void {
  database.run('DELETE FROM limits');
  database.run('DELETE FROM scopes');
  for (const { kind, name, most } of limits) database.run('INSERT INTO limits VALUES (?, ?, ?)', kind, name, most);
  const begun = database.all(
    `SELECT run_id, rack, provider, cluster FROM runs JOIN machines USING (machine_id)
     WHERE runs.fence > 0 AND (runs.phase IN ('PENDING', 'RUNNING') OR stopping = 1)`,
  );
  for (const row of begun) takeSlots(database, text(row, 'run_id'), scopesOf(limits, placementIn(row)));
}

/** Due runs that there is room for, with their places taken, oldest first. Inside a transaction. */
export function admitDue(database: Database, limit: number, now: Millis): readonly SqlRow[] {
  const limits = limitsOf(database);
  const admitted: SqlRow[] = [];
  for (;;) {
    const due = database.all(
      `SELECT run_id, machine_id, slots, rack, provider, cluster ${UNOWNED} AND due_at <= ? AND ${NOT_BLOCKED}
       ORDER BY due_at, created_at, run_id LIMIT ? OFFSET ?`,
      now,
      JSON.stringify(fullScopes(database)),
      limit - admitted.length,
      // They have no owner yet, and come first again.
      admitted.length,
    );
    let blocked = false;
    for (const row of due) {
      const scopes = textOrNull(row, 'slots') === null ? scopesOf(limits, placementIn(row)) : null;
      if (scopes !== null && !scopes.every((one) => hasRoom(database, one))) {
        blocked = true;
        continue;
      }
      if (scopes !== null) takeSlots(database, text(row, 'run_id'), scopes);
      admitted.push(row);
    }
    // Some scope has become full: others may be behind it.
    if (!blocked || admitted.length >= limit) return admitted;
  }
}

/** When the next run without an owner that there is room for is due, null where there is none. */
export function nextAdmissible(connection: Connection): Millis | null {
  const sql = `SELECT due_at ${UNOWNED} AND ${NOT_BLOCKED} ORDER BY due_at LIMIT 1`;
  const row = connection.get(sql, JSON.stringify(fullScopes(connection)));
  return row === null ? null : int(row, 'due_at');
}

/** Gives the places of a run back. Inside a transaction. */
export function giveBackSlots(database: Database, runId: string): void {
  const row = database.get('SELECT slots FROM runs WHERE run_id = ?', runId);
  const slots = row === null ? null : textOrNull(row, 'slots');
  if (slots === null) return;
  database.run('UPDATE scopes SET used = used - 1 WHERE scope IN (SELECT value FROM json_each(?))', slots);
  database.run('UPDATE runs SET slots = NULL WHERE run_id = ?', runId);
}

/** Who has places, and who waits for one. */
export function queueIn(connection: Connection, now: Millis): AdmissionQueue {
  const taken = connection.all('SELECT scope, most, used FROM scopes WHERE used > 0 ORDER BY scope').map((row) => ({
    scope: text(row, 'scope'),
    most: int(row, 'most'),
    used: int(row, 'used'),
  }));
  const waiting = connection.all(
    `SELECT run_id, slots, rack, provider, cluster ${UNOWNED} AND due_at <= ?
     ORDER BY due_at, created_at, run_id LIMIT ?`,
    now,
    MAX_QUEUED,
  );
  const queued = waiting.map((row) => ({
    runId: text(row, 'run_id'),
    placement: placementIn(row),
    placed: textOrNull(row, 'slots') !== null,
  }));
  return queueOf(limitsOf(connection), taken, queued);
}

function fullScopes(connection: Connection): readonly string[] {
  return connection.all('SELECT scope FROM scopes WHERE used >= most').map((row) => text(row, 'scope'));
}

function hasRoom(database: Database, { scope, most }: Scope): boolean {
  const row = database.get('SELECT used FROM scopes WHERE scope = ?', scope);
  return row === null || int(row, 'used') < most;
}

function takeSlots(database: Database, runId: string, scopes: readonly Scope[]): void {
  for (const { scope, most } of scopes) {
    const sql = 'INSERT INTO scopes VALUES (?, ?, 1) ON CONFLICT (scope) DO UPDATE SET used = used + 1';
    database.run(sql, scope, most);
  }
  database.run('UPDATE runs SET slots = ? WHERE run_id = ?', JSON.stringify(scopes.map(({ scope }) => scope)), runId);
}

function placementIn(row: SqlRow): Placement {
  return { cluster: text(row, 'cluster'), provider: text(row, 'provider'), rack: text(row, 'rack') };
}
