import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { REFUSED } from '../../src/core/domain/testing.ts';
import type { Claimed } from '../../src/core/ports/store.ts';
import type { Held } from '../support/fleet.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { openProxy } from './proxy.ts';
import { Server } from './server.ts';
import { deadlocks, openTransaction, waiting } from './sessions.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let one: Server;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  database = await postgres.createDatabase();
  one = await Server.open(database.url);
  await one.join('one');
});
afterEach(async () => {
  await one.store.close();
  await database.drop();
});

/** Every scope with how many places of it are counted and how many runs have one. */
const places = () =>
  database.query(
    `SELECT scope, most, used, (SELECT count(*) FROM bmdemo.leases AS l WHERE s.scope = ANY (l.slots))::integer AS held
     FROM bmdemo.scopes AS s ORDER BY scope`,
  );

/** Ends a run with its call; the run that is got in its stead. */
async function ended({ fleet }: Server, held: Held): Promise<Claimed | null> {
  await fleet.announce(held);
  return fleet.endAndTakeOver(held, REFUSED);
}

/** Claims what may be claimed and begins it. */
async function begun(server: Server, owner: string): Promise<Held[]> {
  const { claims } = await server.store.claim(owner, 100);
  return Promise.all(claims.map((claim) => goOn(server, owner, claim)));
}

async function goOn({ fleet }: Server, owner: string, claim: Claimed): Promise<Held> {
  const held = { ...claim, owner };
  if ((await fleet.run(held)).phase === 'PENDING') await fleet.begin(held);
  return held;
}

describe('the place of a run that ends', () => {
  let held: Held;
  beforeEach(async () => {
    await one.store.setLimits([{ kind: 'rack', name: '', most: 1 }]);
    await one.fleet.registerAll(['m1', 'm2', 'm3'], { rack: 'r1' });
    await one.fleet.registerAll(['n1', 'n2'], { rack: 'r2' });
    for (const id of ['m1', 'n1', 'm2', 'm3', 'n2']) await one.fleet.start(id, { runId: `run-${id}` });
    [held] = (await begun(one, 'one')) as [Held];
    expect(held.machineId).toBe('m1');
  });

  test('goes to the oldest of those that wait for it, in the same commit, with what decides about its machine', async () => {
    const next = await ended(one, held);
    expect(next).toMatchObject({ runId: 'run-m2', machineId: 'm2', fence: 1 });
    expect(next?.loaded).toEqual({ ...(await one.store.load('m2', { runId: 'run-m2' })), now: expect.any(Number) });
    expect(await places()).toMatchObject([
      { used: 1, held: 1 },
      { used: 1, held: 1 },
    ]);
    expect((await one.store.claim('one', 10)).claims).toEqual([]);
    const then = await goOn(one, 'one', next as Claimed);
    expect((await ended(one, then))?.runId).toBe('run-m3');
  });

  test('stays free where its owner is not ready to take over, and who waits for it may be claimed', async () => {
    await one.fleet.announce(held);
    const due = one.hint((hint) => hint.due === true);
    await one.fleet.end(held, REFUSED);
    await due;
    expect((await one.store.claim('one', 10)).claims.map(({ runId }) => runId)).toEqual(['run-m2']);
  });

  test('stays free where its owner was given up by its peers', async () => {
    await one.fleet.announce(held);
    await database.query("DELETE FROM bmdemo.servers WHERE instance = 'one'");
    expect(await one.fleet.endAndTakeOver(held, REFUSED)).toBeNull();
    expect(await places()).toMatchObject([
      { used: 0, held: 0 },
      { used: 1, held: 1 },
    ]);
  });

  test('belongs to its owner also where the answer is lost on the way: the owner finds the run that has it', async () => {
    const way = await openProxy(postgres);
    const two = await Server.open(way.through(database.url));
    onTestFinished(async () => {
      await two.store.close();
      await way.close();
    });
    await two.join('two');
    await one.store.release(held, 'one');
    const [own] = (await begun(two, 'two')) as [Held];
    expect(own).toMatchObject({ runId: 'run-m1', fence: 2 });
    await two.fleet.announce(own);
    const other = await openTransaction(database, "SELECT 1 FROM bmdemo.scopes WHERE scope = 'rack=r1' FOR UPDATE");
    const answer = two.fleet.endAndTakeOver(own, REFUSED);
    await waiting(database, 1);
    way.cut();
    await expect(answer).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await other.end('COMMIT');
    way.mend();
    while ((await one.store.owned('two')).length === 0);
    await two.standing('resumed');
    expect(await two.store.owned('two')).toEqual([{ runId: 'run-m2', machineId: 'm2', fence: 1 }]);
    expect(await places()).toMatchObject([
      { used: 1, held: 1 },
      { used: 1, held: 1 },
    ]);
    // Who did not hear of it would write the end once more.
    expect(await two.fleet.endAndTakeOver(own, REFUSED)).toBeNull();
    const [found] = await two.store.owned('two');
    expect((await ended(two, await goOn(two, 'two', found as Claimed)))?.runId).toBe('run-m3');
  });

  test('is not taken by a run of the rack whose machine has moved on, but by the next', async () => {
    await one.fleet.respec('m2', { rack: 'r2' });
    expect((await ended(one, held))?.runId).toBe('run-m3');
    expect((await one.store.claim('one', 10)).claims).toEqual([]);
  });

  test('is passed on by who is full elsewhere', async () => {
    await one.store.setLimits([
      { kind: 'rack', name: '', most: 1 },
      { kind: 'provider', name: 'scarce', most: 1 },
    ]);
    await one.fleet.register('busy', { rack: 'r3', provider: 'scarce' });
    await one.fleet.start('busy');
    expect(await begun(one, 'one')).toHaveLength(1);
    await one.fleet.register('m0', { rack: 'r1', provider: 'scarce' });
    await one.fleet.cancel('m2', 'run-m2');
    await one.fleet.cancel('m3', 'run-m3');
    await one.fleet.start('m0', { runId: 'run-m0' });
    await one.fleet.register('m4', { rack: 'r1' });
    await one.fleet.start('m4', { runId: 'run-m4' });
    expect((await ended(one, held))?.runId).toBe('run-m4');
  });
});

test('what a claim found is told also where its next look fails', async () => {
  await one.store.setLimits([
    { kind: 'rack', name: '', most: 1 },
    { kind: 'provider', name: 'scarce', most: 1 },
  ]);
  await one.fleet.register('m1', { rack: 'r1', provider: 'scarce' });
  await one.fleet.register('m2', { rack: 'r2', provider: 'scarce' });
  await one.fleet.register('m3', { rack: 'r2' });
  for (const id of ['m1', 'm2', 'm3']) await one.fleet.start(id, { runId: `run-${id}` });
  // The third is looked at once it is seen that the second has no place.
  await database.query("INSERT INTO bmdemo.scopes VALUES ('rack=r2', 1, 0), ('provider=scarce', 1, 0)");
  await database.query(`
    CREATE FUNCTION bmdemo.fail() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      RAISE EXCEPTION USING ERRCODE = 'cannot_connect_now';
    END
    $body$`);
  await database.query(`CREATE TRIGGER fail BEFORE UPDATE ON bmdemo.leases FOR EACH ROW
    WHEN (NEW.run_id = 'run-m3') EXECUTE FUNCTION bmdemo.fail()`);
  const { claims, nextDueAt } = await one.store.claim('one', 10);
  expect(claims.map(({ runId }) => runId)).toEqual(['run-m1']);
  expect(nextDueAt).not.toBeNull();
  await database.query('DROP TRIGGER fail ON bmdemo.leases');
  expect((await one.store.claim('one', 10)).claims.map(({ runId }) => runId)).toEqual(['run-m3']);
});

test('a claim that waits for the first limits to be set obeys them', async () => {
  await one.fleet.registerAll(['m1', 'm2'], { rack: 'r1' });
  for (const id of ['m1', 'm2']) await one.fleet.start(id);
  const other = await openTransaction(database, 'LOCK TABLE bmdemo.limits IN ROW EXCLUSIVE MODE');
  const set = one.store.setLimits([{ kind: 'rack', name: 'r1', most: 1 }]);
  await waiting(database, 1);
  const early = one.store.claim('one', 10);
  await waiting(database, 2);
  await other.end('COMMIT');
  await set;
  const { claims, nextDueAt } = await early;
  expect([...claims, ...(await one.store.claim('one', 10)).claims]).toHaveLength(1);
  expect(nextDueAt).not.toBeNull();
  expect(await places()).toMatchObject([{ scope: 'rack=r1', used: 1, held: 1 }]);
});

test('a run that another server claims and gives up while it is looked at takes no second place', async () => {
  await one.store.setLimits([{ kind: 'rack', name: '', most: 2 }]);
  await one.fleet.register('m1', { rack: 'r1' });
  await one.fleet.start('m1', { runId: 'run-m1' });
  // Between what a claim sees and what it locks there is time for others.
  await database.query('ALTER FUNCTION bmdemo.scopes_of RENAME TO scopes_at_once');
  await database.query(`
    CREATE FUNCTION bmdemo.scopes_of(cluster text, provider text, rack text) RETURNS TABLE (scope text, most integer)
    LANGUAGE plpgsql STABLE AS $body$
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(1);
      RETURN QUERY SELECT * FROM bmdemo.scopes_at_once(cluster, provider, rack);
    END
    $body$`);
  const other = await openTransaction(database, 'SELECT pg_advisory_xact_lock(1)');
  const claimed = one.store.claim('one', 10);
  await waiting(database, 1);
  // As a claim and its end leave it.
  await database.query("UPDATE bmdemo.leases SET fence = 1, slots = '{rack=r1}'");
  await database.query("INSERT INTO bmdemo.scopes VALUES ('rack=r1', 2, 1)");
  await other.end('COMMIT');
  const { claims } = await claimed;
  expect(await places()).toMatchObject([{ scope: 'rack=r1', used: 1, held: 1 }]);
  expect([...claims, ...(await one.store.claim('one', 10)).claims]).toMatchObject([{ runId: 'run-m1' }]);
});

test('two servers that hand places on, give runs up, cancel them and are killed: never more than any limit allows, and none is lost', async () => {
  const kinds = [
    { kind: 'rack', name: '', most: 2 },
    { kind: 'provider', name: '', most: 3 },
    { kind: 'provider', name: 'p0', most: 2 },
  ] as const;
  await one.store.setLimits(kinds);
  const machines = Array.from({ length: 18 }, (_, at) => `m${at}`);
  await Promise.all(machines.map((id, at) => one.fleet.register(id, { rack: `r${at % 4}`, provider: `p${at % 3}` })));
  let servers = 0;
  const turn = fc.array(fc.record({ end: fc.nat(4), release: fc.nat(1), cancel: fc.nat(1) }), {
    minLength: 2,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 4 }), fc.boolean(), async (turns, kills) => {
      servers += 1;
      const names = [`left-${servers}`, `right-${servers}`];
      const sides = await Promise.all(
        names.map(async (name) => ({ name, server: await Server.open(database.url), held: [] as Held[] })),
      );
      for (const { name, server } of sides) await server.join(name);
      await Promise.all(machines.map((id) => one.fleet.start(id)));
      const exact = async () => {
        for (const { used, most, held } of await places()) {
          expect(used).toBe(held);
          expect(Number(used)).toBeLessThanOrEqual(Number(most));
        }
      };
      const endOf = async (side: (typeof sides)[number], run: Held) => {
        const next = await ended(side.server, run);
        if (next !== null) side.held.push(await goOn(side.server, side.name, next));
      };
      const work = async (
        side: (typeof sides)[number],
        { end, release, cancel }: { end: number; release: number; cancel: number },
      ) => {
        side.held.push(...(await begun(side.server, side.name)));
        const ends = side.held.splice(0, end);
        const given = side.held.splice(0, release);
        const canceled = side.held.splice(0, cancel);
        await Promise.all([
          ...ends.map((run) => endOf(side, run)),
          ...given.map((run) => side.server.store.release(run, side.name)),
          ...canceled.map(async (run) => {
            await side.server.fleet.announce(run);
            await side.server.fleet.cancel(run.machineId, run.runId);
            await side.server.fleet.stopped(run);
          }),
        ]);
      };
      for (const steps of turns) {
        await Promise.all(steps.map((step, at) => work(sides[at % 2] as (typeof sides)[number], step)));
        await exact();
      }
      if (kills) {
        // What it has is anybody's once it is known to be gone.
        const [killed] = sides.splice(0, 1);
        await killed?.server.store.close();
        await database.query('DELETE FROM bmdemo.servers WHERE instance = $1', [killed?.name]);
        await one.store.reap('one');
        await exact();
      }
      // Everything comes to its end, whatever was in the way.
      for (let left = 1; left > 0; ) {
        for (const side of sides) {
          side.held.push(...(await begun(side.server, side.name)));
          await Promise.all(side.held.splice(0).map((run) => endOf(side, run)));
        }
        await exact();
        const [row] = await database.query('SELECT count(*)::integer AS runs FROM bmdemo.leases');
        left = Number(row?.runs);
      }
      expect((await one.store.queue()).scopes).toEqual([]);
      for (const { server } of sides) await server.store.close();
    }),
    { numRuns: 6, endOnFailure: true },
  );
  await one.store.close();
  expect(await deadlocks(database)).toBe(0);
});
