import { pinned } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { BeforeHistory, ListQuery, MachineOrder, Page, PastMachine } from '../../../core/ports/store.ts';
import { pageOfPast } from '../shared/past.ts';
import { machineBaseline, runBaseline } from './baselines.ts';
import type { Connection } from './database.ts';
import { earliestTime } from './events.ts';
import { parseMachine, parseRun, text } from './rows.ts';

/** Machine ids read at once. */
const FETCH = 500;

/** Ids of all machines that there ever were; both tables have them in order. */
const IDS = `SELECT machine_id FROM machines WHERE machine_id > ?1
  UNION ALL SELECT machine_id FROM tombstones WHERE machine_id > ?1
  ORDER BY machine_id LIMIT ${FETCH}`;

const LAST_OF_MACHINE = `SELECT kind, after FROM events WHERE machine_id = ? AND at <= ? AND subject = 'machine'
  ORDER BY at DESC, seq DESC LIMIT 1`;

const LAST_OF_RUN = `SELECT after FROM events WHERE run_id = ? AND run_id <> '' AND at <= ?
  ORDER BY at DESC, seq DESC LIMIT 1`;

/** A page of the machines that there were at a time: of each the last event up to then, or else its baseline. */
export function machinesAsOf(
  connection: Connection,
  at: Millis,
  query: ListQuery<MachineOrder>,
): Page<PastMachine> | BeforeHistory {
  const earliest = earliestTime(connection);
  if (at < earliest) return { kind: 'before-history', earliest };
  const one = pinned(query.filter, 'machine_id');
  return pageOfPast((behind) => pastMachines(connection, at, one === null ? ids(connection, behind) : [one]), query);
}

function* ids(connection: Connection, behind: string): Generator<string> {
  for (let last = behind; ; ) {
    const rows = connection.all(IDS, last);
    for (const row of rows) yield text(row, 'machine_id');
    last = text(rows.at(-1) ?? {}, 'machine_id');
    if (rows.length < FETCH) return;
  }
}

function* pastMachines(connection: Connection, at: Millis, machineIds: Iterable<string>): Generator<PastMachine> {
  for (const id of machineIds) {
    const machine = machineAt(connection, id, at);
    if (machine === null) continue;
    const runId = machine.activeRunId ?? machine.stoppingRunId;
    yield { machine, run: runId === null ? null : runAt(connection, runId, at) };
  }
}

function machineAt(connection: Connection, machineId: string, at: Millis): Machine | null {
  const row = connection.get(LAST_OF_MACHINE, machineId, at);
  if (row === null) return machineBaseline(connection, machineId);
  return text(row, 'kind') === 'DELETED' ? null : parseMachine(text(row, 'after'));
}

function runAt(connection: Connection, runId: string, at: Millis): Run | null {
  const row = connection.get(LAST_OF_RUN, runId, at);
  return row === null ? runBaseline(connection, runId) : parseRun(text(row, 'after'));
}

/** Every statement that reads the past, for a test that looks at how each is carried out. */
export const PAST_STATEMENTS: readonly string[] = [IDS, LAST_OF_MACHINE, LAST_OF_RUN];
