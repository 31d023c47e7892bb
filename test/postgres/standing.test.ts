import type { TestContext } from 'vitest';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import type { SpoiltWay } from './proxy.ts';
import { openProxy } from './proxy.ts';
import { Server } from './server.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** What one test has to itself. */
interface Place {
  readonly database: TestDatabase;
  readonly proxy: SpoiltWay;
  /** A server that reaches PostgreSQL directly. */
  near(): Promise<Server>;
  /** One that reaches it through the proxy. */
  far(): Promise<Server>;
}

async function aPlace({ onTestFinished }: TestContext): Promise<Place> {
  const database = await postgres.createDatabase();
  const proxy = await openProxy(postgres);
  const servers: Server[] = [];
  onTestFinished(async () => {
    await proxy.close();
    for (const server of servers) await server.store.close();
    await database.drop();
  });
  const open = async (url: string) => {
    const server = await Server.open(url);
    servers.push(server);
    return server;
  };
  return { database, proxy, near: () => open(database.url), far: () => open(proxy.through(database.url)) };
}

/** The runs that are due for `owner` once those before have been taken for dead. */
async function takenOver(server: Server, owner: string, runId: string): Promise<{ fence: number }> {
  let fence = 0;
  await server.whenever(async () => {
    await server.store.reap(owner);
    const { claims } = await server.store.claim(owner, 10);
    fence = claims.find((claim) => claim.runId === runId)?.fence ?? 0;
    return fence > 0;
  });
  return { fence };
}

describe.concurrent('a server whose connection', () => {
  test('is cut and comes back at once stays who it is: told both, its runs untouched, no peer takes them', async (context) => {
    const { expect } = context;
    const { proxy, near, far } = await aPlace(context);
    const [peer, server] = [await near(), await far()];
    await peer.join('peer');
    await server.join('server');
    await peer.fleet.register('m1');
    const held = await server.fleet.startAndBegin('m1', {}, 'server');
    proxy.cut();
    await server.standing('suspended');
    proxy.mend();
    await server.standing('resumed');
    await server.fleet.announce(held);
    expect(await peer.store.reap('peer')).toEqual([]);
    expect((await peer.store.claim('peer', 10)).claims).toEqual([]);
    expect(server.told).toEqual(['suspended', 'resumed']);
  });

  test('is cut for good gives itself up, and is taken over; what it writes then changes nothing', async (context) => {
    const { expect } = context;
    const { proxy, near, far } = await aPlace(context);
    const [peer, server] = [await near(), await far()];
    await peer.join('peer');
    await server.join('server');
    await peer.fleet.register('m1');
    const held = await server.fleet.startAndBegin('m1', {}, 'server');
    await server.fleet.announce(held);
    proxy.cut();
    await server.standing('expelled');
    const { fence } = await takenOver(peer, 'peer', held.runId);
    expect(fence).toBe(held.fence + 1);
    expect(server.told).toEqual(['suspended', 'expelled']);
    proxy.mend();
    await server.whenever(async () => (await server.store.head().catch(() => '')) !== '');
    await expect(server.fleet.end(held, { kind: 'done', message: '' })).rejects.toThrow('fenced');
    expect((await server.store.claim('server', 10)).claims).toEqual([]);
    await server.whenever(async () => (await server.join('server-2').catch(() => 'not yet')) === undefined);
    expect((await server.store.run(held.runId))?.run.revision).toBe(3);
  });

  test('is lost without a word gives itself up before it is taken over', async (context) => {
    const { expect } = context;
    const { proxy, near, far } = await aPlace(context);
    const [peer, server] = [await near(), await far()];
    await peer.join('peer');
    await server.join('server');
    await peer.fleet.register('m1');
    const held = await server.fleet.startAndBegin('m1', {}, 'server');
    proxy.swallow();
    const order: string[] = [];
    await Promise.all([
      server.standing('suspended').then(() => order.push('suspended')),
      server.standing('expelled').then(() => order.push('expelled')),
      takenOver(peer, 'peer', held.runId).then(() => order.push('taken over')),
    ]);
    expect(order).toEqual(['suspended', 'expelled', 'taken over']);
  });

  test('is swallowed for a moment only is the same server again', async (context) => {
    const { expect } = context;
    const { proxy, near, far } = await aPlace(context);
    const [peer, server] = [await near(), await far()];
    await peer.join('peer');
    await server.join('server');
    await server.fleet.register('m1');
    const held = await server.fleet.startAndBegin('m1', {}, 'server');
    proxy.swallow();
    await server.standing('suspended');
    proxy.mend();
    await server.standing('resumed');
    await server.fleet.announce(held);
    expect(server.told).toEqual(['suspended', 'resumed']);
  });
});

describe.concurrent('a server that is gone', () => {
  test('without a goodbye is missed by its lock; held machines are its finder’s to free', async (context) => {
    const { expect } = context;
    const { proxy, near, far } = await aPlace(context);
    const [peer, server] = [await near(), await far()];
    await peer.join('peer');
    await server.join('server');
    await peer.fleet.registerAll(['m1', 'm2']);
    const going = await server.fleet.startAndBegin('m1', {}, 'server');
    const stopping = await server.fleet.startAndBegin('m2', {}, 'server');
    await server.fleet.announce(stopping);
    await peer.fleet.cancel('m2', stopping.runId);
    expect(await server.store.stopping('server')).toEqual([stopping.runId]);
    const missed = peer.hint((hint) => hint.peers === true);
    proxy.cut();
    await missed;
    let claims: Awaited<ReturnType<typeof peer.store.reap>> = [];
    await peer.whenever(async () => {
      claims = await peer.store.reap('peer');
      return claims.length > 0;
    });
    expect(claims).toEqual([{ runId: stopping.runId, machineId: 'm2', fence: stopping.fence + 1 }]);
    expect(await peer.store.stopping('peer')).toEqual([stopping.runId]);
    await peer.fleet.stopped({ ...stopping, owner: 'peer', fence: stopping.fence + 1 });
    expect((await peer.store.claim('peer', 10)).claims).toMatchObject([
      { runId: going.runId, machineId: 'm1', fence: going.fence + 1 },
    ]);
    expect(await peer.store.reap('peer')).toEqual([]);
  });

  test('with a goodbye leaves its runs to whoever asks next', async (context) => {
    const { expect } = context;
    const { near } = await aPlace(context);
    const [peer, server] = [await near(), await near()];
    await peer.join('peer');
    await server.join('server');
    await peer.fleet.registerAll(['m1', 'm2']);
    const held = await server.fleet.startAndBegin('m1', {}, 'server');
    const stopping = await server.fleet.startAndBegin('m2', {}, 'server');
    await server.fleet.announce(stopping);
    await peer.fleet.cancel('m2', stopping.runId);
    const left = peer.hint((hint) => hint.due === true && hint.peers === true);
    await server.store.membership.leave();
    await left;
    expect((await peer.store.claim('peer', 10)).claims.map(({ runId }) => runId)).toEqual([held.runId]);
    expect((await peer.store.reap('peer')).map(({ runId }) => runId)).toEqual([stopping.runId]);
    expect((await server.store.claim('server', 10)).claims).toEqual([]);
  });

  test('is not judged by one that has just come itself', async (context) => {
    const { expect } = context;
    const { database, near } = await aPlace(context);
    const first = await near();
    await first.join('first');
    await first.fleet.register('m1');
    const held = await first.fleet.startAndBegin('m1', {}, 'first');
    await database.query("UPDATE bmdemo.servers SET lock_id = 1 WHERE instance = 'first'");
    const second = await near();
    await second.join('second');
    expect(await second.store.reap('second')).toEqual([]);
    expect((await second.store.claim('second', 10)).claims).toEqual([]);
    expect((await takenOver(second, 'second', held.runId)).fence).toBe(held.fence + 1);
    await first.standing('expelled');
    expect(first.told).toEqual(['expelled']);
  });
});

test.concurrent('a lease that has run out lets no call begin, though nobody has taken the run yet', async (context) => {
  const { expect } = context;
  const { database, near } = await aPlace(context);
  const server = await near();
  await server.join('server');
  await server.fleet.register('m1');
  const held = await server.fleet.startAndBegin('m1', {}, 'server');
  await database.query("UPDATE bmdemo.servers SET lease_until = 0, beat = beat + 1 WHERE instance = 'server'");
  await expect(server.fleet.announce(held)).rejects.toMatchObject({ name: 'StoreUnavailable' });
  expect((await server.fleet.run(held)).steps[0]?.intent).toBeNull();
  await server.whenever(async () => {
    await server.fleet.announce(held).catch(() => {});
    return (await server.fleet.run(held)).steps[0]?.intent !== null;
  });
});

test.concurrent('a name is given once', async (context) => {
  const { expect } = context;
  const { near } = await aPlace(context);
  const [one, other] = [await near(), await near()];
  await one.join('server');
  await expect(other.join('server')).rejects.toThrow();
  expect(one.told).toEqual([]);
});
