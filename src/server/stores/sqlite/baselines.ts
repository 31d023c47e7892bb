import type { Machine } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import { hasComeToRest } from '../shared/swept-run.ts';
import type { Connection, Database, SqlRow } from './database.ts';
import { int, parseMachine, parseRun, text } from './rows.ts';

/** Takes an event that goes as the state from which folding begins; each machine's and run's in the order of the log. Inside a transaction. */
export function foldIntoBaseline(database: Database, row: SqlRow): void {
  const subject = text(row, 'subject');
  if (subject === 'plan') return;
  const id = subject === 'run' ? text(row, 'run_id') : text(row, 'machine_id');
  if (isForgotten(database, row)) {
    database.run('DELETE FROM baselines WHERE subject = ? AND id = ?', subject, id);
    return;
  }
  database.run(
    'INSERT OR REPLACE INTO baselines (subject, id, machine_id, revision, at, image) VALUES (?, ?, ?, ?, ?, ?)',
    subject,
    id,
    text(row, 'machine_id'),
    int(row, 'revision'),
    int(row, 'at'),
    text(row, 'after'),
  );
}

/** A machine that was deleted, and a run that was swept once no later event tells of it. */
function isForgotten(database: Database, row: SqlRow): boolean {
  if (text(row, 'subject') === 'machine') return text(row, 'kind') === 'DELETED';
  const isSwept = database.get('SELECT 1 FROM runs WHERE run_id = ?', text(row, 'run_id')) === null;
  return isSwept && hasComeToRest(parseRun(text(row, 'after')));
}

/** Forgets a run that was swept, unless later events of it are kept. Inside a transaction. */
export function forgetBaseline(database: Database, run: Run): void {
  database.run("DELETE FROM baselines WHERE subject = 'run' AND id = ? AND revision = ?", run.id, run.revision);
}

/** The machine at the point where the log begins; null where there was none, or its events are all kept. */
export function machineBaseline(connection: Connection, machineId: string): Machine | null {
  const row = connection.get("SELECT image FROM baselines WHERE subject = 'machine' AND id = ?", machineId);
  return row === null ? null : parseMachine(text(row, 'image'));
}

/** As machineBaseline, for a run. */
export function runBaseline(connection: Connection, runId: string): Run | null {
  const row = connection.get("SELECT image FROM baselines WHERE subject = 'run' AND id = ?", runId);
  return row === null ? null : parseRun(text(row, 'image'));
}
