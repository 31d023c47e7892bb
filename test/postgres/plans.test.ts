import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventStatements } from '../../src/server/stores/postgres/event-lists.ts';
import { listStatements } from '../../src/server/stores/postgres/lists.ts';
import { PAST_STATEMENTS } from '../../src/server/stores/postgres/past.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Server } from './server.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let server: Server;
beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  const [row] = await database.query("SELECT current_setting('server_version_num')::integer AS version");
  // EXPLAIN (GENERIC_PLAN) came with it.
  if (Number(row?.version) < 160_000)
    throw new Error('these tests need PostgreSQL 16 or newer: older ones explain no plan without its values');
  server = await Server.open(database.url);
  // As many rows as make an index worth more than reading all.
  await database.query(MANY);
  await database.query('ANALYZE');
});
afterAll(async () => {
  await server?.store.close();
  await postgres?.stop();
});

const MANY = `
  INSERT INTO bmdemo.aggregates SELECT 'm' || n, 1, n FROM generate_series(1, 5000) AS n;
  INSERT INTO bmdemo.machines
    SELECT 'm' || n, 'READY', n % 7, 'READY', 'r' || n % 50, 'fake', 'c' || n % 9, n % 100 = 0, n, NULL, NULL, '{}'
    FROM generate_series(1, 5000) AS n;
  INSERT INTO bmdemo.baselines SELECT 'machine', 'm' || n, 'm' || n, 1, n, '{}' FROM generate_series(1, 5000) AS n;
  INSERT INTO bmdemo.baselines SELECT 'run', 'run' || n, 'm1', 1, n, '{}' FROM generate_series(1, 5000) AS n;
  INSERT INTO bmdemo.bound_plans (digest, plan) VALUES ('x', '{}');
  INSERT INTO bmdemo.runs
    SELECT 'run' || n, 'm' || n % 5000, 'SUCCEEDED', 'REBOOT', 'plan/p' || n % 9, 'u' || n % 30, n, n, false, 1, '{}'
    FROM generate_series(1, 20000) AS n;
  INSERT INTO bmdemo.events (epoch, xid, machine_id, run_id, plan_id, subject, kind, revision, rests, at, actor, peer,
      request_id, method, server, reason, message, after)
    SELECT 1, (n / 3)::text::xid8, 'm' || n % 5000, CASE WHEN n % 2 = 0 THEN 'run' || n % 20000 ELSE '' END, '', 'machine',
      'UPDATED', n, false, n, '', '', CASE WHEN n % 5 = 0 THEN 'q' || n ELSE '' END, '', '', '', '', '{}'
    FROM generate_series(4, 30000) AS n;`;

/** How PostgreSQL carries a statement out, whatever its values are. */
async function planOf(sql: string): Promise<string> {
  const lines = await database.query(`EXPLAIN (GENERIC_PLAN) ${sql}`);
  return lines.map((line) => String(line['QUERY PLAN'])).join('\n');
}

describe('every list statement', () => {
  test.each(listStatements())('is served by one index, in its order: %s', async (sql) => {
    const plan = await planOf(sql);
    expect(plan).toMatch(/Index (Only )?Scan/);
    expect(plan).not.toMatch(/Seq Scan on (machines|runs)/);
    // The runs of one machine are few enough to be sorted.
    if (!/machine_id = \$1|run_id = \$1/.test(sql)) expect(plan).not.toContain('Sort');
  });
});

describe('every statement that reads events', () => {
  test.each([...eventStatements(), ...PAST_STATEMENTS])('is served by an index: %s', async (sql) => {
    expect(await planOf(sql)).not.toMatch(/Seq Scan on (events|baselines|aggregates|runs)/);
  });
});

test('a count of machines looks at an index alone', async () => {
  const plan = await planOf(
    "SELECT count(*) FROM (SELECT 1 FROM bmdemo.machines WHERE rack = 'r1' LIMIT 1001) AS counted",
  );
  expect(plan).toMatch(/machines_by_rack/);
});
