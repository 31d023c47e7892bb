import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EVERYTHING } from '../../src/core/domain/filter.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Server } from './server.ts';

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

const LINE = { at: 0, stream: 'stdout', data: Uint8Array.of(65), step: 'reboot', attempt: 1 } as const;
const PROGRESS = { step: 0, attempt: 1, current: 1, total: 2, unit: '', note: '' };

describe('two servers on one database', () => {
  test('share what is due: every run goes to one of them, with the next fence of its machine', async () => {
    const machines = Array.from({ length: 40 }, (_, at) => `m${at}`);
    await one.fleet.registerAll(machines);
    const started = await Promise.all(machines.map((machineId) => one.fleet.start(machineId)));
    const claimSome = async (server: Server, owner: string) => {
      const { claims, nextDueAt } = await server.store.claim(owner, 3);
      expect(claims.every(({ fence }) => fence === 1)).toBe(true);
      return { ids: claims.map(({ runId }) => runId), over: claims.length === 0 && nextDueAt === null };
    };
    const claimAll = async (server: Server, owner: string) => {
      const mine: string[] = [];
      for (;;) {
        const { ids, over } = await claimSome(server, owner);
        mine.push(...ids);
        if (over) return mine;
      }
    };
    // Each has its part before they race: who is the quicker of two is for the machine to say.
    const first = await claimSome(one, 'one');
    const second = await claimSome(other, 'other');
    expect([first.ids.length, second.ids.length]).toEqual([3, 3]);
    const rest = await Promise.all([claimAll(one, 'one'), claimAll(other, 'other')]);
    expect([first.ids, second.ids, ...rest].flat().toSorted()).toEqual(started.toSorted());
  });

  test('know how many they are', async () => {
    expect((await one.store.health()).servers).toBe(2);
    await other.store.membership.leave();
    expect((await one.store.health()).servers).toBe(1);
    expect((await other.store.health()).servers).toBe(1);
  });

  test('carry out commands that race on one machine one after the other, each once', async () => {
    await one.fleet.register('m1');
    await Promise.all(
      [one, other].flatMap(({ fleet }, server) =>
        [1, 2, 3].map((count) => fleet.label('m1', `${server}-${count}`, 'yes')),
      ),
    );
    const machine = await other.store.machine('m1');
    expect(Object.keys(machine?.labels ?? {})).toHaveLength(6);
    expect(machine?.revision).toBe(7);
  });

  test('start one run for one request, whichever is asked, however often at once', async () => {
    await one.fleet.register('m1');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => {
        const { fleet } = at % 2 === 0 ? one : other;
        return fleet.start('m1', { requestId: 'the same', runId: `run-${at}` });
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect((await one.store.counts(EVERYTHING)).runs).toEqual({ PENDING: 1 });
  });

  test('give an identity to one of two machines that are registered at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const results = await Promise.allSettled(
        [one, other].map(({ fleet }, at) => fleet.register(`m${round}-${at}`, { serial: `SHARED-${round}` })),
      );
      expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const [lost] = results.filter((result) => result.status === 'rejected');
      expect(String(lost?.reason)).toContain('belongs to machine');
    }
  });

  test('give a run id to one of two machines', async () => {
    await one.fleet.registerAll(['m1', 'm2']);
    const results = await Promise.allSettled([
      one.fleet.start('m1', { runId: 'the-same' }),
      other.fleet.start('m2', { runId: 'the-same' }),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('bind runs that are new at once to one and the same plan', async () => {
    const machines = Array.from({ length: 10 }, (_, at) => `m${at}`);
    await one.fleet.registerAll(machines);
    await Promise.all(machines.map((machineId, at) => (at % 2 === 0 ? one : other).fleet.start(machineId)));
    expect(await database.query('SELECT count(*)::integer AS n FROM bmdemo.bound_plans')).toEqual([{ n: 1 }]);
  });
});

describe('what one server does is heard by the other', () => {
  test('a run that is due, and an event', async () => {
    await one.fleet.register('m1');
    const [due, events] = [other.hint((hint) => hint.due === true), other.hint((hint) => hint.events === true)];
    const runId = await one.fleet.start('m1');
    await Promise.all([due, events]);
    expect((await other.store.claim('other', 1)).claims.map((claim) => claim.runId)).toEqual([runId]);
  });

  test('a cancel under the owner', async () => {
    await one.fleet.register('m1');
    const held = await one.fleet.startAndBegin('m1', {}, 'one');
    await one.fleet.announce(held);
    const stop = one.hint((hint) => hint.stop === true);
    await other.fleet.cancel('m1', held.runId);
    await stop;
    expect(await one.store.stopping('one')).toEqual([held.runId]);
  });

  test('log lines and progress, which it can read then', async () => {
    await one.fleet.register('m1');
    const held = await one.fleet.startAndBegin('m1', {}, 'one');
    const [logs, progress] = [
      other.hint((hint) => hint.logs?.includes(held.runId) === true),
      other.hint((hint) => hint.progress === true),
    ];
    await one.store.appendLogs([{ ...held, lines: [LINE], progress: PROGRESS }]);
    await Promise.all([logs, progress]);
    expect(await other.store.logs(held.runId, 0, 10)).toEqual([{ ...LINE, data: Buffer.from('A'), sequence: 1 }]);
    expect((await other.store.progress(0)).changes).toEqual([{ runId: held.runId, progress: PROGRESS }]);
  });

  test('also of so many runs that one notification cannot name them all', async () => {
    const machines = Array.from({ length: 30 }, (_, at) => `m${at}`);
    await one.fleet.registerAll(machines);
    const long = (at: number) => `run-${String(at).padStart(400, '0')}`;
    await Promise.all(machines.map((machineId, at) => one.fleet.start(machineId, { runId: long(at) })));
    const { claims } = await one.store.claim('one', 100);
    const all = claims.map((claim) => other.hint((hint) => hint.logs?.includes(claim.runId) === true));
    await one.store.appendLogs(claims.map((claim) => ({ ...claim, owner: 'one', lines: [LINE], progress: null })));
    await Promise.all(all);
    expect(claims).toHaveLength(30);
  });

  test('what nobody said is found by looking', async () => {
    await one.fleet.register('m1');
    const held = await one.fleet.startAndBegin('m1', {}, 'one');
    const logs = other.hint((hint) => hint.logs?.includes(held.runId) === true);
    const due = other.hint((hint) => hint.due === true);
    // By a writer of whom nobody hears.
    await database.query('SELECT bmdemo.append_logs($1, $2, $3)', [
      JSON.stringify([
        {
          ...{ runId: held.runId, owner: 'one', fence: held.fence, progress: null },
          lines: [{ at: 0, stream: 'stdout', step: '', attempt: 1, start: 0, length: 1 }],
        },
      ]),
      Buffer.from('x'),
      JSON.stringify({ headLines: 9, headBytes: 9, tailLines: 9, tailBytes: 9 }),
    ]);
    await Promise.all([logs, due]);
  });
});
