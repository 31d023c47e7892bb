import type { Filter } from '../../../core/domain/filter.ts';
import { matches, pinned } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import { machineView } from '../../../core/domain/machine.ts';
import { runView } from '../../../core/domain/run.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { RunRow, Snapshot } from '../../../core/ports/store.ts';
import { SNAPSHOT_PAGE } from '../shared/limits.ts';
import type { Database, Queryable, ReadTransaction, SqlRow, SqlValue } from './database.ts';
import type { Head } from './events.ts';
import { headOfLog, untilSettled } from './events.ts';
import { RUN_COLUMNS, runRows } from './lists.ts';
import type { BoundPlans } from './rows.ts';
import { parseMachine, text } from './rows.ts';

/** Pages that are read ahead; what fits into them needs the moment no longer, however late they are taken. */
const AHEAD = 4;
/**
 * How long a reader may hold a moment, in milliseconds. One that takes longer, as a slow watcher of many machines does, is
 * given the rest as it is then: a moment that is held keeps a connection, and every row that was deleted since. What watchers
 * make of it is the same, because events after the cursor bring nothing that a row has already.
 */
const HELD_FOR_MS = 10_000;

/** Machines that match, by id, as of one moment. */
export function snapshotOfMachines(database: Database, clock: Clock, filter: Filter): Promise<Snapshot<Machine>> {
  const machineId = pinned(filter, 'machine_id');
  return snapshot(database, clock, {
    sql: `SELECT machine_id, image FROM bmdemo.machines
          WHERE machine_id > $1 ${machineId === null ? '' : 'AND machine_id = $2'}
          ORDER BY machine_id LIMIT ${SNAPSHOT_PAGE}`,
    values: machineId === null ? [] : [machineId],
    parse: async (_, rows) => rows.map((row) => parseMachine(text(row, 'image'))),
    keep: (machine) => matches(filter, machineView(machine)),
  });
}

/** Active runs that match, and a finished one that the filter names by its id, as of one moment. */
export function snapshotOfRuns(
  database: Database,
  clock: Clock,
  plans: BoundPlans,
  filter: Filter,
): Promise<Snapshot<RunRow>> {
  const runId = pinned(filter, 'run_id');
  return snapshot(database, clock, {
    // A machine has one active run, so that machines can number the pages.
    sql: `SELECT machine_id, ${RUN_COLUMNS} FROM bmdemo.runs LEFT JOIN bmdemo.progress USING (run_id)
          WHERE machine_id > $1 AND ${runId === null ? "phase IN ('PENDING', 'RUNNING')" : 'run_id = $2'}
          ORDER BY machine_id LIMIT ${SNAPSHOT_PAGE}`,
    values: runId === null ? [] : [runId],
    parse: (connection, rows) => runRows(connection, plans, rows),
    keep: ({ run }) => matches(filter, runView(run)),
  });
}

interface Source<Row> {
  /** Takes the last machine id of the page before as its first value. */
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly parse: (connection: Queryable, rows: readonly SqlRow[]) => Promise<readonly Row[]>;
  readonly keep: (row: Row) => boolean;
}

async function snapshot<Row>(database: Database, clock: Clock, source: Source<Row>): Promise<Snapshot<Row>> {
  const { moment, cursor } = await beginMoment(database, clock);
  const pages = new Pages(database, moment, source);
  try {
    await pages.readAhead();
    if (!pages.complete) pages.letGoAfter(clock, HELD_FOR_MS);
    return { cursor, pages };
  } catch (error) {
    await moment.end();
    throw error;
  }
}

/** A moment and its place in the log; a later one where transactions that are about to end would put the place before it. */
async function beginMoment(database: Database, clock: Clock): Promise<Head & { readonly moment: ReadTransaction }> {
  let before: ReadTransaction | null = null;
  return untilSettled(clock, async () => {
    await before?.end();
    const moment = await database.beginRead();
    before = moment;
    try {
      return { ...(await headOfLog(moment)), moment };
    } catch (error) {
      await moment.end();
      throw error;
    }
  });
}

/** The pages of a snapshot, read once. */
class Pages<Row> implements AsyncIterable<readonly Row[]>, AsyncIterator<readonly Row[]> {
  readonly #database: Database;
  readonly #source: Source<Row>;
  /** Null once the moment is let go. */
  #moment: ReadTransaction | null;
  #ready: (readonly Row[])[] = [];
  #last = '';
  #complete = false;
  #cancelTimer = () => {};

  constructor(database: Database, moment: ReadTransaction, source: Source<Row>) {
    this.#database = database;
    this.#moment = moment;
    this.#source = source;
  }

  /** True where nothing is left to be read. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Fills what is read ahead, and lets go of the moment where that was all. */
  async readAhead(): Promise<void> {
    while (!this.#complete && this.#ready.length < AHEAD) {
      const connection = this.#moment ?? this.#database;
      const { sql, values, parse, keep } = this.#source;
      const rows = await connection.query({ text: sql, values: [this.#last, ...values] });
      const kept = (await parse(connection, rows)).filter(keep);
      if (kept.length > 0) this.#ready.push(kept);
      this.#last = text(rows.at(-1) ?? {}, 'machine_id');
      this.#complete = rows.length < SNAPSHOT_PAGE;
    }
    if (this.#complete) await this.#letGo();
  }

  /** Lets go of the moment after so long, whether it was read to its end or not. */
  letGoAfter(clock: Clock, ms: number): void {
    this.#cancelTimer = clock.after(ms, () => void this.#letGo());
  }

  async next(): Promise<IteratorResult<readonly Row[], undefined>> {
    if (this.#ready.length === 0) await this.readAhead();
    const page = this.#ready.shift();
    return page === undefined ? { done: true, value: undefined } : { done: false, value: page };
  }

  async return(): Promise<IteratorResult<readonly Row[], undefined>> {
    this.#complete = true;
    this.#ready = [];
    await this.#letGo();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Row[]> {
    return this;
  }

  async #letGo(): Promise<void> {
    this.#cancelTimer();
    const moment = this.#moment;
    this.#moment = null;
    await moment?.end();
  }
}
