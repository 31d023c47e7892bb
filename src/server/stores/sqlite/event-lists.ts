import type { EventView } from '../../../core/domain/event.ts';
import { matches, pinned } from '../../../core/domain/filter.ts';
import type { CursorFault, EventPage, EventQuery, EventRange } from '../../../core/ports/store.ts';
import { MAX_COUNTED, MAX_SCANNED } from '../shared/limits.ts';
import type { Connection, SqlRow, SqlValue } from './database.ts';
import type { EventLog } from './events.ts';
import { lastSeq, sweptTo } from './events.ts';
import { int, text } from './rows.ts';

/** Rows fetched at once; more are fetched until the page is full or enough was read. */
const FETCH = 256;

/** Events that are nearest to a time and looked at for their place in the log: the order of times is its order but for a clock that was set. */
const NEAREST = 2_000;

/** What filters look at; the rest of an event is read where it matches. */
const LOOKED_AT = 'seq, at, machine_id, run_id, plan_id, subject, kind, actor, request_id, method, server';

/** A page of the audit trail. */
export function pageOfEvents(connection: Connection, log: EventLog, query: EventQuery): EventPage | CursorFault {
  const found = scan(connection, log, query);
  if ('kind' in found) return found;
  const events = found.seqs.map((seq) => {
    const row = connection.get('SELECT * FROM events WHERE seq = ?', seq);
    if (row === null) throw new Error(`event ${seq} went while it was read`);
    return log.event(row);
  });
  return { events, next: found.next === null ? null : log.cursor(found.next), end: log.head() };
}

/** How many events match, up to 1000; -1 where there are more, or where too many that do not match would be read. */
export function countEvents(connection: Connection, log: EventLog, range: EventRange): number | CursorFault {
  const found = scan(connection, log, { ...range, descending: false, limit: MAX_COUNTED + 1 });
  if ('kind' in found) return found;
  return found.next === null && found.seqs.length <= MAX_COUNTED ? found.seqs.length : -1;
}

/** Numbers that lie strictly between two, and times from one to another. */
interface Window {
  readonly above: number;
  readonly below: number;
  readonly from: number;
  readonly to: number;
}

interface Found {
  readonly seqs: readonly number[];
  readonly next: number | null;
}

function scan(connection: Connection, log: EventLog, query: EventQuery): Found | CursorFault {
  const access = accessOf(query);
  const first = windowOf(connection, log, query, access);
  if ('kind' in first) return first;
  const sql = statement(access, query.descending);
  const seqs: number[] = [];
  let window = first;
  let last: number | null = null;
  let missed = 0;
  for (;;) {
    const rows = connection.all(sql, ...access.values, ...valuesOf(access, window));
    for (const row of rows) {
      if (seqs.length >= query.limit || missed >= MAX_SCANNED) return { seqs, next: last };
      last = int(row, 'seq');
      const at = int(row, 'at');
      if (at >= first.from && at <= first.to && matches(query.filter, viewOf(row))) seqs.push(last);
      else missed += 1;
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < FETCH) return { seqs, next: null };
    window = beyond(window, end, query.descending);
  }
}

/** Goes on behind a row. Within a window of times its rows have the order of their times, so that the index finds the place. */
function beyond(window: Window, row: SqlRow, descending: boolean): Window {
  const seq = int(row, 'seq');
  const at = int(row, 'at');
  return descending
    ? { ...window, below: seq, to: Math.min(window.to, at) }
    : { ...window, above: seq, from: Math.max(window.from, at) };
}

/** The index that serves a query. */
interface Access {
  readonly column: 'run_id' | 'machine_id' | 'request_id' | null;
  readonly values: readonly SqlValue[];
}

function accessOf({ filter }: EventRange): Access {
  for (const column of ['run_id', 'machine_id', 'request_id'] as const) {
    const value = pinned(filter, column);
    // Events of no run, and those of no request, have no index: they are most of them.
    if (value !== null && value !== '') return { column, values: [value] };
  }
  return { column: null, values: [] };
}

/** Whether rows of an access are sorted by time first: those of one machine are, and their numbers go with it. */
function isTimed({ column }: Access): boolean {
  return column === 'run_id' || column === 'machine_id';
}

function statement(access: Access, descending: boolean): string {
  const { column } = access;
  const direction = descending ? 'DESC' : 'ASC';
  const timed = isTimed(access);
  const conditions = [
    ...(column === null ? [] : [`${column} = ?`]),
    // What partial indexes are about has to be said, because a value is not known yet when a statement is prepared.
    ...(column === 'run_id' || column === 'request_id' ? [`${column} <> ''`] : []),
    ...(timed ? ['at >= ?', 'at <= ?'] : []),
    'seq > ?',
    'seq < ?',
  ];
  const order = timed ? `at ${direction}, seq ${direction}` : `seq ${direction}`;
  return `SELECT ${LOOKED_AT} FROM events WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${FETCH}`;
}

function valuesOf(access: Access, { above, below, from, to }: Window): readonly SqlValue[] {
  return isTimed(access) ? [from, to, above, below] : [above, below];
}

const FIRST_AFTER = `SELECT min(seq) AS seq FROM (SELECT seq FROM events WHERE at >= ? ORDER BY at, seq LIMIT ${NEAREST})`;
const LAST_BEFORE = `SELECT max(seq) AS seq FROM (SELECT seq FROM events WHERE at < ? ORDER BY at DESC, seq DESC LIMIT ${NEAREST})`;

/** The window of a range. A place that was passed is no mistake where the range ends there: there is no more. */
function windowOf(connection: Connection, log: EventLog, range: EventRange, access: Access): Window | CursorFault {
  const swept = sweptTo(connection);
  const after = range.after === null ? swept : log.place(range.after);
  if (typeof after !== 'number') return after;
  if (after < swept) return { kind: 'expired' };
  const before = range.before === null ? lastSeq(connection) + 1 : log.place(range.before);
  if (typeof before !== 'number') return before;
  const from = range.since ?? Number.MIN_SAFE_INTEGER;
  const to = range.until === null ? Number.MAX_SAFE_INTEGER : range.until - 1;
  const window = { above: after, below: before, from, to };
  return isTimed(access) ? window : narrowed(connection, window, range);
}

/** Leaves out what lies before or after the times that are asked for. */
function narrowed(connection: Connection, window: Window, { since, until }: EventRange): Window {
  let { above, below } = window;
  if (since !== null) {
    const first = connection.get(FIRST_AFTER, since)?.seq;
    above = typeof first === 'number' ? Math.max(above, first - 1) : below;
  }
  if (until !== null) {
    const last = connection.get(LAST_BEFORE, until)?.seq;
    below = typeof last === 'number' ? Math.min(below, last + 1) : above;
  }
  return { ...window, above, below };
}

function viewOf(row: SqlRow): EventView {
  return {
    machine_id: text(row, 'machine_id'),
    run_id: text(row, 'run_id'),
    plan_id: text(row, 'plan_id'),
    subject: text(row, 'subject') as EventView['subject'],
    kind: text(row, 'kind') as EventView['kind'],
    actor: text(row, 'actor'),
    request_id: text(row, 'request_id'),
    method: text(row, 'method'),
    server: text(row, 'server'),
  };
}

/** Every statement that lists of events can be, for a test that looks at how each is carried out. */
export function eventStatements(): readonly string[] {
  const columns: readonly Access['column'][] = ['run_id', 'machine_id', 'request_id', null];
  const lists = columns.flatMap((column) =>
    [false, true].map((descending) => statement({ column, values: [] }, descending)),
  );
  return [...lists, FIRST_AFTER, LAST_BEFORE];
}
