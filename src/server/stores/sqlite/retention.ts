import type { Run } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Keep, RetentionPolicy } from '../../../core/ports/retention.ts';
import { sweptRunOf } from '../shared/swept-run.ts';
import { foldIntoBaseline, forgetBaseline } from './baselines.ts';
import type { Database, SqlRow } from './database.ts';
import { lastSeq, sweptAt, sweptTo } from './events.ts';
import { dropSweptLines, forgetLog } from './logs.ts';
import { int, parseRun, text } from './rows.ts';

/** Rows that one step lets go of at most, so that no step holds up the writes beside it. */
const STEP = 40;

/** Lines of logs that one step lets go of at most. */
const LINES_STEP = 1_000;

const OLDEST_RUNS = `SELECT run_id, finished_at AS at, image FROM runs WHERE finished_at IS NOT NULL AND stopping = 0
  ORDER BY finished_at, run_id LIMIT ${STEP}`;

/** The newest log that is one too many. */
const ONE_TOO_MANY = `SELECT run_id, ended_at FROM log_sizes WHERE ended_at IS NOT NULL
  ORDER BY ended_at DESC, run_id DESC LIMIT 1 OFFSET ?`;

const OLDEST_LOGS = `SELECT run_id, ended_at FROM log_sizes WHERE ended_at IS NOT NULL
  ORDER BY ended_at, run_id LIMIT ${STEP}`;

const OLDEST_EVENTS = `SELECT seq, at, subject, machine_id, run_id, revision, kind, after FROM events
  ORDER BY seq LIMIT ${STEP}`;

/** What one step let go of. */
export interface Swept {
  /** Phases of the runs that went, one entry a run. */
  readonly runPhases: readonly string[];
  readonly more: boolean;
}

/** Lets go of what a policy does not keep, a little at a time. */
export class Retention {
  readonly #database: Database;
  /**
   * The newest log that is one too many, and goes with all before it. Looking for it reads as many entries as are to stay, so
   * that it is looked for once and kept until it is reached.
   */
  #logsUpTo: SqlRow | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * One step of each. Inside a transaction.
   *
   * @param finished how many runs have ended with nothing held: counting them here would read them all
   */
  step(policy: RetentionPolicy, now: Millis, finished: number): Swept {
    const runPhases = this.#sweepRuns(policy.runs, now, finished);
    const logs = this.#sweepLogs(policy.logs, now, finished);
    const events = this.#sweepEvents(policy.events, now);
    const lines = dropSweptLines(this.#database, LINES_STEP);
    return { runPhases, more: runPhases.length === STEP || logs === STEP || events === STEP || lines };
  }

  /** Runs that ended first go first; what remains of them answers their request id for good. */
  #sweepRuns(keep: Keep, now: Millis, finished: number): readonly string[] {
    if (keep.ageMs === null && (keep.count === null || finished <= keep.count)) return [];
    const rows = this.#database.all(OLDEST_RUNS);
    return excess(rows, keep, finished, now).map((row) => this.#sweepRun(parseRun(text(row, 'image'))));
  }

  #sweepRun(run: Run): string {
    const database = this.#database;
    const swept = JSON.stringify(sweptRunOf(run));
    const sql = 'UPDATE requests SET swept = ? WHERE machine_id = ? AND request_id = ?';
    database.run(sql, swept, run.machineId, run.requestId);
    forgetLog(database, run.id);
    const bound = database.get('DELETE FROM runs WHERE run_id = ? RETURNING bound_plan', run.id);
    forgetBaseline(database, run);
    if (bound !== null) this.#forgetPlan(int(bound, 'bound_plan'));
    return run.phase;
  }

  #forgetPlan(number: number): void {
    const sql =
      'DELETE FROM bound_plans WHERE bound_plan = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE bound_plan = ?1)';
    this.#database.run(sql, number);
  }

  #sweepLogs(keep: Keep, now: Millis, finished: number): number {
    // There are no more logs than runs.
    const many = keep.count !== null && finished > keep.count;
    if (many) this.#logsUpTo ??= this.#database.get(ONE_TOO_MANY, keep.count);
    if (this.#logsUpTo === null && keep.ageMs === null) return 0;
    const rows = this.#database.all(OLDEST_LOGS).filter((row) => {
      const isOld = keep.ageMs !== null && int(row, 'ended_at') < now - keep.ageMs;
      return isOld || isUpTo(row, this.#logsUpTo);
    });
    for (const row of rows) forgetLog(this.#database, text(row, 'run_id'));
    if (rows.length < STEP) this.#logsUpTo = null;
    return rows.length;
  }

  /** The oldest events go; the last image of each subject stays as the baseline from which the rest is folded. */
  #sweepEvents(keep: Keep, now: Millis): number {
    const database = this.#database;
    // Numbers have no gaps, so that the two ends count what lies between them.
    const kept = lastSeq(database) - sweptTo(database);
    if (keep.ageMs === null && (keep.count === null || kept <= keep.count)) return 0;
    const rows = excess(database.all(OLDEST_EVENTS), keep, kept, now);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    for (const row of rows) foldIntoBaseline(database, row);
    database.run('DELETE FROM events WHERE seq <= ?', int(last, 'seq'));
    const latest = rows.reduce((most, row) => Math.max(most, int(row, 'at')), sweptAt(database) ?? 0);
    const remember = "INSERT OR REPLACE INTO settings VALUES ('events_swept_to', ?), ('events_swept_at', ?)";
    database.run(remember, String(int(last, 'seq')), String(latest));
    return rows.length;
  }
}

function isUpTo(row: SqlRow, place: SqlRow | null): boolean {
  if (place === null) return false;
  const [at, end] = [int(row, 'ended_at'), int(place, 'ended_at')];
  // Ids are ASCII, whose order is the same everywhere.
  return at < end || (at === end && text(row, 'run_id') <= text(place, 'run_id'));
}

/** Of the oldest rows, those at the front that are too old or too many of `count`. Behind the first that stays, all stay. */
function excess(oldest: readonly SqlRow[], keep: Keep, count: number, now: Millis): readonly SqlRow[] {
  const tooMany = keep.count === null ? 0 : count - keep.count;
  const limit = keep.ageMs === null ? Number.NEGATIVE_INFINITY : now - keep.ageMs;
  const end = oldest.findIndex((row, at) => at >= tooMany && int(row, 'at') >= limit);
  return end === -1 ? oldest : oldest.slice(0, end);
}

/** Every statement that looks for what goes, for a test that looks at how each is carried out. */
export const RETENTION_STATEMENTS: readonly string[] = [OLDEST_RUNS, ONE_TOO_MANY, OLDEST_LOGS, OLDEST_EVENTS];
