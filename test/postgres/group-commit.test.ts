import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { decideRegister } from '../../src/core/domain/decide/machine.ts';
import type { Machine } from '../../src/core/domain/machine.ts';
import { REFUSED } from '../../src/core/domain/testing.ts';
import type { Registration } from '../../src/core/ports/store.ts';
import { changed } from '../contract/changes.ts';
import type { Fleet, Held } from '../support/fleet.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Server } from './server.ts';
import { deadlocks, openTransaction, waiting } from './sessions.ts';

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
  const holder = await openTransaction(database, holds);
  const order: string[] = [];
  const announced = held.map(async (one) => {
    await fleet.announce(one);
    order.push(one.machineId);
  });
  await Promise.all(announced.filter((_one, at) => held[at]?.machineId !== 'm1'));
  expect(order.toSorted()).toEqual(['m2', 'm3', 'm4']);
  await holder.end('ROLLBACK');
  await Promise.all(announced);
  expect(order.at(-1)).toBe('m1');
});

test('two servers that begin and end runs of the same racks at the same moment never wait for each other in a circle', async () => {
  const other = await Server.open(database.url);
  await other.join('server-2');
  await server.store.setLimits([{ kind: 'rack', name: '', most: 100 }]);
  const machineIds = Array.from({ length: 48 }, (_, at) => `m${at}`);
  await Promise.all(machineIds.map((id, at) => server.fleet.register(id, { rack: `r${at % 6}` })));
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(machineIds.map((id) => server.fleet.start(id)));
    const mine = (await server.store.claim('server-1', 24)).claims.map((claim) => ({ ...claim, owner: 'server-1' }));
    const theirs = (await other.store.claim('server-2', 24)).claims.map((claim) => ({ ...claim, owner: 'server-2' }));
    const sides = [
      { fleet: server.fleet, early: mine.slice(0, 12), late: mine.slice(12) },
      { fleet: other.fleet, early: theirs.slice(0, 12).toReversed(), late: theirs.slice(12).toReversed() },
    ];
    const begin = (fleet: Fleet, runs: readonly Held[]) => runs.map((one) => fleet.begin(one));
    const end = (fleet: Fleet, runs: readonly Held[]) => runs.map((one) => fleet.end(one, REFUSED));
    await Promise.all(sides.flatMap(({ fleet, early }) => begin(fleet, early)));
    await Promise.all(sides.flatMap(({ fleet, early }) => early.map((one) => fleet.announce(one))));
    await Promise.all(sides.flatMap(({ fleet, early, late }) => [...end(fleet, early), ...begin(fleet, late)]));
    await Promise.all(sides.flatMap(({ fleet, late }) => late.map((one) => fleet.announce(one))));
    await Promise.all(sides.flatMap(({ fleet, late }) => end(fleet, late)));
  }
  expect((await server.store.queue()).scopes).toEqual([]);
  await other.store.close();
  await server.store.close();
  expect(await deadlocks(database)).toBe(0);
});

test('who moves the machines of several runs and who writes their logs never wait for each other in a circle', async () => {
  const { store, fleet } = server;
  await fleet.registerAll(['m1', 'm2'], { rack: 'r1' });
  await fleet.start('m1', { runId: 'run-2' });
  await fleet.start('m2', { runId: 'run-1' });
  await store.claim('server-1', 10);
  const moves = await Promise.all(['m1', 'm2'].map((id) => moving(id)));
  const writer = await openTransaction(database);
  const lock = 'SELECT 1 FROM bmdemo.leases WHERE run_id = $1 FOR SHARE';
  await writer.query(lock, ['run-1']);
  const moved = store.commitAll(moves);
  await waiting(database, 1);
  await writer.query(lock, ['run-2']);
  await writer.end('COMMIT');
  expect(await moved).toEqual({ kind: 'ok' });
  expect(await database.query('SELECT DISTINCT rack FROM bmdemo.leases')).toEqual([{ rack: 'r2' }]);
  await store.close();
  expect(await deadlocks(database)).toBe(0);
});

/** A change that registers a known machine again, in another rack. */
async function moving(machineId: string): Promise<Registration> {
  const before = await server.store.load(machineId);
  const spec = { ...(before.machine as Machine).spec, rack: 'r2' };
  const change = changed(before, decideRegister(before, { spec, labels: {}, etag: '' }));
  return { ...change, runs: [], request: null, guard: null, raiseFenceOf: null, basis: [] };
}
