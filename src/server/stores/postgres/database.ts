import { createHash } from 'node:crypto';
import pg from 'pg';
import { breaksConnection, lostToAnother, StoreUnusable, translate } from './errors.ts';
import { Gate } from './gate.ts';

/** Values that go into statements. Text is made fit for PostgreSQL on the way: it has no place for U+0000 or half characters. */
export type SqlValue = string | number | boolean | null | Uint8Array | readonly string[] | readonly number[];

/** One statement. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly SqlValue[];
  /** Kept prepared by every connection, for statements that are sent all the time and planned alike. */
  readonly prepare?: boolean;
  /**
   * Ahead of the others that wait for a connection: it ends what was begun, which becomes stale while it waits, or gives those
   * something to do who have nothing.
   */
  readonly first?: boolean;
}

/** One row, by column name; 64-bit numbers come as numbers, those of transactions as text. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Where a statement can be carried out: any connection, or one in the middle of a transaction. */
export interface Queryable {
  /** The rows of a statement. @throws StoreUnavailable for what passes by itself */
  query(statement: Statement): Promise<readonly SqlRow[]>;
}

/** A transaction that only reads, as of the moment of its first statement. */
export interface ReadTransaction extends Queryable {
  /** Ends it and gives its connection back. Once more does nothing. */
  end(): Promise<void>;
}

/** How statements reach PostgreSQL. */
export interface DatabaseOptions {
  readonly url: string;
  /** Connections that statements share. */
  readonly poolSize: number;
  /** So many connections are there before they are needed, and stay; none unless said otherwise. */
  readonly ready?: number;
  /** False where each statement may find itself in another session: nothing is prepared then. */
  readonly sessions: boolean;
}

/** A statement without an answer for so long is given up, with its connection, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;
/** How long a new connection may take, in milliseconds. */
const CONNECT_WITHIN_MS = 5_000;
/** A connection that nobody used for so long is closed, in milliseconds. */
const IDLE_MS = 60_000;
/**
 * A connection that said nothing for so long shows that it is there, in milliseconds: those that are kept ready may be quiet for hours, and
 * what stands in between forgets them after minutes without a word to anybody.
 */
const QUIET_MS = 30_000;
/** How long connections have to end by themselves when the store is closed, in milliseconds. */
const GOODBYE_WITHIN_MS = 1_000;
/** A transaction that lost against another one is carried out again at most so often. */
const MAX_LOSSES = 10;

/**
 * What every session is told when it begins. A session whose program is gone lets go of its transaction by itself, and a commit
 * is durable also where the database was set up to be quick. Two minor planners' habits cost more than they bring here.
 */
const SETTINGS = `SELECT set_config('idle_in_transaction_session_timeout', '30s', false),
  set_config('statement_timeout', '30s', false), set_config('lock_timeout', '10s', false),
  set_config('default_transaction_isolation', 'read committed', false), set_config('jit', 'off', false),
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, false)`;

/** The connections that statements share, as many as the pool has. */
export class Database implements Queryable {
  readonly #pool: pg.Pool;
  readonly #gate: Gate;
  /** Transactions hold their connection while somebody reads: some are always left for statements. */
  readonly #readGate: Gate;
  readonly #prepares: boolean;
  readonly #ready: number;
  readonly #clients = new Set<pg.PoolClient>();
  #closed: Promise<void> | null = null;

  /** Connects nowhere yet. @throws StoreUnusable for a URL that cannot be read */
  constructor({ url, poolSize, sessions, ready = 0 }: DatabaseOptions) {
    this.#gate = new Gate(poolSize);
    this.#readGate = new Gate(Math.max(1, poolSize >> 1));
    this.#prepares = sessions;
    this.#ready = ready;
    this.#pool = new pg.Pool({
      ...clientConfig(url),
      max: poolSize,
      min: ready,
      idleTimeoutMillis: IDLE_MS,
      query_timeout: ANSWER_WITHIN_MS,
      onConnect: beginSession,
    });
    // A connection that breaks while nobody uses it is simply replaced.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => {
      this.#clients.add(client);
      // What a statement does not hear of, because none is under way, the next one does.
      client.on('error', () => {});
    });
    this.#pool.on('remove', (client) => this.#clients.delete(client));
  }

  async query(statement: Statement): Promise<readonly SqlRow[]> {
    for (let losses = 0; ; losses += 1) {
      await this.#gate.enter(statement.first);
      try {
        return await this.#withClient((client) => this.#run(client, statement));
      } catch (error) {
        if (!lostToAnother(error) || losses >= MAX_LOSSES) throw translate(error);
      } finally {
        this.#gate.leave();
      }
    }
  }

  /**
   * Carries out a transaction that writes; it is rolled back where `work` throws, and where `keeps` says so of its answer. One that
   * lost against another is carried out again, so `work` does nothing but ask.
   */
  async write<T>(work: (transaction: Queryable) => Promise<T>, keeps: (answer: T) => boolean): Promise<T> {
    for (let losses = 0; ; losses += 1) {
      await this.#gate.enter();
      try {
        return await this.#withClient((client) => this.#transaction(client, work, keeps));
      } catch (error) {
        if (!lostToAnother(error) || losses >= MAX_LOSSES) throw translate(error);
      } finally {
        this.#gate.leave();
      }
    }
  }

  async #transaction<T>(
    client: pg.PoolClient,
    work: (transaction: Queryable) => Promise<T>,
    keeps: (answer: T) => boolean,
  ): Promise<T> {
    await client.query('BEGIN');
    try {
      const answer = await work({ query: (statement) => this.#run(client, statement) });
      await client.query(keeps(answer) ? 'COMMIT' : 'ROLLBACK');
      return answer;
    } catch (error) {
      // A connection that cannot even roll back is not used again.
      if (!breaksConnection(error)) await client.query('ROLLBACK');
      throw error;
    }
  }

  /** Begins a transaction that reads as of one moment. It must be ended. */
  async beginRead(): Promise<ReadTransaction> {
    await this.#readGate.enter();
    try {
      await this.#gate.enter();
    } catch (error) {
      this.#readGate.leave();
      throw error;
    }
    const begun = Promise.withResolvers<ReadTransaction>();
    const finished = Promise.withResolvers<void>();
    const done = this.#withClient(async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const query = (statement: Statement) =>
        this.#run(client, statement).catch((error: unknown) => {
          throw translate(error);
        });
      const end = () => {
        finished.resolve();
        return done;
      };
      begun.resolve({ query, end });
      await finished.promise;
      await client.query('COMMIT');
    })
      .catch((error: unknown) => begun.reject(translate(error)))
      .finally(() => {
        this.#gate.leave();
        this.#readGate.leave();
      });
    return begun.promise;
  }

  /** Makes the connections that are to be there, and lets each `rehearse` what it will be asked. What fails is left to who needs it. */
  async makeReady(rehearse: Statement): Promise<void> {
    await Promise.allSettled(Array.from({ length: this.#ready }, () => this.query(rehearse)));
  }

  /** Gives up every connection at once: it is known by other means that nothing comes over them any more. */
  abandon(): void {
    for (const client of this.#clients) client.connection.stream.destroy();
  }

  /** Closes every connection; statements under way are waited for, all others are refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#readGate.close();
    await this.#gate.close();
    // What does not answer a goodbye is cut off.
    const cutOff = setTimeout(() => this.abandon(), GOODBYE_WITHIN_MS);
    await this.#pool.end();
    clearTimeout(cutOff);
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = breaksConnection(error) || client.getTransactionStatus() !== 'I';
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async #run(client: pg.PoolClient, { text, values = [], prepare = false }: Statement): Promise<readonly SqlRow[]> {
    const name = prepare && this.#prepares ? nameOf(text) : undefined;
    const result = await client.query<SqlRow>({
      text,
      values: parameters(values),
      ...(name === undefined ? {} : { name }),
    });
    return result.rows;
  }
}

/** A client that is not connected yet, outside the pool. Once it is, `beginSession` makes it like the others. */
export function newClient(url: string): pg.Client {
  return new pg.Client(clientConfig(url));
}

/** Tells a new session what every one of ours is told. */
export async function beginSession(client: pg.ClientBase): Promise<void> {
  await client.query(SETTINGS);
}

/** How clients connect. The modes of TLS mean what PostgreSQL's own clients mean by them; without one there is no TLS. */
function clientConfig(url: string): pg.ClientConfig {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new StoreUnusable('the store URL cannot be read; it looks like postgres://USER@HOST:PORT/DATABASE');
  }
  if (parsed.searchParams.has('sslmode') && !parsed.searchParams.has('uselibpqcompat')) {
    parsed.searchParams.set('uselibpqcompat', 'true');
  }
  return {
    connectionString: parsed.href,
    fallback_application_name: 'bmdemo',
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: QUIET_MS,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  };
}

/** @see pg_type.dat: the type of 64-bit numbers, of which the store writes none that a JavaScript number cannot hold. */
const INT8 = 20;

function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}

/** Values as the driver takes them. */
export function parameters(values: readonly SqlValue[]): unknown[] {
  return values.map(fit);
}

function fit(value: SqlValue): unknown {
  if (typeof value === 'string') return fitText(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(fit);
  return value;
}

/** Text as PostgreSQL can keep it: U+FFFD stands where it has no place for a character. */
function fitText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** How JSON writes what PostgreSQL has no place for; also found where it is only the text of such an escape, which does no harm. */
const MAY_NOT_FIT = /\\u(?:0000|d[89a-f])/i;

/** JSON as PostgreSQL can read it: every text in it is made fit. */
export function jsonForSql(value: unknown): string {
  const json = JSON.stringify(value);
  if (!MAY_NOT_FIT.test(json)) return json;
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? fitText(inner) : inner));
}

const names = new Map<string, string>();

/** One name for one text, the same in every process: prepared statements are found by it. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `bmdemo_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
    names.set(text, name);
  }
  return name;
}
