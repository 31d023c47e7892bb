import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { LEASE_MS, Server } from './server.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let one: Server;
let other: Server;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  database = await postgres.createDatabase();
  one = await Server.open(database.url);
  other = await Server.open(database.url);
  await one.join('one');
  await other.join('other');
});
afterEach(async () => {
  await one.store.close();
  await other.store.close();
  await database.drop();
});

const UNAVAILABLE = expect.objectContaining({ name: 'StoreUnavailable' });

/** PostgreSQL itself can only be stopped where it is the tests' own. */
describe.runIf((process.env.BMDEMO_TEST_POSTGRES_URL ?? '') === '')('PostgreSQL', () => {
  test('is restarted: nobody is given up, and all goes on where it was', async () => {
    await one.fleet.registerAll(['m1', 'm2']);
    const held = await one.fleet.startAndBegin('m1', {}, 'one');
    const kept = await other.fleet.startAndBegin('m2', {}, 'other');
    const from = await one.store.head();
    await postgres.power?.off();
    await Promise.all([one.standing('suspended'), other.standing('suspended')]);
    await expect(one.store.load('m1')).rejects.toEqual(UNAVAILABLE);
    await expect(one.fleet.announce(held)).rejects.toEqual(UNAVAILABLE);
    await postgres.power?.on();
    await Promise.all([one.standing('resumed'), other.standing('resumed')]);
    expect([await one.store.reap('one'), await other.store.reap('other')]).toEqual([[], []]);
    await one.fleet.announce(held);
    await other.fleet.announce(kept);
    expect([one.told, other.told]).toEqual([
      ['suspended', 'resumed'],
      ['suspended', 'resumed'],
    ]);
    const tail = await other.store.tail(from, 10);
    expect('events' in tail ? tail.events.map(({ kind }) => kind) : tail.kind).toEqual([
      'ATTEMPT_STARTED',
      'ATTEMPT_STARTED',
    ]);
  });

  test('is away for longer than a lease: both come back under new names, and what was theirs goes on', async () => {
    await one.fleet.registerAll(['m1', 'm2']);
    const held = await one.fleet.startAndBegin('m1', {}, 'one');
    await one.fleet.announce(held);
    await postgres.power?.off();
    await Promise.all([one.standing('expelled'), other.standing('expelled')]);
    await expect(one.join('one-2')).rejects.toEqual(UNAVAILABLE);
    await postgres.power?.on();
    await one.whenever(async () => (await one.join('one-2').catch(() => 'not yet')) === undefined);
    await other.whenever(async () => (await other.join('other-2').catch(() => 'not yet')) === undefined);
    // What the old one could not write while PostgreSQL was away is written now: nobody has taken its run yet.
    await one.fleet.end(held, { kind: 'done', message: 'rebooted' });
    let claimed: readonly string[] = [];
    await other.whenever(async () => {
      await other.store.reap('other-2');
      claimed = (await other.store.claim('other-2', 10)).claims.map(({ runId }) => runId);
      return claimed.length > 0;
    });
    expect(claimed).toEqual([held.runId]);
    expect((await other.fleet.run(held)).steps[0]?.state).toBe('SUCCEEDED');
    expect([one.told, other.told]).toEqual([
      ['suspended', 'expelled'],
      ['suspended', 'expelled'],
    ]);
  });
});

test('sessions that an administrator ends are replaced, and calls under way say that they may be made again', async () => {
  await one.fleet.register('m1');
  await database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  await Promise.all([one.standing('resumed'), other.standing('resumed')]);
  await one.fleet.label('m1', 'still', 'there');
  expect((await other.store.machine('m1'))?.labels).toEqual({ still: 'there' });
});

test('a statement that lost against another in a deadlock is carried out again by itself', async () => {
  await one.fleet.registerAll(['m1', 'm2']);
  await database.query(`
    CREATE FUNCTION public.lose() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('public.losses') < 3 THEN
        RAISE EXCEPTION USING ERRCODE = 'deadlock_detected';
      END IF;
      RETURN NEW;
    END $$;
    CREATE SEQUENCE public.losses;
    CREATE TRIGGER lose BEFORE UPDATE ON bmdemo.aggregates FOR EACH ROW EXECUTE FUNCTION public.lose();`);
  const { machine } = await one.fleet.label('m1', 'went', 'through');
  expect(machine?.labels).toEqual({ went: 'through' });
});

test('a lease is as long as it was asked for', async () => {
  const [row] = await database.query(
    "SELECT lease_until - bmdemo.now_ms() AS left FROM bmdemo.servers WHERE instance = 'one'",
  );
  expect(Number(row?.left)).toBeGreaterThan(LEASE_MS / 2);
  expect(Number(row?.left)).toBeLessThanOrEqual(LEASE_MS);
});
