import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { EventKind } from '../../../core/domain/event.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Cursor, CursorFault, StoredEvent, Tail } from '../../../core/ports/store.ts';
import type { Queryable, SqlRow } from './database.ts';
import { bool, int, only, parseView, text, textOrNull } from './rows.ts';

/**
 * A place in the log: where an event stands. Transactions get their ids before they commit, so that a place is final only below
 * the oldest one that is still open: readers stop there, and never before an event that comes later.
 */
export interface Place {
  readonly epoch: number;
  /** The transaction that wrote it: a number that JavaScript may not be able to hold. */
  readonly xid: string;
  readonly number: number;
}

/** `p`, the tag of the log, and a place. */
const CURSOR = /^p([0-9a-f]{12})\.(\d{1,9})\.(\d{1,19})\.(\d{1,15})$/;

/** The log that a cursor was made for, and its place in it; null where it is none. */
export function readCursor(cursor: Cursor): { readonly tag: string; readonly place: Place } | null {
  const match = CURSOR.exec(cursor);
  if (match === null) return null;
  const [, tag = '', epoch, xid = '', number] = match;
  return { tag, place: { epoch: Number(epoch), xid, number: Number(number) } };
}

/** The cursor of a place. */
export function cursorOf(tag: string, { epoch, xid, number }: Place): Cursor {
  return `p${tag}.${epoch}.${xid}.${number}`;
}

/** The place in a row that has `epoch`, `xid` as text, and `number`. */
export function placeOf(row: SqlRow): Place {
  return { epoch: int(row, 'epoch'), xid: text(row, 'xid'), number: int(row, 'number') };
}

/** From here on the log `l` is not final. Compared as a row, so that the index is asked with it. */
export const OPEN_FROM = '(l.epoch, pg_snapshot_xmin(pg_current_snapshot()))';

/** The columns of an event `e`. */
export const EVENT_COLUMNS = `e.epoch, e.xid::text AS xid, e.number, e.machine_id, e.run_id, e.subject, e.kind, e.revision,
  e.at, e.actor, e.peer, e.request_id, e.method, e.server, e.reason, e.message, e.before, e.after`;

/** Whether the newest event is above there; asked for so, because an index gives the newest without a look at the others. */
const NEWEST = `(
    SELECT (e.epoch, e.xid) >= ${OPEN_FROM} AS held_back FROM bmdemo.events AS e
    ORDER BY e.epoch DESC, e.xid DESC, e.number DESC LIMIT 1
  ) AS newest`;

/** Whether a place, as values $1 to $3, is gone, or was never given: the database was put back to an earlier time. */
const EXPIRED = `(($1::integer, $2::xid8, $3::bigint) < (l.swept_epoch, l.swept_xid, l.swept_number)
    OR ($1::integer, $2::xid8) >= (l.epoch, pg_snapshot_xmax(pg_current_snapshot())))`;

/** Always gives a row, which says what log it is and whether the place is still there; beside it the events, if any. */
const TAIL = `
  SELECT l.tag, ${EXPIRED} AS expired, newest.held_back, e.*
  FROM bmdemo.event_log AS l
  LEFT JOIN LATERAL ${NEWEST} ON true
  LEFT JOIN LATERAL (
    SELECT ${EVENT_COLUMNS} FROM bmdemo.events AS e
    WHERE (e.epoch, e.xid, e.number) > ($1::integer, $2::xid8, $3::bigint) AND (e.epoch, e.xid) < ${OPEN_FROM}
    ORDER BY e.epoch, e.xid, e.number
    LIMIT $4
  ) AS e ON true`;

const HEAD = `
  SELECT l.tag, coalesce(e.epoch, l.swept_epoch) AS epoch, coalesce(e.xid, l.swept_xid)::text AS xid,
    coalesce(e.number, l.swept_number) AS number, newest.held_back
  FROM bmdemo.event_log AS l
  LEFT JOIN LATERAL ${NEWEST} ON true
  LEFT JOIN LATERAL (
    SELECT e.epoch, e.xid, e.number FROM bmdemo.events AS e
    WHERE (e.epoch, e.xid) < ${OPEN_FROM}
    ORDER BY e.epoch DESC, e.xid DESC, e.number DESC LIMIT 1
  ) AS e ON true`;

/** Something that was read, and whether there is more of it that has to wait until older transactions are over. */
export interface HeldBack {
  readonly heldBack: boolean;
}

/** The waits of a reader for transactions that are about to end, in milliseconds: most last no longer than a round trip. */
const WAITS_MS = [1, 2, 4, 8, 16, 32, 40];

/** Reads, and again for as long as it is not enough and older transactions may be about to end; at most a tenth of a second. */
export async function untilSettled<T extends HeldBack>(
  clock: Clock,
  read: () => Promise<T>,
  enough: (found: T) => boolean = () => false,
): Promise<T> {
  for (const ms of WAITS_MS) {
    const found = await read();
    if (!found.heldBack || enough(found)) return found;
    await new Promise<void>((resolve) => clock.after(ms, resolve));
  }
  return read();
}

/** Where the log ends, as one transaction sees it. */
export interface Head extends HeldBack {
  readonly cursor: Cursor;
}

/** Where the log ends now, as this transaction sees it. */
export async function headOfLog(database: Queryable): Promise<Head> {
  const row = only(await database.query({ text: HEAD, prepare: true }));
  return { cursor: cursorOf(text(row, 'tag'), placeOf(row)), heldBack: bool(row, 'held_back') };
}

/** A piece of the log, as one transaction sees it. */
export interface TailRead extends HeldBack {
  readonly tail: Tail | CursorFault;
}

/** Events after a cursor, oldest first. What is held back makes the log go on, as long as something else comes before it. */
export async function readTail(database: Queryable, after: Cursor, limit: number): Promise<TailRead> {
  const from = readCursor(after);
  if (from === null) return { tail: { kind: 'malformed' }, heldBack: false };
  const { epoch, xid, number } = from.place;
  const rows = await database.query({ text: TAIL, values: [epoch, xid, number, limit + 1], prepare: true });
  const first = only(rows);
  const heldBack = bool(first, 'held_back');
  const tag = text(first, 'tag');
  if (tag !== from.tag || bool(first, 'expired')) return { tail: { kind: 'expired' }, heldBack };
  const found = rows.filter((row) => row.number !== null);
  const events = found.slice(0, limit).map((row) => eventOf(tag, row));
  const caughtUp = found.length <= limit && (events.length === 0 || !heldBack);
  return { tail: { events, cursor: events.at(-1)?.cursor ?? after, caughtUp }, heldBack };
}

/** An event from a row with its columns. */
export function eventOf(tag: string, row: SqlRow): StoredEvent {
  const subject = text(row, 'subject') as StoredEvent['subject'];
  const before = textOrNull(row, 'before');
  return {
    cursor: cursorOf(tag, placeOf(row)),
    machineId: text(row, 'machine_id'),
    runId: text(row, 'run_id'),
    subject,
    kind: text(row, 'kind') as EventKind,
    revision: int(row, 'revision'),
    at: int(row, 'at'),
    actor: text(row, 'actor'),
    peer: text(row, 'peer'),
    requestId: text(row, 'request_id'),
    method: text(row, 'method'),
    server: text(row, 'server'),
    reason: text(row, 'reason'),
    message: text(row, 'message'),
    before: before === null ? null : parseView(before),
    // What is read back is what was written.
    after: JSON.parse(text(row, 'after')) as StoredEvent['after'],
  };
}

/** How long the oldest event that is committed has been waiting for older transactions, in milliseconds; 0 where none does. */
export async function lagOfLog(database: Queryable): Promise<number> {
  const rows = await database.query({
    text: `SELECT greatest(0, bmdemo.now_ms() - e.at) AS lag
           FROM bmdemo.event_log AS l CROSS JOIN LATERAL (
             SELECT e.at FROM bmdemo.events AS e WHERE (e.epoch, e.xid) >= ${OPEN_FROM}
             ORDER BY e.epoch, e.xid, e.number LIMIT 1
           ) AS e`,
  });
  return int(rows[0] ?? {}, 'lag');
}

/** The earliest time of which all is known: that of the latest event that is gone, or else when the log began. */
export async function earliestTime(database: Queryable): Promise<Millis> {
  const sql = 'SELECT coalesce(swept_at, began_at, 0) AS earliest FROM bmdemo.event_log';
  return int(only(await database.query({ text: sql })), 'earliest');
}

/**
 * Begins a new epoch where the database is not the one that the present epoch began in: it was restored from a dump or to an
 * earlier time, or a standby took over. Old places mean nothing there. Also where the log has transactions that this cluster has
 * not come to yet: new events would be sorted before them.
 */
export async function beginEpoch(client: pg.ClientBase): Promise<void> {
  const home = await homeOf(client);
  const { rowCount } = await client.query(
    `UPDATE bmdemo.event_log AS l SET epoch = epoch + 1, tag = $1, home = $2,
       began_at = coalesce(began_at, bmdemo.now_ms())
     WHERE home <> $2 OR EXISTS (
       SELECT 1 FROM bmdemo.events AS e
       WHERE (e.epoch, e.xid) >= (l.epoch, pg_snapshot_xmax(pg_current_snapshot())))`,
    [randomBytes(6).toString('hex'), home],
  );
  if (rowCount === 0) return;
  // Transaction ids of elsewhere are no order here. Progress comes again with the next that is told.
  await client.query("DELETE FROM bmdemo.progress; UPDATE bmdemo.log_sizes SET changed = '0' WHERE changed <> '0'");
}

/** Names cluster, timeline and database, as far as this user may ask for them. */
async function homeOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ database: string; system: boolean; timeline: boolean }>(
    `SELECT oid::text AS database, has_function_privilege('pg_catalog.pg_control_system()', 'execute') AS system,
       has_function_privilege('pg_catalog.pg_current_wal_insert_lsn()', 'execute') AND NOT pg_is_in_recovery() AS timeline
     FROM pg_database WHERE datname = current_database()`,
  );
  const [can] = rows;
  const ask = async (allowed: boolean | undefined, expression: string) => {
    if (allowed !== true) return '';
    const answer = await client.query<{ part: string }>(`SELECT ${expression} AS part`);
    return answer.rows[0]?.part ?? '';
  };
  const system = await ask(can?.system, '(SELECT system_identifier::text FROM pg_control_system())');
  const timeline = await ask(can?.timeline, 'left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)');
  return `${system}/${timeline}/${can?.database ?? ''}`;
}
