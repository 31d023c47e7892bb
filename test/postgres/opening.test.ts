import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/server/clock.ts';
import { MIGRATIONS } from '../../src/server/stores/postgres/migrations.ts';
import { migrate } from '../../src/server/stores/postgres/schema/migrate.ts';
import type { PostgresStore } from '../../src/server/stores/postgres/store.ts';
import { openPostgresStore } from '../../src/server/stores/postgres/store.ts';
import { RUN_LOG_LIMITS } from '../../src/server/stores/shared/limits.ts';
import { Fleet } from '../support/fleet.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { QUIET, startPostgres } from '../support/postgres.ts';
import { openTransaction, waiting } from './sessions.ts';

let postgres: TestPostgres;
let database: TestDatabase;
const opened: PostgresStore[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  database = await postgres.createDatabase();
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await database.drop();
});

async function open(url = database.url): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, clock: systemClock, limits: RUN_LOG_LIMITS, log: QUIET });
  opened.push(store);
  return store;
}

/** How opening was refused: the name of the error and its sentence. */
async function refusal(url: string): Promise<{ name: string; message: string }> {
  const error: unknown = await open(url).catch((refused: unknown) => refused);
  if (!(error instanceof Error)) throw new Error('it was opened');
  const parsed = new URL(url);
  for (const part of [parsed.hostname, parsed.port, parsed.username, parsed.password, parsed.pathname.slice(1)]) {
    if (part !== '') expect(error.message).not.toContain(part);
  }
  expect(error.cause).toBeUndefined();
  return { name: error.name, message: error.message };
}

function urlWith(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

/** Brings the schema to what these migrations make. */
async function migrated(migrations: typeof MIGRATIONS): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await migrate(client, migrations).finally(() => client.end());
}

const NEXT = { number: MIGRATIONS.length + 1, sql: 'CREATE TABLE bmdemo.later (name text)' };

test('connections that are to be ready are there, with their plans, before anybody needs them', async () => {
  const options = {
    url: database.url,
    clock: systemClock,
    limits: RUN_LOG_LIMITS,
    poolSize: 3,
    ready: true,
    log: QUIET,
  };
  opened.push(await openPostgresStore(options));
  const rehearsed = `SELECT count(*)::integer AS sessions FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle' AND query = 'SELECT bmdemo.rehearse()'`;
  while ((await database.query(rehearsed))[0]?.sessions !== 3);
});

describe('the schema', () => {
  test('of a bmdemo that did not hand places on knows where those wait that it has', async () => {
    await migrated(MIGRATIONS.slice(0, 4));
    await database.query(`INSERT INTO bmdemo.machines VALUES
      ('m1', 'PROVISIONING', 1, 'PROVISIONING', 'r1', 'fake', 'c1', false, 0, 'run-1', NULL, '{}')`);
    await database.query(`INSERT INTO bmdemo.leases (run_id, machine_id, created_at, owner, fence, due_at)
      VALUES ('run-1', 'm1', 0, NULL, 0, 0)`);
    await migrated(MIGRATIONS);
    expect(await database.query('SELECT cluster, provider, rack FROM bmdemo.leases')).toEqual([
      { cluster: 'c1', provider: 'fake', rack: 'r1' },
    ]);
  });

  test('is brought up to date beside a server that is changing a machine, without a circle in which they wait', async () => {
    await migrated(MIGRATIONS.slice(0, 4));
    // As bmdemo.commit_change goes about it.
    const older = await openTransaction(
      database,
      "SELECT 1 FROM bmdemo.aggregates WHERE machine_id = 'm1' FOR NO KEY UPDATE",
      "UPDATE bmdemo.machines SET phase = phase WHERE machine_id = 'm1'",
    );
    const done = migrated(MIGRATIONS);
    await waiting(database, 1);
    await older.query("UPDATE bmdemo.leases SET due_at = 0 WHERE machine_id = 'm1'");
    await older.end('COMMIT');
    await done;
  });

  test('is made once, and found again with what is in it', async () => {
    await new Fleet(await open()).register('m1');
    const again = await open();
    expect((await again.machine('m1'))?.id).toBe('m1');
    expect(await database.query('SELECT number FROM bmdemo.migrations')).toHaveLength(MIGRATIONS.length);
  });

  test('is made by one of many that come at once', async () => {
    const stores = await Promise.all([open(), open(), open(), open()]);
    await new Fleet(stores[0] as PostgresStore).register('m1');
    expect((await stores[3]?.machine('m1'))?.id).toBe('m1');
    expect(await database.query('SELECT number FROM bmdemo.migrations')).toHaveLength(MIGRATIONS.length);
  });

  test('is brought up to date', async () => {
    await migrated(MIGRATIONS);
    await migrated([...MIGRATIONS, NEXT]);
    expect(await database.query('SELECT * FROM bmdemo.later')).toEqual([]);
  });

  test('of a newer bmdemo is refused, and left as it is', async () => {
    await migrated([...MIGRATIONS, NEXT]);
    expect(await refusal(database.url)).toEqual({
      name: 'StoreUnusable',
      message: expect.stringContaining(
        `written by a newer bmdemo (schema ${MIGRATIONS.length + 1}, this one knows ${MIGRATIONS.length})`,
      ),
    });
    expect(await database.query('SELECT * FROM bmdemo.later')).toEqual([]);
  });

  test('that was made otherwise is refused', async () => {
    await migrated(MIGRATIONS);
    await database.query("UPDATE bmdemo.migrations SET checksum = 'other'");
    expect((await refusal(database.url)).message).toMatch(/does not know \(migration 1 differs\)/);
  });

  test('has nothing left of a migration that fails', async () => {
    const broken = { number: NEXT.number, sql: 'CREATE TABLE bmdemo.later (name text); CREATE NONSENSE' };
    await expect(migrated([...MIGRATIONS, broken])).rejects.toThrow();
    expect(await database.query("SELECT to_regnamespace('bmdemo') AS schema")).toEqual([{ schema: null }]);
    await open();
  });
});

describe('a user that is no superuser', () => {
  const role = async (name: string, grant: string) => {
    const user = `bmdemo_${name}_${Math.random().toString(36).slice(2, 8)}`;
    await database.query(`CREATE ROLE ${user} LOGIN PASSWORD 'pw-of-it' NOSUPERUSER`);
    const [row] = await database.query('SELECT current_database() AS name');
    await database.query(grant.replaceAll('$user', user).replaceAll('$database', String(row?.name)));
    return urlWith((url) => {
      url.username = user;
      url.password = 'pw-of-it';
    });
  };

  test('that may create schemas has all it needs', async () => {
    const url = await role('creator', 'GRANT CREATE ON DATABASE $database TO $user');
    const store = await open(url);
    const fleet = new Fleet(store);
    await store.membership.join('server-1', { suspended() {}, resumed() {}, expelled() {} });
    await fleet.register('m1');
    await fleet.startAndSucceed('m1', { plan: 'repave-join' });
    expect((await store.health()).degraded).toBe('');
    const [log] = await database.query('SELECT home FROM bmdemo.event_log');
    expect(String(log?.home)).toMatch(/^\d+\/[0-9A-F]{8}\/\d+$/);
    await database.query(`DROP OWNED BY ${new URL(url).username}`);
  });

  test('that owns the schema needs no other right', async () => {
    const url = await role('owner', 'CREATE SCHEMA bmdemo AUTHORIZATION $user');
    await new Fleet(await open(url)).register('m1');
    await database.query(`DROP OWNED BY ${new URL(url).username}`);
  });

  test('that may do neither is told what to ask for', async () => {
    const url = await role('nobody', 'SELECT 1');
    expect(await refusal(url)).toEqual({ name: 'StoreUnusable', message: expect.stringContaining('GRANT CREATE') });
  });
});

describe('a URL', () => {
  test('with a wrong password is refused for good', async () => {
    const url = urlWith((wrong) => {
      wrong.password = 'a-wrong-one';
    });
    expect(await refusal(url)).toMatchObject({ name: 'StoreUnusable', message: expect.stringContaining('password') });
  });

  test('of a database that is not there is refused for good', async () => {
    const url = urlWith((wrong) => {
      wrong.pathname = '/there_is_none';
    });
    expect(await refusal(url)).toMatchObject({ name: 'StoreUnusable', message: expect.stringContaining('create it') });
  });

  test('that asks for TLS where there is none is refused for good', async () => {
    const url = urlWith((tls) => tls.searchParams.set('sslmode', 'require'));
    expect(await refusal(url)).toMatchObject({ name: 'StoreUnusable', message: expect.stringContaining('TLS') });
  });

  test('that is none says what one looks like', async () => {
    const open = openPostgresStore({ url: 'nonsense', clock: systemClock, limits: RUN_LOG_LIMITS, log: QUIET });
    await expect(open).rejects.toMatchObject({
      name: 'StoreUnusable',
      message: expect.stringContaining('postgres://'),
    });
  });

  test('where nobody listens may be tried again', async () => {
    const url = urlWith((nowhere) => {
      nowhere.port = '1';
    });
    expect(await refusal(url)).toMatchObject({ name: 'StoreUnavailable' });
  });

  test('where somebody else listens may be tried again', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const url = urlWith((other) => {
      other.port = String(port);
    });
    expect(await refusal(url)).toMatchObject({ name: 'StoreUnavailable' });
    server.close();
  });
});

test('a database of another encoding is refused', async () => {
  const [row] = await database.query('SELECT current_database() AS name');
  const name = `${String(row?.name)}_latin`;
  await database.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
  const url = urlWith((latin) => {
    latin.pathname = `/${name}`;
  });
  expect(await refusal(url)).toMatchObject({ name: 'StoreUnusable', message: expect.stringContaining('UTF8') });
  await database.query(`DROP DATABASE ${name}`);
});

test('text that PostgreSQL has no place for is kept in images, and finds its place in columns', async () => {
  const store = await open();
  const fleet = new Fleet(store);
  const { machine } = await fleet.register('m1', { rack: 'r\u0000\ud800', model: 'x\u0000y' }, { a: '\udfff' });
  expect(await store.machine('m1')).toEqual(machine);
  expect(machine?.spec.model).toBe('x\u0000y');
});
