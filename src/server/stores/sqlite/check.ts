import type { Identity, Machine } from '../../../core/domain/machine.ts';
import type { CheckedEvent, CheckedMachine, CheckedRun, Columns } from '../shared/check.ts';
import { scopeFault, violationsOf } from '../shared/check.ts';
import type { Connection, SqlRow } from './database.ts';
import { inspect } from './inspect.ts';
import { int, intOrNull, parseMachine, parseRun, text, textOrNull } from './rows.ts';

/** Machines looked at between two looks for their ids. */
const FETCH = 200;

/**
 * Everything that is wrong with the store in a file, as of one moment, a sentence each: the database itself, and whether
 * state, events, leases and identities say the same.
 *
 * @param tell told each violation as it is found
 * @throws StoreUnusable where the file cannot be looked at
 */
export function checkFile(path: string, tell: (violation: string) => void): void {
  inspect(path, (reader) => {
    for (const violation of databaseFaults(reader)) tell(violation);
    const identities = identitiesIn(reader);
    for (const id of machineIds(reader)) {
      for (const violation of violationsOf(machineOf(reader, id, identities.get(id) ?? []))) tell(violation);
    }
    for (const violation of strays(reader)) tell(violation);
    for (const violation of scopeFaults(reader)) tell(violation);
  });
}

function* databaseFaults(reader: Connection): Generator<string> {
  for (const row of reader.all('PRAGMA integrity_check(100)')) {
    const told = text(row, 'integrity_check');
    if (told !== 'ok') yield `database: ${told}`;
  }
  for (const row of reader.all('PRAGMA foreign_key_check')) {
    yield `database: a row of ${text(row, 'table')} names one of ${text(row, 'parent')} that is not there`;
  }
}

/** Counters of places that are not as many as runs have. */
function* scopeFaults(reader: Connection): Generator<string> {
  const sql = `SELECT scope, used, (SELECT count(*) FROM runs, json_each(runs.slots) AS slot WHERE slot.value = scope) AS held
    FROM scopes ORDER BY scope`;
  for (const row of reader.all(sql)) {
    const fault = scopeFault(text(row, 'scope'), int(row, 'used'), int(row, 'held'));
    if (fault !== null) yield fault;
  }
}

function* machineIds(reader: Connection): Generator<string> {
  const sql = `SELECT machine_id FROM machines WHERE machine_id > ?1
    UNION SELECT machine_id FROM tombstones WHERE machine_id > ?1 ORDER BY machine_id LIMIT ${FETCH}`;
  for (let last = ''; ; ) {
    const rows = reader.all(sql, last);
    for (const row of rows) yield text(row, 'machine_id');
    last = text(rows.at(-1) ?? {}, 'machine_id');
    if (rows.length < FETCH) return;
  }
}

/** All identities by the machine that holds them: no index finds those of one. */
function identitiesIn(reader: Connection): ReadonlyMap<string, readonly Identity[]> {
  const held = new Map<string, Identity[]>();
  for (const row of reader.all('SELECT machine_id, kind, value FROM identities')) {
    const identity = { kind: text(row, 'kind') as Identity['kind'], value: text(row, 'value') };
    const others = held.get(text(row, 'machine_id'));
    if (others === undefined) held.set(text(row, 'machine_id'), [identity]);
    else others.push(identity);
  }
  return held;
}

function machineOf(reader: Connection, id: string, identities: readonly Identity[]): CheckedMachine {
  const row = reader.get('SELECT * FROM machines WHERE machine_id = ?', id);
  const remains = row ?? reader.get('SELECT fence FROM tombstones WHERE machine_id = ?', id);
  const sql = 'SELECT run_id, kind, revision, at FROM events WHERE machine_id = ? ORDER BY seq';
  const runs = reader.all('SELECT * FROM runs WHERE machine_id = ? ORDER BY run_id', id);
  const events = reader.all(sql, id).map(eventOf);
  const runIds = new Set([...events.map(({ runId }) => runId), ...runs.map((run) => text(run, 'run_id'))]);
  return {
    id,
    machine: row === null ? null : parseMachine(text(row, 'image')),
    columns: row === null ? null : columnsOf(row, ['attention']),
    folded: foldedMachine(reader, id),
    fence: int(remains ?? {}, 'fence'),
    events,
    baselines: revisionsInBaseline(reader, id, runIds),
    runs: runs.map((run) => runOf(reader, run)),
    identities,
  };
}

/** Revisions by run id; the machine's own under the empty one. */
function revisionsInBaseline(reader: Connection, id: string, runIds: ReadonlySet<string>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const add = (subject: string, of: string, key: string) => {
    const row = reader.get('SELECT revision FROM baselines WHERE subject = ? AND id = ?', subject, of);
    if (row !== null) found.set(key, int(row, 'revision'));
  };
  add('machine', id, '');
  for (const runId of runIds) if (runId !== '') add('run', runId, runId);
  return found;
}

function eventOf(row: SqlRow): CheckedEvent {
  return { runId: text(row, 'run_id'), kind: text(row, 'kind'), revision: int(row, 'revision'), at: int(row, 'at') };
}

function foldedMachine(reader: Connection, id: string): Machine | null {
  const sql =
    "SELECT kind, after FROM events WHERE machine_id = ? AND subject = 'machine' ORDER BY at DESC, seq DESC LIMIT 1";
  const last = reader.get(sql, id);
  if (last !== null) return text(last, 'kind') === 'DELETED' ? null : parseMachine(text(last, 'after'));
  const baseline = reader.get("SELECT image FROM baselines WHERE subject = 'machine' AND id = ?", id);
  return baseline === null ? null : parseMachine(text(baseline, 'image'));
}

function runOf(reader: Connection, row: SqlRow): CheckedRun {
  const id = text(row, 'run_id');
  const run = parseRun(text(row, 'image'));
  const last =
    reader.get(
      "SELECT after AS image FROM events WHERE run_id = ? AND run_id <> '' ORDER BY at DESC, seq DESC LIMIT 1",
      id,
    ) ?? reader.get("SELECT image FROM baselines WHERE subject = 'run' AND id = ?", id);
  const request = reader.get(
    'SELECT run_id FROM requests WHERE machine_id = ? AND request_id = ?',
    run.machineId,
    run.requestId,
  );
  return {
    run,
    columns: columnsOf(row, ['stopping']),
    folded: last === null ? null : parseRun(text(last, 'image')),
    owner: textOrNull(row, 'owner'),
    fence: int(row, 'fence'),
    dueAt: intOrNull(row, 'due_at'),
    requested: request !== null && text(request, 'run_id') === id,
  };
}

/** @param yes the columns that are true or false, which SQLite has as numbers */
function columnsOf(row: SqlRow, yes: readonly string[]): Columns {
  const entries = Object.entries(row).map(([name, value]) => {
    const plain = value instanceof Uint8Array ? null : value;
    return [name, yes.includes(name) ? plain === 1 : plain] as const;
  });
  return Object.fromEntries(entries);
}

/** What stands under the name of no machine that there ever was. */
function* strays(reader: Connection): Generator<string> {
  for (const table of ['runs', 'identities', 'requests', 'baselines']) {
    const sql = `SELECT DISTINCT machine_id FROM ${table} AS one WHERE machine_id <> ''
      AND NOT EXISTS (SELECT 1 FROM machines WHERE machine_id = one.machine_id)
      AND NOT EXISTS (SELECT 1 FROM tombstones WHERE machine_id = one.machine_id) LIMIT 100`;
    for (const row of reader.all(sql)) yield `${table}: there never was a machine ${text(row, 'machine_id')}`;
  }
  const logs =
    'SELECT run_id FROM log_sizes AS one WHERE NOT EXISTS (SELECT 1 FROM runs WHERE run_id = one.run_id) LIMIT 100';
  for (const row of reader.all(logs)) yield `logs: there is no run ${text(row, 'run_id')}`;
}
