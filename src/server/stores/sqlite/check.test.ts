import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fleet } from '../../../../test/support/fleet.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { FLAKED } from '../../../core/domain/testing.ts';
import { RUN_LOG_LIMITS } from '../shared/limits.ts';
import { backUpFile } from './backup.ts';
import { checkFile } from './check.ts';
import { factsOfFile } from './inspect.ts';
import { MIGRATIONS } from './migrations.ts';
import { openSqliteStore } from './store.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-check-'));
  path = join(folder, 'store.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clock = new VirtualClock();
const openAt = (file: string) => openSqliteStore({ path: file, clock, limits: RUN_LOG_LIMITS, onFault: () => {} });

function violations(file = path): string[] {
  const told: string[] = [];
  checkFile(file, (violation) => told.push(violation));
  return told;
}

/** A store with runs in every state, and one that a server has left. */
async function filled() {
  const store = openAt(path);
  const fleet = new Fleet(store);
  await fleet.registerAll(['m1', 'm2', 'm3', 'm4', 'm5'], { rack: 'r1' });
  await fleet.startAndSucceed('m1', { runId: 'run-1', plan: 'repave-join' });
  await fleet.startAndFail('m2', { runId: 'run-2' });
  const backingOff = await fleet.startAndBegin('m3', { runId: 'run-3' });
  await fleet.announce(backingOff);
  await fleet.end(backingOff, FLAKED);
  const held = await fleet.startAndBegin('m4', { runId: 'run-4' });
  await fleet.announce(held);
  await fleet.cancel('m4', 'run-4');
  await fleet.repair('m5', { method: 'DeleteMachine' });
  await fleet.register('m5', { rack: 'r2' });
  await fleet.start('m5', { runId: 'run-5' });
  return { store, fleet };
}

describe('the check', () => {
  it('finds nothing wrong with what was written in order, also while a server has the file', async () => {
    const { store, fleet } = await filled();
    expect(violations()).toEqual([]);
    await fleet.repair('m1', { method: 'RetireMachine' });
    expect(violations()).toEqual([]);
    await store.close();
    expect(violations()).toEqual([]);
  });

  it('finds nothing wrong however much was let go of', async () => {
    const { store } = await filled();
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.nat(4), async (events, runs) => {
        const policy = {
          events: { ageMs: null, count: events },
          runs: { ageMs: null, count: runs },
          logs: { ageMs: null, count: 0 },
        };
        while (await store.sweep(policy));
        expect(violations()).toEqual([]);
      }),
      { numRuns: 10 },
    );
    await store.close();
  });

  it.each([
    [
      "UPDATE machines SET rack = 'r9' WHERE machine_id = 'm1'",
      'machine m1: its column rack says r9, and its state r1',
    ],
    [
      `UPDATE machines SET image = replace(image, '"rack":"r1"', '"rack":"r9"') WHERE machine_id = 'm2'`,
      'machine m2: its state is not the fold of its events, in spec',
    ],
    [
      "UPDATE runs SET image = replace(image, 'alice', 'mallory') WHERE run_id = 'run-1'",
      'run run-1: its state is not',
    ],
    ["DELETE FROM events WHERE run_id = 'run-1' AND revision = 3", 'the events of run run-1 go from 2 to 4'],
    ["UPDATE events SET at = 1 WHERE run_id = 'run-1' AND kind = 'SUCCEEDED'", 'is before the event before it'],
    ["UPDATE runs SET fence = 99 WHERE run_id = 'run-3'", "run run-3: its fence 99 is above its machine's"],
    ["UPDATE runs SET due_at = 5 WHERE run_id = 'run-1'", 'run run-1: it has ended, and is due'],
    ["UPDATE runs SET due_at = NULL WHERE run_id = 'run-5'", 'run run-5: it has not ended, and is never due'],
    ["DELETE FROM identities WHERE machine_id = 'm1' AND kind = 'serial'", 'machine m1: it declares serial SN-'],
    ["INSERT INTO identities VALUES ('serial', 'X', 'm1')", 'machine m1: it holds serial X, and does not declare it'],
    ["DELETE FROM requests WHERE run_id = 'run-2'", 'run run-2: its request request-'],
    ["INSERT INTO identities VALUES ('serial', 'Y', 'nobody')", 'identities: there never was a machine nobody'],
    [
      "UPDATE runs SET phase = 'SUCCEEDED', image = replace(image, 'PENDING', 'SUCCEEDED') WHERE run_id = 'run-5'",
      'machine m5: its active run is run-5, and its runs say none',
    ],
    ["INSERT INTO scopes VALUES ('rack=r1', 5, 2)", 'rack=r1: 2 places count as taken, and 0 runs have one'],
    ["INSERT INTO log_sizes VALUES ('gone', 1, 1, 1, 0, 0, NULL, NULL)", 'logs: there is no run gone'],
  ])('tells what is wrong: %s', async (damage, told) => {
    const { store } = await filled();
    await store.close();
    const database = new DatabaseSync(path);
    database.exec(damage);
    database.close();
    expect(violations().join('\n')).toContain(told);
  });

  it('says so where there is nothing to look at', () => {
    expect(() => violations()).toThrow(`there is no store at ${path}`);
    writeFileSync(path, 'a letter to somebody'.repeat(100));
    expect(() => violations()).toThrow(/cannot be read: .*not a database/);
    rmSync(path);
    new DatabaseSync(path).exec('CREATE TABLE other (name TEXT)');
    expect(() => violations()).toThrow('no store of bmdemo');
  });
});

describe('what there is to know', () => {
  it('is told without taking the file', async () => {
    const { store } = await filled();
    const facts = factsOfFile(path);
    expect(facts).toMatchObject({
      kind: 'sqlite',
      location: path,
      schemaVersion: MIGRATIONS.length,
      machines: 5,
      activeRuns: 2,
      finishedRuns: 3,
      logs: 0,
      usedBy: expect.stringContaining(`process ${process.pid}`),
      historyFrom: await store.earliest(),
    });
    expect(facts.bytes).toBeGreaterThan(10_000);
    const range = { after: null, before: null, since: null, until: null, filter: { clauses: [] } };
    expect(facts.events).toBe(await store.countEvents(range));
    await store.close();
    expect(factsOfFile(path).usedBy).toBe('');
  });
});

describe('a backup', () => {
  it('is the store of one moment, while a server goes on with it', async () => {
    const { store, fleet } = await filled();
    const copy = join(folder, 'copy.db');
    expect(backUpFile(path, copy)).toBeGreaterThan(10_000);
    await fleet.register('later');
    expect(violations(copy)).toEqual([]);
    const restored = openAt(copy);
    expect(await restored.machine('later')).toBeNull();
    expect(await restored.machine('m1')).toEqual(await store.machine('m1'));
    expect((await restored.run('run-3'))?.run).toEqual((await store.run('run-3'))?.run);
    await restored.close();
    await store.close();
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  });

  it('takes no cursor of the original, which may have gone on elsewhere', async () => {
    const { store } = await filled();
    const cursor = await store.head();
    const copy = join(folder, 'copy.db');
    backUpFile(path, copy);
    await store.close();
    const restored = openAt(copy);
    expect(await restored.tail(cursor, 10)).toEqual({ kind: 'expired' });
    expect(await restored.tail(await restored.head(), 10)).toMatchObject({ caughtUp: true });
    await restored.close();
  });

  it('overwrites nothing, and leaves nothing where it fails', async () => {
    const { store } = await filled();
    await store.close();
    const copy = join(folder, 'copy.db');
    writeFileSync(copy, 'mine');
    expect(() => backUpFile(path, copy)).toThrow(`${copy} is there already; name another file`);
    expect(() => backUpFile(path, join(folder, 'no', 'copy.db'))).toThrow(/could not be copied/);
    expect(() => backUpFile(join(folder, 'none.db'), join(folder, 'x.db'))).toThrow('there is no store at');
    expect(readdirSync(folder).filter((name) => !name.startsWith('store.db'))).toEqual(['copy.db']);
  });
});
