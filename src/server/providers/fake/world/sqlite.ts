import type { Millis } from '../../../../core/domain/time.ts';
import { type SqlRow, WorldFile } from './sqlite-file.ts';
import { closeCall, WorldServers } from './sqlite-servers.ts';
import {
  type Begun,
  type FakeWorld,
  isOtherHardware,
  type JournalEntry,
  type MachineState,
  type WorldCall,
} from './world.ts';

/** What a world in a file needs, and how much it keeps. */
export interface FileWorldOptions {
  /** Made where it is not there; its folder has to be. */
  readonly path: string;
  readonly clock: { now(): Millis };
  /** How many ended calls the journal keeps, at least 1; the oldest go first. Default 1,000,000. */
  readonly keepCalls?: number;
  /** How many machines are remembered; the one called longest ago goes first, unless a call to it is going. Default 100,000. */
  readonly keepMachines?: number;
}

/** A world in a file. */
export interface FileWorld extends FakeWorld {
  /** Lets go of the file: calls that this process still has going are abandoned, and what is asked after it rejects. */
  close(): void;
}

/**
 * Opens a world in a SQLite file, which several processes may share and which outlives them. The call of a process that
 * was killed is closed as `abandoned` as soon as anybody notices, and overlaps nothing; that of one which is merely
 * stopped goes on, as far as the world can tell.
 *
 * @throws WorldUnusable where the file is something else or cannot be opened; the message is for people
 */
export function openFileWorld({
  path,
  clock,
  keepCalls = 1_000_000,
  keepMachines = 100_000,
}: FileWorldOptions): FileWorld {
  const file = new WorldFile(path);
  const servers = enter(file, clock.now());

  const end = (number: number, kind: string, code: string): void => {
    closeCall(file, number, kind, code, clock.now());
    const sql =
      'DELETE FROM calls WHERE end_number <= (SELECT max(end_number) FROM calls WHERE end_number IS NOT NULL) - ?';
    file.run(sql, keepCalls);
  };

  const forgetOne = (except: string): void => {
    const longestAgo = file.get(
      `SELECT machine_id FROM machines WHERE machine_id <> ? AND NOT EXISTS
         (SELECT 1 FROM calls WHERE calls.machine_id = machines.machine_id AND end_number IS NULL)
       ORDER BY last_call LIMIT 1`,
      except,
    );
    if (longestAgo === null) return;
    file.run('DELETE FROM machines WHERE machine_id = ?', longestAgo.machine_id ?? null);
    file.run('UPDATE totals SET machines = machines - 1');
  };

  /** Puts a machine down as it is when a call begins, with the fence of the call. */
  const putMachine = ({ machineId, token, unseen }: WorldCall, known: SqlRow | null, number: number): MachineState => {
    const before = known === null ? unseen : stateOf(known);
    const state = isOtherHardware(before, unseen) ? unseen : before;
    const put =
      'INSERT INTO machines VALUES (?, ?, ?, ?) ON CONFLICT (machine_id) DO UPDATE SET ' +
      'highest_fence = excluded.highest_fence, last_call = excluded.last_call, state = excluded.state';
    file.run(put, machineId, token.fence, number, JSON.stringify(state));
    if (known === null) {
      const totals = file.get('UPDATE totals SET machines = machines + 1 RETURNING machines');
      if (Number(totals?.machines) > keepMachines) forgetOne(machineId);
    }
    return state;
  };

  /** The calls to a machine that are going. Those of processes that are gone are no longer. */
  const goingOn = (machineId: string): readonly number[] =>
    file
      .all('SELECT number, server FROM calls WHERE machine_id = ? AND end_number IS NULL ORDER BY number', machineId)
      .filter(({ server }) => !servers.buryIfGone(Number(server), clock.now()))
      .map(({ number }) => Number(number));

  const open = ({ machineId, token, kind, step }: WorldCall, overlaps: readonly number[]): number =>
    file.run(
      `INSERT INTO calls (machine_id, run_id, step_number, attempt, fence, kind, step, server, overlaps, began_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      machineId,
      token.runId,
      token.step,
      token.attempt,
      token.fence,
      kind,
      step,
      servers.own,
      JSON.stringify(overlaps),
      clock.now(),
    );

  const begin = (call: WorldCall): Begun => {
    const known = file.get('SELECT * FROM machines WHERE machine_id = ?', call.machineId);
    const highestFence = Number(known?.highest_fence ?? 0);
    if (call.token.fence < highestFence) {
      end(open(call, []), 'refused', 'STALE_TOKEN');
      return { kind: 'refused', highestFence };
    }
    const callId = open(call, goingOn(call.machineId));
    return { kind: 'begun', callId, state: putMachine(call, known, callId) };
  };

  /** A call of this process that is going. */
  const goingCall = (callId: number): SqlRow => {
    const sql = 'SELECT machine_id, fence FROM calls WHERE number = ? AND server = ? AND end_number IS NULL';
    const row = file.get(sql, callId, servers.own);
    if (row === null) throw new Error(`call ${callId} is not going`);
    return row;
  };

  const write = (callId: number, change: Partial<MachineState>): 'written' | 'stale' => {
    const { machine_id: machineId = null, fence } = goingCall(callId);
    const machine = file.get('SELECT * FROM machines WHERE machine_id = ?', machineId);
    if (machine === null || Number(fence) < Number(machine.highest_fence)) {
      file.run('UPDATE calls SET stale_writes = stale_writes + 1 WHERE number = ?', callId);
      return 'stale';
    }
    const state = JSON.stringify({ ...stateOf(machine), ...change });
    file.run('UPDATE machines SET state = ? WHERE machine_id = ?', state, machineId);
    return 'written';
  };

  return {
    begin: (call) => file.inTurn(() => begin(call)),
    write: (callId, change) => file.inTurn(() => write(callId, change)),
    end: (callId, { kind, code }) =>
      file.inTurn(() => {
        goingCall(callId);
        end(callId, kind, code);
      }),
    read: (machineId) =>
      file.inTurn(() => {
        const machine = file.get('SELECT state FROM machines WHERE machine_id = ?', machineId);
        return machine === null ? null : stateOf(machine);
      }),
    journal: ({ machineId, after = 0, limit = -1 }) =>
      file.inTurn(() => {
        const which = machineId === undefined ? '' : 'machine_id = ? AND';
        const sql = `SELECT * FROM calls WHERE ${which} number > ? ORDER BY number LIMIT ?`;
        const rows = file.all(sql, ...(machineId === undefined ? [] : [machineId]), after, limit);
        const first = file.get('SELECT min(end_number) AS first FROM calls WHERE end_number IS NOT NULL')?.first;
        return { entries: rows.map(entryOf), dropped: Math.max(0, Number(first ?? 1) - 1) };
      }),
    close: () => file.close(() => servers.leave(clock.now())),
  };
}

/** Enters this process among those that share the world, and sees who of them is gone. */
function enter(file: WorldFile, now: Millis): WorldServers {
  try {
    return file.now(() => {
      const servers = new WorldServers(file);
      servers.buryAll(now);
      return servers;
    });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** States are written by this program alone, so what is read back has the type that was written. */
function stateOf(row: SqlRow): MachineState {
  return JSON.parse(String(row.state));
}

function entryOf(row: SqlRow): JournalEntry {
  return {
    number: Number(row.number),
    machineId: String(row.machine_id),
    token: {
      runId: String(row.run_id),
      step: Number(row.step_number),
      attempt: Number(row.attempt),
      fence: Number(row.fence),
    },
    kind: row.kind === 'probe' ? 'probe' : 'perform',
    step: String(row.step),
    beganAt: Number(row.began_at),
    endedAt: row.ended_at == null ? null : Number(row.ended_at),
    end: row.end_kind == null ? null : ({ kind: row.end_kind, code: row.end_code } as JournalEntry['end']),
    overlaps: JSON.parse(String(row.overlaps)),
    staleWrites: Number(row.stale_writes),
  };
}
