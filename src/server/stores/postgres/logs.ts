import type { LogBatch, LogLine, ProgressChange } from '../../../core/ports/store.ts';
import type { LogBudget } from '../shared/log-gap.ts';
import { gapLine } from '../shared/log-gap.ts';
import type { Database, SqlRow } from './database.ts';
import { jsonForSql } from './database.ts';
import type { HeldBack } from './events.ts';
import { bool, bytes, int, only, parseProgress, text } from './rows.ts';

/** What an append did. */
export interface Appended {
  /** Runs of which nothing was taken, each once. */
  readonly refused: readonly string[];
  /** Runs whose log has grown, each once. */
  readonly grown: readonly string[];
  readonly progress: boolean;
}

/** Writes batches in one round trip, durable when it resolves. */
export async function appendBatches(
  database: Database,
  batches: readonly LogBatch[],
  budget: LogBudget,
): Promise<Appended> {
  let start = 0;
  const data: Uint8Array[] = [];
  const sent = batches.map(({ runId, owner, fence, lines, progress }) => ({
    ...{ runId, owner, fence },
    progress: progress === null ? null : JSON.stringify(progress),
    lines: lines.map(({ at, stream, step, attempt, data: line }) => {
      const piece = { at, stream, step, attempt, start, length: line.byteLength };
      data.push(line);
      start += line.byteLength;
      return piece;
    }),
  }));
  const rows = await database.query({
    text: 'SELECT bmdemo.append_logs($1, $2, $3) AS appended',
    values: [jsonForSql(sent), Buffer.concat(data), JSON.stringify(budget)],
    prepare: true,
  });
  const { refused, grown, told } = only(rows).appended as {
    refused: string[];
    grown: string[];
    told: boolean;
  };
  return { refused: [...new Set(refused)], grown: [...new Set(grown)], progress: told };
}

/** Lines with a sequence above `after`; among them the one that stands for those that were dropped. */
export async function readLines(
  database: Database,
  runId: string,
  after: number,
  limit: number,
): Promise<readonly LogLine[]> {
  const rows = await database.query({
    text: `(SELECT sequence, at, stream, step, attempt, data, 0::bigint AS dropped FROM bmdemo.logs
              WHERE run_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3)
           UNION ALL
           SELECT gap_last, gap_at, 'stderr', gap_step, gap_attempt, ''::bytea, gap_lines FROM bmdemo.log_sizes
             WHERE run_id = $1 AND gap_last > $2 AND gap_lines > 0
           ORDER BY sequence LIMIT $3`,
    values: [runId, after, limit],
    prepare: true,
  });
  return rows.map(lineOf);
}

function lineOf(row: SqlRow): LogLine {
  const place = {
    sequence: int(row, 'sequence'),
    at: int(row, 'at'),
    step: text(row, 'step'),
    attempt: int(row, 'attempt'),
  };
  if (int(row, 'dropped') > 0) return gapLine(int(row, 'dropped'), place);
  return { ...place, stream: text(row, 'stream') === 'stderr' ? 'stderr' : 'stdout', data: bytes(row, 'data') };
}

/** Progress that was told since `after`. */
export interface ProgressRead extends HeldBack {
  readonly changes: readonly ProgressChange[];
  readonly next: number;
}

/** Progress by the transaction that told it. As with events, only what no late transaction can precede is read. */
export async function readProgress(database: Database, after: number): Promise<ProgressRead> {
  const rows = await database.query({
    text: `SELECT run_id, changed::text AS changed, progress,
             changed >= pg_snapshot_xmin(pg_current_snapshot()) AS held_back
           FROM bmdemo.progress WHERE changed > $1::text::xid8 ORDER BY changed, run_id`,
    values: [String(after)],
    prepare: true,
  });
  const final = rows.filter((row) => !bool(row, 'held_back'));
  const changes = final.map((row) => ({ runId: text(row, 'run_id'), progress: parseProgress(text(row, 'progress')) }));
  const last = final.at(-1);
  return {
    changes,
    next: last === undefined ? after : Number(text(last, 'changed')),
    heldBack: final.length < rows.length,
  };
}

/** Runs whose log has grown, and the transaction to ask with next time; what was told before may be told again. */
export async function grownSince(
  database: Database,
  after: string,
  limit: number,
): Promise<{ readonly runIds: readonly string[]; readonly next: string }> {
  const rows = await database.query({
    text: `SELECT now.xmin::text AS xmin, s.run_id, s.changed::text AS changed
           FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) AS now
           LEFT JOIN LATERAL (
             SELECT run_id, changed FROM bmdemo.log_sizes WHERE changed >= $1::xid8 ORDER BY changed LIMIT $2
           ) AS s ON true`,
    values: [after, limit],
    prepare: true,
  });
  const found = rows.filter((row) => row.run_id !== null);
  const full = found.length >= limit ? text(found.at(-1) ?? {}, 'changed') : null;
  return { runIds: found.map((row) => text(row, 'run_id')), next: full ?? text(rows[0] ?? {}, 'xmin') };
}

/** The oldest transaction that is open now: what is written from here on is found by it. */
export async function oldestOpen(database: Database): Promise<string> {
  const sql = 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin';
  return text(only(await database.query({ text: sql })), 'xmin');
}
