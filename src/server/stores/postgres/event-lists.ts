import type { EventView } from '../../../core/domain/event.ts';
import { matches, pinned } from '../../../core/domain/filter.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Cursor, CursorFault, EventPage, EventQuery, EventRange } from '../../../core/ports/store.ts';
import { MAX_COUNTED, MAX_SCANNED } from '../shared/limits.ts';
import type { Database, Queryable, SqlRow, SqlValue } from './database.ts';
import type { Place } from './events.ts';
import { cursorOf, EVENT_COLUMNS, eventOf, headOfLog, placeOf, readCursor } from './events.ts';
import { int, only, text } from './rows.ts';

/** Rows fetched at once; more are fetched until the page is full or enough was read. */
const FETCH = 512;

/** Events that are nearest to a time and looked at for their place in the log: the order of times is its order but for a clock that was set. */
const NEAREST = 2_000;

/** What filters look at; the rest of an event is read where it matches. */
const LOOKED_AT = `e.epoch, e.xid::text AS xid, e.number, e.at, e.machine_id, e.run_id, e.plan_id, e.subject, e.kind,
  e.actor, e.request_id, e.method, e.server`;

/** A page of the audit trail, all of it of one moment. */
export async function pageOfEvents(database: Database, query: EventQuery): Promise<EventPage | CursorFault> {
  const moment = await database.beginRead();
  try {
    const log = await logNow(moment);
    const found = await scan(moment, log, query);
    if ('kind' in found) return found;
    const events = (await eventsAt(moment, found.places)).map((row) => eventOf(log.tag, row));
    const next = found.next === null ? null : cursorOf(log.tag, found.next);
    const { cursor: end } = await headOfLog(moment);
    return { events: query.descending ? events.toReversed() : events, next, end };
  } finally {
    await moment.end();
  }
}

/** How many events match, up to 1000; -1 where there are more, or where too many that do not match would be read. */
export async function countEvents(database: Database, range: EventRange): Promise<number | CursorFault> {
  const moment = await database.beginRead();
  try {
    const found = await scan(moment, await logNow(moment), { ...range, descending: false, limit: MAX_COUNTED + 1 });
    if ('kind' in found) return found;
    return found.next === null && found.places.length <= MAX_COUNTED ? found.places.length : -1;
  } finally {
    await moment.end();
  }
}

/** The events at these places, oldest first. */
function eventsAt(moment: Queryable, places: readonly Place[]): Promise<readonly SqlRow[]> {
  return moment.query({
    text: `SELECT ${EVENT_COLUMNS}
           FROM unnest($1::integer[], $2::text[], $3::bigint[]) AS wanted(epoch, xid, number)
           JOIN bmdemo.events AS e ON e.epoch = wanted.epoch AND e.xid = wanted.xid::xid8 AND e.number = wanted.number
           ORDER BY e.epoch, e.xid, e.number`,
    values: [places.map(({ epoch }) => epoch), places.map(({ xid }) => xid), places.map(({ number }) => number)],
  });
}

/** The log at one moment. */
interface LogNow {
  readonly tag: string;
  /** Up to here it is gone. */
  readonly swept: Place;
  /** From here on it is not final. */
  readonly open: Place;
  /** From here on no place was given. */
  readonly end: Place;
}

async function logNow(moment: Queryable): Promise<LogNow> {
  const row = only(
    await moment.query({
      text: `SELECT tag, epoch, swept_epoch, swept_xid::text AS swept_xid, swept_number,
               pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, pg_snapshot_xmax(pg_current_snapshot())::text AS xmax
             FROM bmdemo.event_log`,
    }),
  );
  const epoch = int(row, 'epoch');
  return {
    tag: text(row, 'tag'),
    swept: { epoch: int(row, 'swept_epoch'), xid: text(row, 'swept_xid'), number: int(row, 'swept_number') },
    open: { epoch, xid: text(row, 'xmin'), number: 0 },
    end: { epoch, xid: text(row, 'xmax'), number: 0 },
  };
}

/** The place in a cursor, gone or not. */
function placeIn(log: LogNow, cursor: Cursor): Place | CursorFault {
  const read = readCursor(cursor);
  if (read === null) return { kind: 'malformed' };
  return read.tag !== log.tag || comparePlaces(read.place, log.end) >= 0 ? { kind: 'expired' } : read.place;
}

function comparePlaces(a: Place, b: Place): number {
  return a.epoch - b.epoch || Number(BigInt(a.xid) - BigInt(b.xid)) || a.number - b.number;
}

/** Places that lie strictly between two, and times from one to another. */
interface Window {
  readonly above: Place;
  readonly below: Place;
  readonly from: Millis;
  readonly to: Millis;
}

interface Found {
  readonly places: readonly Place[];
  readonly next: Place | null;
}

async function scan(moment: Queryable, log: LogNow, query: EventQuery): Promise<Found | CursorFault> {
  const access = accessOf(query);
  const first = await windowOf(moment, log, query, access);
  if ('kind' in first) return first;
  const sql = statement(access, query.descending);
  const places: Place[] = [];
  let window = first;
  let last: Place | null = null;
  let missed = 0;
  for (;;) {
    const rows = await moment.query({ text: sql, values: [...valuesOf(access, window), ...access.values] });
    for (const row of rows) {
      if (places.length >= query.limit || missed >= MAX_SCANNED) return { places, next: last };
      last = placeOf(row);
      const at = int(row, 'at');
      if (at >= first.from && at <= first.to && matches(query.filter, viewOf(row))) places.push(last);
      else missed += 1;
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < FETCH) return { places, next: null };
    window = beyond(window, end, query.descending);
  }
}

/** Goes on behind a row. Where rows have the order of their times, the index finds the place by them. */
function beyond(window: Window, row: SqlRow, descending: boolean): Window {
  const at = int(row, 'at');
  return descending
    ? { ...window, below: placeOf(row), to: Math.min(window.to, at) }
    : { ...window, above: placeOf(row), from: Math.max(window.from, at) };
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

/** Whether rows of an access are sorted by time first: those of one machine are, and their places go with it. */
function isTimed({ column }: Access): boolean {
  return column === 'run_id' || column === 'machine_id';
}

function statement(access: Access, descending: boolean): string {
  const { column } = access;
  const direction = descending ? 'DESC' : 'ASC';
  const timed = isTimed(access);
  const conditions = [
    '(e.epoch, e.xid, e.number) > ($1::integer, $2::xid8, $3::bigint)',
    '(e.epoch, e.xid, e.number) < ($4::integer, $5::xid8, $6::bigint)',
    ...(timed ? ['e.at >= $7', 'e.at <= $8'] : []),
    ...(column === null ? [] : [`e.${column} = $${timed ? 9 : 7}`]),
    // What partial indexes are about has to be said, because a value is not known yet when a statement is planned.
    ...(column === 'run_id' || column === 'request_id' ? [`e.${column} <> ''`] : []),
  ];
  const place = `e.epoch ${direction}, e.xid ${direction}, e.number ${direction}`;
  return `SELECT ${LOOKED_AT} FROM bmdemo.events AS e WHERE ${conditions.join(' AND ')}
    ORDER BY ${timed ? `e.at ${direction}, ` : ''}${place} LIMIT ${FETCH}`;
}

function valuesOf(access: Access, { above, below, from, to }: Window): readonly SqlValue[] {
  const places = [above.epoch, above.xid, above.number, below.epoch, below.xid, below.number];
  return isTimed(access) ? [...places, from, to] : places;
}

const FIRST_AFTER = `SELECT epoch, xid::text AS xid, number FROM (
    SELECT epoch, xid, number FROM bmdemo.events WHERE at >= $1 ORDER BY at, epoch, xid, number LIMIT ${NEAREST}
  ) AS e ORDER BY e.epoch, e.xid, e.number LIMIT 1`;
const LAST_BEFORE = `SELECT epoch, xid::text AS xid, number FROM (
    SELECT epoch, xid, number FROM bmdemo.events WHERE at < $1
    ORDER BY at DESC, epoch DESC, xid DESC, number DESC LIMIT ${NEAREST}
  ) AS e ORDER BY e.epoch DESC, e.xid DESC, e.number DESC LIMIT 1`;

/** The window of a range. A place that was passed is no mistake where the range ends there: there is no more. */
async function windowOf(
  moment: Queryable,
  log: LogNow,
  range: EventRange,
  access: Access,
): Promise<Window | CursorFault> {
  const after = range.after === null ? log.swept : placeIn(log, range.after);
  if ('kind' in after) return after;
  if (comparePlaces(after, log.swept) < 0) return { kind: 'expired' };
  const before = range.before === null ? log.open : placeIn(log, range.before);
  if ('kind' in before) return before;
  const below = comparePlaces(before, log.open) < 0 ? before : log.open;
  const from = range.since ?? Number.MIN_SAFE_INTEGER;
  const to = range.until === null ? Number.MAX_SAFE_INTEGER : range.until - 1;
  const window = { above: after, below, from, to };
  return isTimed(access) ? window : narrowed(moment, window, range);
}

/** Leaves out what lies before or after the times that are asked for. */
async function narrowed(moment: Queryable, window: Window, { since, until }: EventRange): Promise<Window> {
  let { above, below } = window;
  if (since !== null) {
    const [first] = await moment.query({ text: FIRST_AFTER, values: [since] });
    const just = first === undefined ? below : justBefore(placeOf(first));
    if (comparePlaces(just, above) > 0) above = just;
  }
  if (until !== null) {
    const [last] = await moment.query({ text: LAST_BEFORE, values: [until] });
    const just = last === undefined ? above : justAfter(placeOf(last));
    if (comparePlaces(just, below) < 0) below = just;
  }
  return { ...window, above, below };
}

function justBefore(place: Place): Place {
  return { ...place, number: place.number - 1 };
}

function justAfter(place: Place): Place {
  return { ...place, number: place.number + 1 };
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
