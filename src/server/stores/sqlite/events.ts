import { randomBytes } from 'node:crypto';
import type { EventKind } from '../../../core/domain/event.ts';
import type { Millis } from '../../../core/domain/time.ts';
import { planIdOf } from '../../../core/ports/event-view.ts';
import type { Origin } from '../../../core/ports/origin.ts';
import type { Change, Cursor, CursorFault, EventDraft, StoredEvent, Tail } from '../../../core/ports/store.ts';
import type { Connection, Database, SqlRow } from './database.ts';
import { int, parseView, text, textOrNull } from './rows.ts';

/** Writes the events of a change at the end of the log. Inside a transaction. */
export function appendEvents(database: Database, change: Change): void {
  for (const event of change.events) appendEvent(database, change.machineId, event, change.origin);
}

/** Writes one event at the end of the log. Inside a transaction. */
export function appendEvent(database: Database, machineId: string, event: EventDraft, origin: Origin): void {
  database.run(
    `INSERT INTO events (machine_id, run_id, plan_id, subject, kind, revision, at, actor, peer, request_id, method, server,
         reason, message, before, after)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    machineId,
    event.runId,
    planIdOf(event),
    event.subject,
    event.kind,
    event.revision,
    event.at,
    origin.actor,
    origin.peer,
    origin.requestId,
    origin.method,
    origin.server,
    origin.reason,
    event.message,
    event.before === null ? null : JSON.stringify(event.before),
    JSON.stringify(event.after),
  );
}

/** A number that names a log, for the cursors of no other. */
export function newEpoch(): string {
  return randomBytes(6).toString('hex');
}

/** `s`, the epoch of the log, and the number of the last event that was read. */
const CURSOR = /^s([0-9a-f]{12})\.(0|[1-9]\d{0,14})$/;

/** The event log of one file. Its epoch is drawn when the file is made, so that no cursor fits another file. */
export class EventLog {
  readonly #database: Database;
  readonly #epoch: string;

  /** @param now when the log begins, where it is new */
  constructor(database: Database, now: Millis) {
    this.#database = database;
    database.run("INSERT OR IGNORE INTO settings VALUES ('epoch', ?), ('began_at', ?)", newEpoch(), String(now));
    this.#epoch = setting(database, 'epoch') ?? '';
  }

  /** Where the log ends, as this connection or another one of the same file sees it. */
  head(connection: Connection = this.#database): Cursor {
    return this.cursor(lastSeq(connection));
  }

  /** Events after a cursor, oldest first. */
  tail(after: Cursor, limit: number): Tail | CursorFault {
    const seq = this.place(after);
    if (typeof seq !== 'number') return seq;
    if (seq < sweptTo(this.#database)) return { kind: 'expired' };
    const rows = this.#database.all('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit + 1);
    const events = rows.slice(0, limit).map((row) => this.event(row));
    return { events, cursor: events.at(-1)?.cursor ?? after, caughtUp: rows.length <= limit };
  }

  /** An event from its row. */
  event(row: SqlRow): StoredEvent {
    const subject = text(row, 'subject') as StoredEvent['subject'];
    const before = textOrNull(row, 'before');
    return {
      cursor: this.cursor(int(row, 'seq')),
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

  /** The number in a cursor, kept or not. */
  place(cursor: Cursor): number | CursorFault {
    const match = CURSOR.exec(cursor);
    if (match === null) return { kind: 'malformed' };
    const seq = Number(match[2]);
    // A number that was not given yet: the file was put back to an earlier time.
    return match[1] !== this.#epoch || seq > lastSeq(this.#database) ? { kind: 'expired' } : seq;
  }

  /** The cursor of a number. */
  cursor(seq: number): Cursor {
    return `s${this.#epoch}.${seq}`;
  }
}

/** The last number given, also when its event was swept. */
export function lastSeq(connection: Connection): number {
  const row = connection.get("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  return row === null ? 0 : int(row, 'seq');
}

/** Events up to this number are gone. */
export function sweptTo(connection: Connection): number {
  return Number(setting(connection, 'events_swept_to') ?? 0);
}

/** The time of the latest event that is gone; null where none is. */
export function sweptAt(connection: Connection): Millis | null {
  const at = setting(connection, 'events_swept_at');
  return at === null ? null : Number(at);
}

/** The earliest time of which all is known: that of the latest event that is gone, or else when the log began. */
export function earliestTime(connection: Connection): Millis {
  return sweptAt(connection) ?? Number(setting(connection, 'began_at') ?? 0);
}

function setting(connection: Connection, name: string): string | null {
  const row = connection.get('SELECT value FROM settings WHERE name = ?', name);
  return row === null ? null : text(row, 'value');
}
