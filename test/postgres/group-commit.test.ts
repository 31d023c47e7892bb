import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
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

test.each([
  ['machine', "SELECT 1 FROM bmdemo.aggregates WHERE machine_id = 'm1' FOR UPDATE"],
  ['run', "SELECT 1 FROM bmdemo.leases WHERE machine_id = 'm1' FOR UPDATE"],
])('somebody who holds a %s keeps only its own owner waiting, not those whose writes go with it', async (_, holds) => {
  const { store, fleet } = server;
  const machineIds = ['m1', 'm2', 'm3', 'm4'];
  await fleet.registerAll(machineIds);
  await Promise.all(machineIds.map((machineId) => fleet.start(machineId)));
  const { claims } = await store.claim('server-1', 10);
  const held = claims.map((claim) => ({ ...claim, owner: 'server-1' }));
  await Promise.all(held.map((one) => fleet.begin(one)));
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query(holds);
  const order: string[] = [];
  const announced = held.map(async (one) => {
    await fleet.announce(one);
    order.push(one.machineId);
  });
  await Promise.all(announced.filter((_one, at) => held[at]?.machineId !== 'm1'));
  expect(order.toSorted()).toEqual(['m2', 'm3', 'm4']);
  await holder.query('ROLLBACK');
  await Promise.all(announced);
  expect(order.at(-1)).toBe('m1');
  await holder.end();
});
