import { afterAll, beforeAll, expect, test } from 'vitest';
import { FLAKED } from '../../src/core/domain/testing.ts';
import { checkDatabase } from '../../src/server/stores/postgres/check.ts';
import { factsOfDatabase } from '../../src/server/stores/postgres/inspect.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Server } from './server.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let server: Server;
beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  server = await Server.open(database.url);
  await server.join('server-1');
  const { fleet } = server;
  await fleet.registerAll(['m1', 'm2', 'm3', 'm4'], { rack: 'r1' });
  await fleet.startAndSucceed('m1', { runId: 'run-1', plan: 'repave-join' });
  const backingOff = await fleet.startAndBegin('m2', { runId: 'run-2' });
  await fleet.announce(backingOff);
  await fleet.end(backingOff, FLAKED);
  const held = await fleet.startAndBegin('m3', { runId: 'run-3' });
  await fleet.announce(held);
  await fleet.cancel('m3', 'run-3');
  await fleet.repair('m4', { method: 'DeleteMachine' });
});
afterAll(async () => {
  await server?.store.close();
  await postgres?.stop();
});

async function violations(): Promise<readonly string[]> {
  const told: string[] = [];
  await checkDatabase(database.url, (violation) => told.push(violation));
  return told;
}

test('what there is to know is told while servers have it, and nothing of the URL that is secret', async () => {
  const facts = await factsOfDatabase(database.url);
  expect(facts).toMatchObject({ kind: 'postgres', usedBy: '1 server', machines: 3, activeRuns: 1, finishedRuns: 2 });
  expect(facts.schemaVersion).toBeGreaterThan(0);
  expect(facts.bytes).toBeGreaterThan(100_000);
  const url = new URL(database.url);
  expect(facts.location).toBe(`${url.hostname}:${url.port || '5432'}${url.pathname}`);
  expect(facts.historyFrom).toBe(await server.store.earliest());
});

test('a database without a store is told from one with', async () => {
  const admin = new URL(database.url);
  admin.pathname = '/postgres';
  await expect(factsOfDatabase(admin.href)).rejects.toThrow('the database holds no store of bmdemo');
});

test('the check finds nothing wrong with what was written in order, whatever was let go of, and tells damage', async () => {
  expect(await violations()).toEqual([]);
  const all = { ageMs: null, count: null };
  while (await server.store.sweep({ runs: all, logs: all, events: { ageMs: null, count: 9 } }));
  expect(await violations()).toEqual([]);
  await database.query(`UPDATE bmdemo.machines SET rack = 'r9' WHERE machine_id = 'm1'`);
  await database.query(`DELETE FROM bmdemo.identities WHERE machine_id = 'm2' AND kind = 'serial'`);
  await database.query(`UPDATE bmdemo.leases SET fence = 99 WHERE run_id = 'run-2'`);
  expect(await violations()).toEqual([
    'machine m1: its column rack says r9, and its state r1',
    expect.stringMatching(/^machine m2: it declares serial SN-/),
    expect.stringMatching(/^run run-2: its fence 99 is above its machine's, /),
  ]);
});
