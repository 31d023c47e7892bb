import type pg from 'pg';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Database, SqlRow, Statement } from './database.ts';
import { beginSession, newClient, parameters } from './database.ts';
import { StoreUnavailable, translate } from './errors.ts';

/** What the line tells. */
export interface LineListener {
  /** It stands, again or for the first time. */
  up(): void;
  /** It is lost; it mends itself. */
  down(): void;
  /** What another server said on the channel. */
  said(text: string): void;
}

/** The one way to PostgreSQL by which a server shows that it lives, and hears from the others. */
export interface Line {
  /** True where one session carries all that is asked, so that it can hold a lock and listen. */
  readonly holdsSession: boolean;
  /**
   * The answer to a statement. One that does not come in time means that the line is lost.
   *
   * @throws StoreUnavailable where the line is down
   */
  ask(statement: Statement): Promise<readonly SqlRow[]>;
  listen(listener: LineListener): void;
  close(): Promise<void>;
}

/** What a line is made of. */
export interface LineOptions {
  readonly url: string;
  readonly clock: Clock;
  /** How long an answer may take, in milliseconds: one time for all, because answers come one after the other. */
  readonly answerWithinMs: number;
  /** Carried out whenever it connects, before it is used. */
  readonly prepare: (client: pg.Client) => Promise<void>;
}

/** The channel on which servers give each other hints. */
export const CHANNEL = 'bmdemo';

/** The first wait before a lost line is tried again, and the longest, in milliseconds. */
const AGAIN_MS = 50;
const AGAIN_AT_MOST_MS = 500;
/** How long a try may take, in milliseconds: one that hangs must not keep the next from being made in time. */
const TRY_FOR_MS = 1_500;
/** The same for the first one, which may have to wait until another server has made the schema. */
const FIRST_TRY_FOR_MS = 60_000;

/** Opens a line with a session of its own. */
export async function openSessionLine(options: LineOptions): Promise<Line> {
  const line = new SessionLine(options);
  await line.open();
  return line;
}

class SessionLine implements Line {
  readonly holdsSession = true;
  readonly #options: LineOptions;
  readonly #clock: Clock;
  #client: pg.Client | null = null;
  readonly #listeners: LineListener[] = [];
  /** Statements wait here for the one before: a client carries out one at a time. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;
  #cancelTimer = () => {};

  constructor(options: LineOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Connects for the first time. */
  async open(): Promise<void> {
    this.#use(await this.#connected(FIRST_TRY_FOR_MS));
  }

  listen(listener: LineListener): void {
    this.#listeners.push(listener);
  }

  ask(statement: Statement): Promise<readonly SqlRow[]> {
    const answer = this.#queue.then(() => this.#ask(statement));
    this.#queue = answer.catch(() => {});
    return answer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    // A peer that does not answer a goodbye is not waited for.
    const cutOff = this.#clock.after(AGAIN_AT_MOST_MS, () => client.connection.stream.destroy());
    await client.end().catch(() => {});
    cutOff();
  }

  async #ask({ text, values = [] }: Statement): Promise<readonly SqlRow[]> {
    const client = this.#client;
    if (client === null) throw new StoreUnavailable('PostgreSQL cannot be reached (connection lost)');
    const giveUp = this.#clock.after(this.#options.answerWithinMs, () => client.connection.stream.destroy());
    try {
      return (await client.query<SqlRow>({ text, values: parameters(values) })).rows;
    } catch (error) {
      throw translate(error);
    } finally {
      giveUp();
    }
  }

  /** A client that is ready to be used. */
  async #connected(withinMs: number): Promise<pg.Client> {
    const client = newClient(this.#options.url);
    client.on('error', () => {});
    const giveUp = this.#clock.after(withinMs, () => client.connection.stream.destroy());
    try {
      await client.connect();
      await beginSession(client);
      await this.#options.prepare(client);
      await client.query(`LISTEN ${CHANNEL}`);
      return client;
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    } finally {
      giveUp();
    }
  }

  #use(client: pg.Client): void {
    this.#client = client;
    client.on('notification', ({ payload = '' }) => {
      for (const listener of this.#listeners) listener.said(payload);
    });
    // One of them comes first, at times only one of them comes.
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    for (const listener of this.#listeners) listener.up();
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    client.connection.stream.destroy();
    for (const listener of this.#listeners) listener.down();
    void this.#connectAgain(AGAIN_MS);
  }

  async #connectAgain(pauseMs: number): Promise<void> {
    if (this.#closed) return;
    try {
      const client = await this.#connected(TRY_FOR_MS);
      if (this.#closed) await client.end();
      else this.#use(client);
    } catch {
      const next = Math.min(pauseMs * 2, AGAIN_AT_MOST_MS);
      this.#cancelTimer = this.#clock.after(pauseMs, () => void this.#connectAgain(next));
    }
  }
}

/** A line over connections that a pooler hands out statement by statement: nothing is heard on it, and it holds nothing. */
export class PooledLine implements Line {
  readonly holdsSession = false;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #answerWithinMs: number;
  readonly #listeners: LineListener[] = [];
  #up = true;
  #closed = false;
  #cancelTimer = () => {};

  /** `database` is the line's own: what it asks must not queue behind the work of the store. */
  constructor(database: Database, clock: Clock, answerWithinMs: number) {
    this.#database = database;
    this.#clock = clock;
    this.#answerWithinMs = answerWithinMs;
  }

  listen(listener: LineListener): void {
    this.#listeners.push(listener);
  }

  async ask(statement: Statement): Promise<readonly SqlRow[]> {
    if (!this.#up) throw new StoreUnavailable('PostgreSQL cannot be reached (connection lost)');
    const late = Promise.withResolvers<never>();
    const tooLate = () => late.reject(new StoreUnavailable('PostgreSQL does not answer'));
    const giveUp = this.#clock.after(this.#answerWithinMs, tooLate);
    try {
      return await Promise.race([this.#database.query(statement), late.promise]);
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#lost();
      throw error;
    } finally {
      giveUp();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#database.close();
  }

  #lost(): void {
    if (!this.#up) return;
    this.#up = false;
    for (const listener of this.#listeners) listener.down();
    this.#askAgain();
  }

  #askAgain(): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#clock.after(AGAIN_AT_MOST_MS, async () => {
      try {
        await this.#database.query({ text: 'SELECT 1' });
        if (this.#closed) return;
        this.#up = true;
        for (const listener of this.#listeners) listener.up();
      } catch {
        this.#askAgain();
      }
    });
  }
}
