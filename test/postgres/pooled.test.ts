import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Pooler } from './pooler.ts';
import { openPooler } from './pooler.ts';
import { Server } from './server.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let pooler: Pooler;
const servers: Server[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  database = await postgres.createDatabase();
  pooler = await openPooler(database.url, 4);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.store.close();
  await pooler.close();
  await database.drop();
});

async function open(url: string): Promise<Server> {
  const server = await Server.open(url);
  servers.push(server);
  return server;
}

test('a direct connection has all it needs, and a pooled one says what it lacks', async () => {
  expect((await (await open(database.url)).store.health()).degraded).toBe('');
  expect((await (await open(pooler.url)).store.health()).degraded).toMatch(/pooler/);
});

test('a pooler with a single session is found out, too', async () => {
  const single = await openPooler(database.url, 1);
  const server = await Server.open(single.url);
  expect((await server.store.health()).degraded).toMatch(/pooler/);
  await server.store.close();
  await single.close();
});

test('over a pooler all is done that a store does, and what others do is found by looking', async () => {
  const [one, other] = [await open(pooler.url), await open(database.url)];
  await one.join('one');
  await other.join('other');
  expect(await database.query("SELECT lock_id FROM bmdemo.servers WHERE instance = 'one'")).toEqual([
    { lock_id: null },
  ]);
  const from = await one.store.head();
  await other.fleet.register('m1');
  const found = one.hint((hint) => hint.due === true && hint.events === true);
  const held = await one.fleet.startAndBegin('m1', { plan: 'repave-join' }, 'one');
  await found;
  await one.fleet.succeed(held);
  const tail = await one.store.tail(from, 100);
  expect('events' in tail ? tail.events.at(-1)?.kind : tail.kind).toBe('REPAVED_AND_JOINED');
  expect(await other.store.reap('other')).toEqual([]);
  expect([one.told, other.told]).toEqual([[], []]);
});

test('a server behind a pooler that is lost gives itself up, and is taken over when its lease has ended', async () => {
  const [one, other] = [await open(pooler.url), await open(database.url)];
  await one.join('one');
  await other.join('other');
  await other.fleet.register('m1');
  const held = await one.fleet.startAndBegin('m1', {}, 'one');
  await pooler.close();
  await one.standing('expelled');
  let fence = 0;
  await other.whenever(async () => {
    await other.store.reap('other');
    const { claims } = await other.store.claim('other', 1);
    fence = claims[0]?.fence ?? 0;
    return fence > 0;
  });
  expect(fence).toBe(held.fence + 1);
  expect(one.told).toEqual(['suspended', 'expelled']);
});
