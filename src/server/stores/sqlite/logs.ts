import type { LogBatch, LogDraft, LogLine, ProgressChange } from '../../../core/ports/store.ts';
import { holds } from '../shared/lease.ts';
import type { LogBudget } from '../shared/log-gap.ts';
import { gapLine } from '../shared/log-gap.ts';
import { leaseOf } from './aggregates.ts';
import type { Database } from './database.ts';
import { bytes, int, intOrNull, parseProgress, text } from './rows.ts';

/** How much of a run's log there is: a head that stays, and a tail that moves on once the budget is used up. */
interface Size {
  last: number;
  headLines: number;
  headBytes: number;
  tailLines: number;
  tailBytes: number;
  /** The first line of the tail; null while nothing was dropped. */
  tailFrom: number | null;
}

const EMPTY: Size = { last: 0, headLines: 0, headBytes: 0, tailLines: 0, tailBytes: 0, tailFrom: null };

/** Writes batches and answers the runs whose batch was refused. Inside a transaction. */
export function appendBatches(
  database: Database,
  batches: readonly LogBatch[],
  budget: LogBudget,
  nextNumber: () => number,
): readonly string[] {
  const refused = new Set<string>();
  for (const batch of batches) {
    if (!holds(leaseOf(database, batch.runId), batch.owner, batch.fence)) {
      refused.add(batch.runId);
      continue;
    }
    if (batch.lines.length > 0) appendLines(database, batch.runId, batch.lines, budget);
    if (batch.progress !== null && !hasEnded(database, batch.runId)) {
      const sql =
        'INSERT INTO progress VALUES (?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET number = excluded.number, progress = excluded.progress';
      database.run(sql, batch.runId, nextNumber(), JSON.stringify(batch.progress));
    }
  }
  return [...refused];
}

function hasEnded(database: Database, runId: string): boolean {
  return database.get('SELECT 1 FROM runs WHERE run_id = ? AND finished_at IS NOT NULL', runId) !== null;
}

function appendLines(database: Database, runId: string, lines: readonly LogDraft[], budget: LogBudget): void {
  const size = sizeOf(database, runId);
  for (const line of lines) {
    size.last += 1;
    insertLine(database, runId, { ...line, sequence: size.last });
    const fits = size.headLines < budget.headLines && size.headBytes + line.data.length <= budget.headBytes;
    if (size.tailLines === 0 && size.tailFrom === null && fits) {
      size.headLines += 1;
      size.headBytes += line.data.length;
    } else {
      size.tailLines += 1;
      size.tailBytes += line.data.length;
    }
  }
  if (size.tailLines > budget.tailLines || size.tailBytes > budget.tailBytes) dropMiddle(database, runId, size, budget);
  database.run(
    `INSERT INTO log_sizes (run_id, last, head_lines, head_bytes, tail_lines, tail_bytes, tail_from)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run_id) DO UPDATE SET last = excluded.last, head_lines = excluded.head_lines,
       head_bytes = excluded.head_bytes, tail_lines = excluded.tail_lines, tail_bytes = excluded.tail_bytes,
       tail_from = excluded.tail_from`,
    runId,
    size.last,
    size.headLines,
    size.headBytes,
    size.tailLines,
    size.tailBytes,
    size.tailFrom,
  );
}

/** Drops the oldest lines of the tail until it fits again; one line in the gap says how many are gone. */
function dropMiddle(database: Database, runId: string, size: Size, budget: LogBudget): void {
  const first = size.tailFrom ?? size.headLines + 1;
  const rows = database.all(
    'SELECT sequence, at, step, attempt, length(data) AS size FROM logs WHERE run_id = ? AND sequence >= ? ORDER BY sequence',
    runId,
    first,
  );
  for (const row of rows) {
    const fits = size.tailLines <= budget.tailLines && size.tailBytes <= budget.tailBytes;
    // The newest line always stays, whatever the limits say: readers wait for the last number.
    if (fits || size.tailLines <= 1) break;
    size.tailLines -= 1;
    size.tailBytes -= int(row, 'size');
    size.tailFrom = int(row, 'sequence') + 1;
  }
  if (size.tailFrom === null) return;
  const last = size.tailFrom - 1;
  const row = rows.find((candidate) => int(candidate, 'sequence') === last);
  database.run('DELETE FROM logs WHERE run_id = ? AND sequence > ? AND sequence <= ?', runId, size.headLines, last);
  insertLine(
    database,
    runId,
    gapLine(last - size.headLines, {
      sequence: last,
      at: row === undefined ? 0 : int(row, 'at'),
      step: row === undefined ? '' : text(row, 'step'),
      attempt: row === undefined ? 0 : int(row, 'attempt'),
    }),
  );
}

function sizeOf(database: Database, runId: string): Size {
  const row = database.get('SELECT * FROM log_sizes WHERE run_id = ?', runId);
  if (row === null) return { ...EMPTY };
  return {
    last: int(row, 'last'),
    headLines: int(row, 'head_lines'),
    headBytes: int(row, 'head_bytes'),
    tailLines: int(row, 'tail_lines'),
    tailBytes: int(row, 'tail_bytes'),
    tailFrom: intOrNull(row, 'tail_from'),
  };
}

function insertLine(database: Database, runId: string, line: LogLine): void {
  const { sequence, at, stream, step, attempt, data } = line;
  database.run('INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?)', runId, sequence, at, stream, step, attempt, data);
}

/** Lines with a sequence above `after`; none of a log that was let go of. */
export function readLines(database: Database, runId: string, after: number, limit: number): readonly LogLine[] {
  if (database.get('SELECT 1 FROM log_sizes WHERE run_id = ?', runId) === null) return [];
  const sql = 'SELECT * FROM logs WHERE run_id = ? AND sequence > ? ORDER BY sequence LIMIT ?';
  return database.all(sql, runId, after, limit).map((row) => ({
    sequence: int(row, 'sequence'),
    at: int(row, 'at'),
    stream: text(row, 'stream') === 'stderr' ? 'stderr' : 'stdout',
    step: text(row, 'step'),
    attempt: int(row, 'attempt'),
    data: bytes(row, 'data'),
  }));
}

/** Progress that changed since a number. */
export function readProgress(
  database: Database,
  after: number,
): { readonly changes: readonly ProgressChange[]; readonly next: number } {
  const rows = database.all('SELECT * FROM progress WHERE number > ? ORDER BY number', after);
  const changes = rows.map((row) => ({ runId: text(row, 'run_id'), progress: parseProgress(text(row, 'progress')) }));
  const last = rows.at(-1);
  return { changes, next: last === undefined ? after : int(last, 'number') };
}

/** Lets go of a log: nobody sees it from now on, and its lines go with `dropSweptLines`. Inside a transaction. */
export function forgetLog(database: Database, runId: string): void {
  if (database.run('DELETE FROM log_sizes WHERE run_id = ?', runId) > 0) {
    database.run('INSERT INTO swept_logs VALUES (?)', runId);
  }
}

/** Drops lines of logs that were let go of, at most so many; true while there are more. Inside a transaction. */
export function dropSweptLines(database: Database, most: number): boolean {
  for (let left = most; ; ) {
    const row = database.get('SELECT run_id FROM swept_logs LIMIT 1');
    if (row === null) return false;
    if (left <= 0) return true;
    left -= dropLines(database, text(row, 'run_id'), left);
  }
}

/** Drops the first lines of a log, and the note of it with the last one. An empty log counts as one line. */
function dropLines(database: Database, runId: string, most: number): number {
  const sql = 'SELECT sequence FROM logs WHERE run_id = ? ORDER BY sequence LIMIT 1 OFFSET ?';
  const next = database.get(sql, runId, most);
  if (next !== null) {
    return database.run('DELETE FROM logs WHERE run_id = ? AND sequence < ?', runId, int(next, 'sequence'));
  }
  database.run('DELETE FROM swept_logs WHERE run_id = ?', runId);
  return Math.max(1, database.run('DELETE FROM logs WHERE run_id = ?', runId));
}
