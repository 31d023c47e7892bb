import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REFUSED } from '../../src/core/domain/testing.ts';
import type { Claimed } from '../../src/core/ports/store.ts';
import type { Held } from '../support/fleet.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Server } from './server.ts';

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
  const [row] = await database.query(
    'SELECT deadlocks::integer AS met FROM pg_stat_database WHERE datname = current_database()',
  );
  expect(row?.met).toBe(0);
});
