import type { Run } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Keep, RetentionPolicy } from '../../../core/ports/retention.ts';
import { sweptRunOf } from '../shared/swept-run.ts';
import type { Database, SqlRow } from './database.ts';
import { int, parseRun, text } from './rows.ts';

/** Rows that one step lets go of at most, so that no step holds up the writes beside it. */
const STEP = 200;

/** What one step let go of. */
export interface Swept {
  /** Phases of the runs that went, one entry a run. */
  readonly runPhases: readonly string[];
  readonly more: boolean;
}

/**
 * Lets go of a little of what the policy does not keep. Inside a transaction.
 *
 * @param finished how many runs have ended: counting them here would read them all
 */
export function sweepStep(database: Database, policy: RetentionPolicy, now: Millis, finished: number): Swept {
  const runPhases = sweepRuns(database, policy.runs, now, finished);
  const logs = sweepLogs(database, policy.logs, now);
  const events = sweepEvents(database, policy.events, now);
  return { runPhases, more: runPhases.length === STEP || logs === STEP || events === STEP };
}

/** Runs that ended first go first; what remains of them answers their request id for good. */
function sweepRuns(database: Database, keep: Keep, now: Millis, finished: number): readonly string[] {
  const oldest = `SELECT run_id, finished_at AS at, image FROM runs WHERE finished_at IS NOT NULL AND stopping = 0
                  ORDER BY finished_at, run_id LIMIT ${STEP}`;
  const rows = excess(database, oldest, keep, finished, now);
  return rows.map((row) => {
    const run: Run = parseRun(text(row, 'image'));
    const swept = JSON.stringify(sweptRunOf(run));
    const sql = 'UPDATE requests SET swept = ? WHERE machine_id = ? AND request_id = ?';
    database.run(sql, swept, run.machineId, run.requestId);
    forgetLog(database, run.id);
    const bound = database.get('DELETE FROM runs WHERE run_id = ? RETURNING bound_plan', run.id);
    database.run("DELETE FROM baselines WHERE subject = 'run' AND id = ?", run.id);
    if (bound !== null) forgetPlan(database, int(bound, 'bound_plan'));
    return run.phase;
  });
}

function forgetPlan(database: Database, number: number): void {
  const sql = 'DELETE FROM bound_plans WHERE bound_plan = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE bound_plan = ?1)';
  database.run(sql, number);
}

function sweepLogs(database: Database, keep: Keep, now: Millis): number {
  const oldest = `SELECT run_id, ended_at AS at FROM log_sizes WHERE ended_at IS NOT NULL
                  ORDER BY ended_at, run_id LIMIT ${STEP}`;
  const sql = 'SELECT count(*) AS n FROM log_sizes WHERE ended_at IS NOT NULL';
  const row = keep.count === null ? null : database.get(sql);
  const rows = excess(database, oldest, keep, row === null ? 0 : int(row, 'n'), now);
  for (const row of rows) forgetLog(database, text(row, 'run_id'));
  return rows.length;
}

function forgetLog(database: Database, runId: string): void {
  database.run('DELETE FROM logs WHERE run_id = ?', runId);
  database.run('DELETE FROM log_sizes WHERE run_id = ?', runId);
}

/** The oldest events go; the last image of each subject stays as the baseline from which the rest is folded. */
function sweepEvents(database: Database, keep: Keep, now: Millis): number {
  const oldest = `SELECT seq, at, subject, machine_id, run_id, revision, kind, after FROM events ORDER BY seq LIMIT ${STEP}`;
  // Numbers have no gaps, so that the two ends count what lies between them.
  const row = database.get(
    `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)
       - coalesce((SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'events_swept_to'), 0) AS n`,
  );
  const rows = excess(database, oldest, keep, row === null ? 0 : int(row, 'n'), now);
  const last = rows.at(-1);
  if (last === undefined) return 0;
  for (const row of rows) foldIntoBaseline(database, row);
  database.run('DELETE FROM events WHERE seq <= ?', int(last, 'seq'));
  const remember = "INSERT OR REPLACE INTO settings VALUES ('events_swept_to', ?), ('events_swept_at', ?)";
  database.run(remember, String(int(last, 'seq')), String(int(last, 'at')));
  return rows.length;
}

function foldIntoBaseline(database: Database, row: SqlRow): void {
  const subject = text(row, 'subject');
  const id = subject === 'run' ? text(row, 'run_id') : text(row, 'machine_id');
  if (subject === 'run' && database.get('SELECT 1 FROM runs WHERE run_id = ?', id) === null) return;
  if (text(row, 'kind') === 'DELETED') {
    database.run('DELETE FROM baselines WHERE subject = ? AND id = ?', subject, id);
    return;
  }
  database.run(
    'INSERT OR REPLACE INTO baselines (subject, id, machine_id, revision, at, kind, image) VALUES (?, ?, ?, ?, ?, ?, ?)',
    subject,
    id,
    text(row, 'machine_id'),
    int(row, 'revision'),
    int(row, 'at'),
    text(row, 'kind'),
    text(row, 'after'),
  );
}

/** The oldest rows that are too old or too many, at most one step of them; `oldest` gives each with its time as `at`. */
function excess(database: Database, oldest: string, keep: Keep, count: number, now: Millis): readonly SqlRow[] {
  const tooMany = keep.count === null ? 0 : count - keep.count;
  if (keep.ageMs === null && tooMany <= 0) return [];
  const limit = keep.ageMs === null ? Number.NEGATIVE_INFINITY : now - keep.ageMs;
  return database.all(oldest).filter((row, at) => at < tooMany || int(row, 'at') < limit);
}
