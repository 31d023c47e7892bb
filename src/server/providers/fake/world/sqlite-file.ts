import type { StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';

/** The file cannot be used as a world: it is something else, or cannot be opened. The message is for people. */
export class WorldUnusable extends Error {
  override readonly name = 'WorldUnusable';
}

/** Values that go into and come out of statements. */
export type SqlValue = string | number | null;
/** One row, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** "bmdw": says that a SQLite file is a world. @see https://www.sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x626d6477;
const SCHEMA_VERSION = 1;
const SCHEMA = `
  -- The processes that share the world; a row goes when its process is gone.
  CREATE TABLE servers (server INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL);

  CREATE TABLE machines (
    machine_id TEXT PRIMARY KEY,
    highest_fence INTEGER NOT NULL,
    last_call INTEGER NOT NULL,
    state TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX machines_by_call ON machines (last_call);
  -- One row: counting the machines anew for each that comes would take longer the more there are.
  CREATE TABLE totals (machines INTEGER NOT NULL);
  INSERT INTO totals VALUES (0);

  CREATE TABLE calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    step_number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    step TEXT NOT NULL,
    server INTEGER NOT NULL,
    overlaps TEXT NOT NULL,
    stale_writes INTEGER NOT NULL DEFAULT 0,
    began_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_kind TEXT,
    end_code TEXT,
    -- 1, 2, 3 … in the order in which the calls ended; NULL while it is going.
    end_number INTEGER
  );
  CREATE INDEX calls_going ON calls (machine_id) WHERE end_number IS NULL;
  CREATE INDEX calls_of_servers ON calls (server) WHERE end_number IS NULL;
  CREATE INDEX calls_ended ON calls (end_number) WHERE end_number IS NOT NULL;
  CREATE INDEX calls_of_machines ON calls (machine_id, number);

  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** How long another process may take to let go of the file while it is opened, in milliseconds. */
const OPEN_TIMEOUT_MS = 5_000;
/** How long another process may keep the file from this one before a call fails, in milliseconds. */
const PATIENCE_MS = 30_000;
/** The wait between two tries for a file that another process writes to, in milliseconds. */
const AGAIN_MS = 2;
const SQLITE_BUSY = 5;

interface Job {
  readonly since: number;
  readonly work: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The SQLite file of a world, shared with other processes. It has to outlive a process and not the system, so that nothing
 * is synced: what was written is in the kernel's hands, and a kill -9 takes none of it away.
 */
export class WorldFile {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #waiting: Job[] = [];
  #scheduled = false;
  #closed = false;

  /** @throws WorldUnusable where the file is no world, or cannot be opened */
  constructor(path: string) {
    this.path = path;
    try {
      this.#database = new DatabaseSync(path, { timeout: OPEN_TIMEOUT_MS });
    } catch (error) {
      throw unusable(path, error);
    }
    try {
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA journal_size_limit = 16777216;');
      this.now(() => this.#makeSchema());
      // From here on nobody is waited for inside a statement: a process that is frozen in the middle of a transaction of
      // its own must not freeze this one.
      this.#database.exec('PRAGMA busy_timeout = 0');
    } catch (error) {
      this.#database.close();
      throw error instanceof WorldUnusable ? error : unusable(path, error);
    }
  }

  /** Does something in a transaction of its own, at once; for opening and closing. */
  now<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const answer = work();
      this.#database.exec('COMMIT');
      return answer;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Does something in the next transaction, which it shares with all that waits for it: a thousand runs under way ask for
   * thousands of small things a second. What throws must do so before it has written anything.
   */
  inTurn<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Error(`the world in ${this.path} is closed`));
    return new Promise<T>((resolve, reject) => {
      let answer: { readonly value: T } | null = null;
      this.#waiting.push({
        since: performance.now(),
        work: () => {
          answer = { value: work() };
        },
        done: () => {
          if (answer !== null) resolve(answer.value);
        },
        failed: reject,
      });
      this.#schedule();
    });
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    return this.#prepare(sql).all(...values) as unknown as readonly SqlRow[];
  }

  get(sql: string, ...values: readonly SqlValue[]): SqlRow | null {
    return (this.#prepare(sql).get(...values) as unknown as SqlRow | undefined) ?? null;
  }

  /** Runs a statement, and answers the row number that it inserted last. */
  run(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#prepare(sql).run(...values).lastInsertRowid);
  }

  /** Refuses what still waits, lets `last` do what it has to, and closes the file. */
  close(last: (() => void) | null = null): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.failed(new Error(`the world in ${this.path} is closed`));
    try {
      this.#database.exec(`PRAGMA busy_timeout = ${OPEN_TIMEOUT_MS}`);
      if (last !== null) this.now(last);
    } finally {
      this.#database.close();
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#scheduled = false;
    if (this.#waiting.length === 0) return;
    if (!this.#begin()) return;
    const jobs = this.#waiting.splice(0);
    try {
      const settled = jobs.map((job) => carryOut(job));
      this.#database.exec('COMMIT');
      for (const settle of settled) settle();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      for (const job of jobs) job.failed(error);
    }
  }

  /** Begins a transaction, unless another process is in one: then the turn comes again later, or never. */
  #begin(): boolean {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      const isBusy = codeOf(error) === SQLITE_BUSY;
      const given = (job: Job) => isBusy && performance.now() - job.since < PATIENCE_MS;
      for (const job of this.#waiting) if (!given(job)) job.failed(error);
      this.#waiting = this.#waiting.filter(given);
      this.#scheduled = true;
      setTimeout(() => this.#takeTurn(), AGAIN_MS);
      return false;
    }
  }

  #makeSchema(): void {
    const applicationId = this.get('PRAGMA application_id')?.application_id;
    const version = this.get('PRAGMA user_version')?.user_version;
    if (applicationId === APPLICATION_ID && version === SCHEMA_VERSION) return;
    if (applicationId === APPLICATION_ID) {
      throw new WorldUnusable(`${this.path} is the simulated world of another version of bmdemo; name another file`);
    }
    const isEmpty = this.get('SELECT count(*) AS objects FROM sqlite_schema')?.objects === 0;
    if (!isEmpty) throw new WorldUnusable(`${this.path} is a database, but no simulated world; name another file`);
    this.#database.exec(SCHEMA);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** What throws without a fault of the file is that job's own end, and not the others'. */
function carryOut(job: Job): () => void {
  try {
    job.work();
    return job.done;
  } catch (error) {
    if (codeOf(error) !== null) throw error;
    return () => job.failed(error);
  }
}

/** SQLite's primary result code, null where it is no error of SQLite. */
function codeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

function unusable(path: string, error: unknown): WorldUnusable {
  const why = error instanceof Error ? error.message : String(error);
  return new WorldUnusable(`${path} cannot be opened as a simulated world: ${why}`, { cause: error });
}
