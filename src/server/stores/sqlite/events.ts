import { randomBytes } from 'node:crypto';
import type { EventKind } from '../../../core/domain/event.ts';
import type { Change, Cursor, CursorFault, StoredEvent, Tail } from '../../../core/ports/store.ts';
import type { Database, SqlRow } from './database.ts';
import { int, parseMachine, parseRun, parseView, text, textOrNull } from './rows.ts';

/** Writes the events of a change at the end of the log. Inside a transaction. */
export function appendEvents(database: Database, change: Change): void {
  const { origin } = change;
  for (const event of change.events) {
    database.run(
      `INSERT INTO events (machine_id, run_id, subject, kind, revision, at, actor, peer, request_id, reason, message,
         before, after)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      change.machineId,
      event.runId,
      event.subject,
      event.kind,
      event.revision,
      event.at,
      origin.actor,
      origin.peer,
      origin.requestId,
      origin.reason,
      event.message,
      event.before === null ? null : JSON.stringify(event.before),
      JSON.stringify(event.after),
    );
  }
}

/** The event log of one file. Its epoch is drawn when the file is made, so that no cursor fits another file. */
export class EventLog {
  readonly #database: Database;
  readonly #epoch: string;

  constructor(database: Database) {
    this.#database = database;
    database.run("INSERT OR IGNORE INTO settings VALUES ('epoch', ?)", randomBytes(6).toString('hex'));
    const row = database.get("SELECT value FROM settings WHERE name = 'epoch'");
    this.#epoch = row === null ? '' : text(row, 'value');
  }

  /** Where the log ends, as this connection or another one of the same file sees it. */
  head(connection: Pick<Database, 'get'> = this.#database): Cursor {
    return this.#cursor(this.#last(connection));
  }

  /** Events after a cursor, oldest first. */
  tail(after: Cursor, limit: number): Tail | CursorFault {
    const match = /^s([0-9a-f]{12})\.(\d{1,15})$/.exec(after);
    if (match === null) return { kind: 'malformed' };
    const seq = Number(match[2]);
    if (match[1] !== this.#epoch || seq < this.#sweptTo() || seq > this.#last()) return { kind: 'expired' };
    const rows = this.#database.all('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit + 1);
    const events = rows.slice(0, limit).map((row) => this.event(row));
    return { events, cursor: events.at(-1)?.cursor ?? after, caughtUp: rows.length <= limit };
  }

  /** An event from its row. */
  event(row: SqlRow): StoredEvent {
    const subject = text(row, 'subject') === 'run' ? 'run' : 'machine';
    const before = textOrNull(row, 'before');
    return {
      cursor: this.#cursor(int(row, 'seq')),
      machineId: text(row, 'machine_id'),
      runId: text(row, 'run_id'),
      subject,
      kind: text(row, 'kind') as EventKind,
      revision: int(row, 'revision'),
      at: int(row, 'at'),
      actor: text(row, 'actor'),
      peer: text(row, 'peer'),
      requestId: text(row, 'request_id'),
      reason: text(row, 'reason'),
      message: text(row, 'message'),
      before: before === null ? null : parseView(before),
      after: subject === 'run' ? parseRun(text(row, 'after')) : parseMachine(text(row, 'after')),
    };
  }

  #cursor(seq: number): Cursor {
    return `s${this.#epoch}.${seq}`;
  }

  /** The last number given, also when its event was swept. */
  #last(connection: Pick<Database, 'get'> = this.#database): number {
    const row = connection.get("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
    return row === null ? 0 : int(row, 'seq');
  }

  /** Events up to this number are gone. */
  #sweptTo(): number {
    const row = this.#database.get("SELECT value FROM settings WHERE name = 'events_swept_to'");
    return row === null ? 0 : Number(text(row, 'value'));
  }
}
