import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RetentionPolicy } from '../../src/core/ports/retention.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Server } from './server.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let server: Server;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  database = await postgres.createDatabase();
  server = await Server.open(database.url);
  await server.join('server-1');
});
afterEach(async () => {
  await server.store.close();
  await database.drop();
});

const ALL = { ageMs: null, count: null };
const KEEP_ALL: RetentionPolicy = { runs: ALL, events: ALL, logs: ALL };
const LINE = { at: 0, stream: 'stdout', data: Uint8Array.of(65), step: 'reboot', attempt: 1 } as const;

async function sweep(policy: Partial<RetentionPolicy>): Promise<number> {
  let steps = 1;
  while (await server.store.sweep({ ...KEEP_ALL, ...policy })) steps += 1;
  return steps;
}

async function count(table: string): Promise<number> {
  const [row] = await database.query(`SELECT count(*)::integer AS n FROM bmdemo.${table}`);
  return Number(row?.n);
}

/** A run that has said so many lines and ended. */
async function finished(runId: string, lines: number): Promise<void> {
  const held = await server.fleet.startAndBegin('m1', { runId }, 'server-1');
  const said = Array.from({ length: lines }, () => LINE);
  await server.store.appendLogs([{ ...held, lines: said, progress: null }]);
  await server.fleet.succeed(held);
}

test('what is kept is kept', async () => {
  await server.fleet.register('m1');
  await finished('run-1', 3);
  const before = [await count('events'), await count('runs'), await count('logs')];
  expect(await sweep({})).toBe(1);
  expect([await count('events'), await count('runs'), await count('logs')]).toEqual(before);
});

test('runs go by age, and with the last one of a plan the plan', async () => {
  await server.fleet.register('m1');
  await finished('run-1', 3);
  await finished('run-2', 3);
  const old = { ageMs: 60_000, count: null };
  await sweep({ runs: old });
  expect(await count('runs')).toBe(2);
  await database.query("UPDATE bmdemo.runs SET end_key = end_key - 120000 WHERE run_id = 'run-1'");
  await sweep({ runs: old });
  expect([await server.store.run('run-1'), await count('bound_plans'), await count('logs')]).toEqual([null, 1, 3]);
  await database.query('UPDATE bmdemo.runs SET end_key = end_key - 120000');
  await sweep({ runs: old });
  expect([await count('runs'), await count('bound_plans'), await count('logs'), await count('log_sizes')]).toEqual([
    0, 0, 0, 0,
  ]);
  expect(await server.store.sweptRun('run-2')).toMatchObject({ phase: 'SUCCEEDED' });
  await finished('run-3', 1);
  expect(await count('bound_plans')).toBe(1);
});

test('logs go by age and by count, in steps; those of runs under way stay', async () => {
  await server.fleet.register('m1');
  await finished('run-1', 6_000);
  await finished('run-2', 2);
  const going = await server.fleet.startAndBegin('m1', { runId: 'run-3' }, 'server-1');
  await server.store.appendLogs([{ ...going, lines: [LINE], progress: null }]);
  expect(await sweep({ logs: { ageMs: null, count: 1 } })).toBe(2);
  expect(await server.store.logs('run-1', 0, 10)).toEqual([]);
  expect(await server.store.logs('run-2', 0, 10)).toHaveLength(2);
  await database.query('UPDATE bmdemo.log_sizes SET ended_at = ended_at - 120000');
  await sweep({ logs: { ageMs: 60_000, count: null } });
  expect(await server.store.logs('run-2', 0, 10)).toEqual([]);
  expect(await server.store.logs('run-3', 0, 10)).toHaveLength(1);
  expect(await count('runs')).toBe(3);
});

test('events go by age, a little at a time, and the fleet as it was is still whole after them', async () => {
  const { store, fleet } = server;
  await fleet.register('m1');
  const from = await store.head();
  for (let at = 0; at < 5; at += 1) await fleet.label('m1', 'count', String(at));
  await database.query('UPDATE bmdemo.events SET at = at - 120000 WHERE revision <= 3');
  await sweep({ events: { ageMs: 60_000, count: null } });
  expect(await count('events')).toBe(3);
  expect(await store.tail(from, 10)).toEqual({ kind: 'expired' });
  expect(await database.query('SELECT subject, id, revision FROM bmdemo.baselines')).toEqual([
    { subject: 'machine', id: 'm1', revision: '3' },
  ]);
});

test('two servers that sweep at once let go of no more than one would', async () => {
  await server.fleet.register('m1');
  for (let at = 0; at < 6; at += 1) await finished(`run-${at}`, 1);
  const other = await Server.open(database.url);
  const policy = { ...KEEP_ALL, runs: { ageMs: null, count: 2 }, events: { ageMs: null, count: 10 } };
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([server.store.sweep(policy), other.store.sweep(policy)]);
  }
  expect([await count('runs'), await count('events')]).toEqual([2, 10]);
  expect((await server.store.counts({ clauses: [] })).runs).toEqual({ SUCCEEDED: 2 });
  await other.store.close();
});
