import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aCall, begun, DONE, describeWorld } from '../testing/describe-world.ts';
import { WorldProcess } from '../testing/world-process.ts';
import { type FileWorld, openFileWorld } from './sqlite.ts';

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-world-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function aPath(): string {
  return join(aFolder(), 'world.db');
}

function opened(path: string, options: Partial<Parameters<typeof openFileWorld>[0]> = {}): FileWorld {
  const world = openFileWorld({ path, clock: { now: () => 5 }, ...options });
  onTestFinished(() => world.close());
  return world;
}

async function aProcess(path: string): Promise<WorldProcess> {
  const other = await WorldProcess.open(path);
  onTestFinished(() => other.kill());
  return other;
}

async function entries(world: FileWorld) {
  return (await world.journal({})).entries;
}

describeWorld('a file', (options) => opened(aPath(), options));

describe('a world in a file', () => {
  it('is the same when it is opened again', async () => {
    const path = aPath();
    const before = opened(path);
    const { callId, state } = await begun(before, aCall({ fence: 7 }));
    await before.write(callId, { power: 'off' });
    await before.end(callId, DONE);
    const journal = await before.journal({});
    before.close();
    const after = opened(path);
    expect(await after.read('machine-1')).toEqual({ ...state, power: 'off' });
    expect(await after.journal({})).toEqual(journal);
    expect(await after.begin(aCall({ fence: 6 }))).toEqual({ kind: 'refused', highestFence: 7 });
  });

  it('lets go of its file: what is asked then is refused, what was going is abandoned', async () => {
    const folder = aFolder();
    const world = opened(join(folder, 'world.db'));
    await begun(world, aCall());
    world.close();
    await expect(world.begin(aCall())).rejects.toThrow('is closed');
    expect(readdirSync(folder)).toEqual(['world.db']);
    expect(await entries(opened(join(folder, 'world.db')))).toMatchObject([{ endedAt: 5, end: { kind: 'abandoned' } }]);
  });

  it('answers in time although another process is in the middle of a transaction, once that has ended', async () => {
    const path = aPath();
    const world = opened(path);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const told: string[] = [];
    const waiting = world.begin(aCall()).then((answer) => told.push(answer.kind));
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    other.exec('COMMIT');
    other.close();
    await waiting;
    expect(told).toEqual(['begun']);
  });

  it('is no other file', () => {
    const path = aPath();
    writeFileSync(path, 'my diary, and it is much too long to be a database of that kind '.repeat(20));
    expect(() => opened(path)).toThrow(`${path} cannot be opened as a simulated world: file is not a database`);
    const other = `${path}.2`;
    const database = new DatabaseSync(other);
    database.exec('CREATE TABLE diary (day TEXT)');
    expect(() => opened(other)).toThrow(`${other} is a database, but no simulated world`);
    database.exec('DROP TABLE diary');
    opened(other).close();
    database.exec('PRAGMA user_version = 2');
    database.close();
    expect(() => opened(other)).toThrow('the simulated world of another version');
    expect(() => opened(join(path, 'none', 'world.db'))).toThrow('cannot be opened');
  });
});

describe('a world that two processes share', () => {
  it('has one state, one fence and one journal', async () => {
    const path = aPath();
    const mine = opened(path);
    const other = await aProcess(path);
    const { callId } = await begun(mine, aCall({ fence: 1 }));
    await mine.write(callId, { power: 'off' });
    await mine.end(callId, DONE);
    expect(await other.call('begin', aCall({ fence: 2 }))).toMatchObject({ kind: 'begun', state: { power: 'off' } });
    expect(await mine.begin(aCall({ fence: 1 }))).toEqual({ kind: 'refused', highestFence: 2 });
    expect((await entries(mine)).map(({ number, end }) => [number, end?.kind])).toEqual([
      [1, 'done'],
      [2, undefined],
      [3, 'refused'],
    ]);
  });

  it('refuses a process the calls of another', async () => {
    const path = aPath();
    const mine = opened(path);
    const other = await aProcess(path);
    const { callId } = await begun(mine, aCall());
    await expect(other.call('write', callId, { power: 'off' })).rejects.toThrow('is not going');
    await expect(other.call('end', callId, DONE)).rejects.toThrow('is not going');
  });

  it('closes the call of a killed one as abandoned when the next begins, and counts no overlap', async () => {
    const path = aPath();
    const mine = opened(path);
    const other = await aProcess(path);
    await other.call('begin', aCall({ fence: 1 }));
    await other.call('begin', aCall({ fence: 1, machineId: 'machine-2' }));
    await other.kill();
    await begun(mine, aCall({ fence: 2 }));
    expect(await entries(mine)).toMatchObject([
      { machineId: 'machine-1', endedAt: 5, end: { kind: 'abandoned', code: '' }, overlaps: [] },
      { machineId: 'machine-2', endedAt: 5, end: { kind: 'abandoned', code: '' }, overlaps: [] },
      { machineId: 'machine-1', endedAt: null, overlaps: [] },
    ]);
  });

  it('closes the calls of a killed one as abandoned when somebody opens it', async () => {
    const path = aPath();
    const other = await aProcess(path);
    await other.call('begin', aCall());
    await other.kill();
    expect(await entries(opened(path))).toMatchObject([{ end: { kind: 'abandoned' } }]);
  });

  it('sees the call of a stopped one overlap the next, and refuses what it writes when it goes on', async () => {
    const path = aPath();
    const mine = opened(path);
    const other = await aProcess(path);
    const stale = await other.call('begin', aCall({ fence: 1 }));
    if (stale.kind === 'refused') throw new Error('refused');
    other.signal('SIGSTOP');
    const { state } = await begun(mine, aCall({ fence: 2 }));
    expect(await entries(mine)).toMatchObject([
      { endedAt: null, overlaps: [] },
      { endedAt: null, overlaps: [1] },
    ]);
    other.signal('SIGCONT');
    expect(await other.call('write', stale.callId, { power: 'off' })).toBe('stale');
    expect(await mine.read('machine-1')).toEqual(state);
    await other.call('end', stale.callId, { kind: 'refused', code: 'STALE_TOKEN' });
  });

  it('loses nothing between writers that are all busy', async () => {
    const path = aPath();
    const mine = opened(path);
    const other = await aProcess(path);
    const machines = Array.from({ length: 50 }, (_, index) => `machine-${index}`);
    const ofMine = Promise.all(
      machines.map(async (machineId) => {
        const { callId } = await begun(mine, aCall({ machineId }));
        await mine.end(callId, DONE);
      }),
    );
    for (const machineId of machines) {
      const answer = await other.call('begin', aCall({ machineId: `other-${machineId}` }));
      if (answer.kind === 'begun') await other.call('end', answer.callId, DONE);
    }
    await ofMine;
    const all = await entries(mine);
    expect(all.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(all.every(({ end }) => end?.kind === 'done')).toBe(true);
  });
});
