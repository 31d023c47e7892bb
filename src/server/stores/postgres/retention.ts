import type { Run } from '../../../core/domain/run.ts';
import type { Keep, RetentionPolicy } from '../../../core/ports/retention.ts';
import type { SweptRun } from '../../../core/ports/store.ts';
import { sweptRunOf } from '../shared/swept-run.ts';
import { NO_END } from './aggregates.ts';
import type { Database, SqlRow } from './database.ts';
import { jsonForSql } from './database.ts';
import { metAnotherWriter } from './errors.ts';
import type { Place } from './events.ts';
import { OPEN_FROM, placeOf } from './events.ts';
import { bool, int, only, parseRun, parseSwept, text } from './rows.ts';

/** Rows that one step lets go of at most, so that none holds up the writes beside it. */
const STEP = 200;
/** Lines of logs that one step lets go of at most. */
const LINES_STEP = 5_000;

/** What remains of a run that was swept, or null. */
export async function sweptRun(database: Database, runId: string): Promise<SweptRun | null> {
  const sql = 'SELECT swept FROM bmdemo.requests WHERE run_id = $1 AND swept IS NOT NULL';
  const [row] = await database.query({ text: sql, values: [runId] });
  return row === undefined ? null : parseSwept(text(row, 'swept'));
}

const NOWHERE: Place = { epoch: -1, xid: '0', number: 0 };

/**
 * Lets go of what a policy does not keep, a little at a time. Any number of servers may do so at once: each step finds what is
 * too much and how much it is in one statement, so that two that look at the same time take the same.
 */
export class Retention {
  readonly #database: Database;
  /** Up to here events are too many; looked up once and kept until it is reached, because that reads all that are to stay. */
  #excessEvents: Place | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One step of each kind; true while there is more. */
  async sweep(policy: RetentionPolicy): Promise<boolean> {
    const runs = await this.#sweepRuns(policy.runs);
    const logs = await this.#sweepLogs(policy.logs);
    const events = await this.#sweepEvents(policy.events);
    return runs || logs || events;
  }

  /** Runs that ended first go first; what remains of them answers their request id for good. */
  async #sweepRuns(keep: Keep): Promise<boolean> {
    if (keep.ageMs === null && keep.count === null) return false;
    const rows = await this.#database.query({
      text: `SELECT run_id, bound_plan, image FROM (
               SELECT run_id, bound_plan, image, end_key, row_number() OVER (ORDER BY end_key, run_id) AS place
               FROM bmdemo.runs WHERE end_key < ${NO_END} AND NOT stopping ORDER BY end_key, run_id LIMIT ${STEP}
             ) AS oldest
             WHERE end_key < bmdemo.now_ms() - $1::bigint
               OR place <= (SELECT coalesce(sum(runs), 0) FROM bmdemo.tallies
                              WHERE phase IN ('SUCCEEDED', 'FAILED', 'CANCELED'))
                         - (SELECT count(*) FROM bmdemo.leases WHERE due_at IS NULL) - $2::bigint`,
      values: [keep.ageMs, keep.count],
    });
    if (rows.length === 0) return false;
    if (await this.#dropLines(rows)) return true;
    const victims = rows.map((row) => {
      const run: Run = parseRun(text(row, 'image'));
      return { id: run.id, revision: run.revision, requestId: run.requestId, remains: JSON.stringify(sweptRunOf(run)) };
    });
    await this.#database.query({ text: 'SELECT bmdemo.sweep_runs($1)', values: [jsonForSql(victims)] });
    await this.#dropPlans([...new Set(rows.map((row) => int(row, 'bound_plan')))]);
    return rows.length === STEP;
  }

  /** Plans that no run is bound to any more. One that a new run takes up at this moment stays. */
  async #dropPlans(numbers: readonly number[]): Promise<void> {
    try {
      await this.#database.query({
        text: `DELETE FROM bmdemo.bound_plans AS b WHERE bound_plan = ANY ($1::bigint[])
                 AND NOT EXISTS (SELECT 1 FROM bmdemo.runs WHERE bound_plan = b.bound_plan)`,
        values: [numbers],
      });
    } catch (error) {
      if (!metAnotherWriter(error)) throw error;
    }
  }

  /** Logs of the runs that ended first. */
  async #sweepLogs(keep: Keep): Promise<boolean> {
    if (keep.ageMs === null && keep.count === null) return false;
    const rows = await this.#database.query({
      text: `SELECT run_id FROM (
               SELECT run_id, ended_at, row_number() OVER (ORDER BY ended_at, run_id) AS place
               FROM bmdemo.log_sizes WHERE ended_at IS NOT NULL ORDER BY ended_at, run_id LIMIT ${STEP}
             ) AS oldest
             WHERE ended_at < bmdemo.now_ms() - $1::bigint
               OR ($2::bigint IS NOT NULL AND
                   place <= (SELECT count(*) FROM bmdemo.log_sizes WHERE ended_at IS NOT NULL) - $2::bigint)`,
      values: [keep.ageMs, keep.count],
    });
    if (rows.length === 0) return false;
    if (await this.#dropLines(rows)) return true;
    const sql = 'DELETE FROM bmdemo.log_sizes WHERE run_id = ANY ($1::text[])';
    await this.#database.query({ text: sql, values: [rows.map((row) => text(row, 'run_id'))] });
    return rows.length === STEP;
  }

  /** Drops lines of these runs; true where one step was not enough. */
  async #dropLines(rows: readonly SqlRow[]): Promise<boolean> {
    const dropped = await this.#database.query({
      text: `WITH picked AS (
               SELECT run_id, sequence FROM bmdemo.logs WHERE run_id = ANY ($1::text[]) LIMIT ${LINES_STEP}
             ), gone AS (
               DELETE FROM bmdemo.logs AS l USING picked WHERE l.run_id = picked.run_id AND l.sequence = picked.sequence
               RETURNING 1
             ) SELECT count(*) AS n FROM gone`,
      values: [rows.map((row) => text(row, 'run_id'))],
    });
    return int(only(dropped), 'n') === LINES_STEP;
  }

  /** The oldest events, as far as no late transaction can come before the place up to which they go. */
  async #sweepEvents(keep: Keep): Promise<boolean> {
    if (keep.ageMs === null && keep.count === null) return false;
    if (keep.count !== null) this.#excessEvents ??= await this.#findExcess(keep.count);
    const { epoch, xid, number } = this.#excessEvents ?? NOWHERE;
    const rows = await this.#database.query({
      text: `SELECT e.epoch, e.xid::text AS xid, e.number,
               (e.epoch, e.xid, e.number) <= ($1::integer, $2::xid8, $3::bigint)
                 OR coalesce(e.at < bmdemo.now_ms() - $4::bigint, false) AS goes
             FROM bmdemo.event_log AS l JOIN bmdemo.events AS e
               ON (e.epoch, e.xid, e.number) > (l.swept_epoch, l.swept_xid, l.swept_number)
               AND (e.epoch, e.xid) < ${OPEN_FROM}
             ORDER BY e.epoch, e.xid, e.number LIMIT ${STEP}`,
      values: [epoch, xid, number, keep.ageMs],
    });
    const stays = rows.findIndex((row) => !bool(row, 'goes'));
    const last = rows[stays === -1 ? rows.length - 1 : stays - 1];
    if (stays !== -1 || rows.length < STEP) this.#excessEvents = null;
    if (last === undefined) return false;
    const to = placeOf(last);
    await this.#database.query({
      text: 'SELECT bmdemo.sweep_events($1, $2::xid8, $3)',
      values: [to.epoch, to.xid, to.number],
    });
    return stays === -1 && rows.length === STEP;
  }

  /** The last event that is too many; null where none is. Numbers have gaps, so that they can only tell that there is room. */
  async #findExcess(count: number): Promise<Place | null> {
    const span = await this.#database.query({
      text: `SELECT coalesce(
               (SELECT number FROM bmdemo.events ORDER BY epoch DESC, xid DESC, number DESC LIMIT 1)
               - (SELECT number FROM bmdemo.events ORDER BY epoch, xid, number LIMIT 1) + 1, 0) AS n`,
    });
    if (int(only(span), 'n') <= count) return null;
    const [row] = await this.#database.query({
      text: `SELECT e.epoch, e.xid::text AS xid, e.number FROM bmdemo.event_log AS l JOIN bmdemo.events AS e
               ON (e.epoch, e.xid) < ${OPEN_FROM}
             ORDER BY e.epoch DESC, e.xid DESC, e.number DESC OFFSET $1 LIMIT 1`,
      values: [count],
    });
    return row === undefined ? null : placeOf(row);
  }
}
