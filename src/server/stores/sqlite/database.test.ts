import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { RUN_LOG_LIMITS } from '../shared/limits.ts';
import { Database } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import { announceAddress, fileHolder, lockFile } from './lock.ts';
import { MIGRATIONS } from './migrations.ts';
import { openSqliteStore } from './store.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-database-'));
  path = join(folder, 'store.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NEXT = { number: MIGRATIONS.length + 1, sql: 'CREATE TABLE later (name TEXT)' };

describe('opening a file', () => {
  it('makes the folder and the schema, and finds both again', () => {
    const deep = join(folder, 'a', 'b', 'store.db');
    new Database(deep).close();
    const again = new Database(deep);
    expect(again.all('SELECT number FROM migrations')).toHaveLength(MIGRATIONS.length);
    again.close();
  });

  it('brings an older file up to date', () => {
    new Database(path).close();
    const newer = new Database(path, [...MIGRATIONS, NEXT]);
    expect(newer.all('SELECT * FROM later')).toEqual([]);
    newer.close();
  });

  it('refuses a file of a newer bmdemo, and leaves it as it is', () => {
    new Database(path, [...MIGRATIONS, NEXT]).close();
    expect(() => new Database(path)).toThrow(
      `written by a newer bmdemo (schema ${MIGRATIONS.length + 1}, this one knows ${MIGRATIONS.length})`,
    );
    new Database(path, [...MIGRATIONS, NEXT]).close();
  });

  it('refuses a file whose schema was made otherwise', () => {
    new Database(path, [{ number: 1, sql: 'CREATE TABLE other (name TEXT)' }]).close();
    expect(() => new Database(path)).toThrow(/does not know \(migration 1 differs\)/);
  });

  it('leaves nothing of a migration that fails', () => {
    new Database(path).close();
    const broken = { number: NEXT.number, sql: 'CREATE TABLE later (name TEXT); CREATE NONSENSE' };
    expect(() => new Database(path, [...MIGRATIONS, broken])).toThrow();
    const database = new Database(path);
    expect(database.get("SELECT name FROM sqlite_master WHERE name = 'later'")).toBeNull();
    database.close();
  });

  it('says why a migration failed that SQLite itself took back', () => {
    const broken = {
      number: NEXT.number,
      sql: 'CREATE TABLE later (name TEXT UNIQUE); INSERT INTO later VALUES (1); INSERT OR ROLLBACK INTO later VALUES (1)',
    };
    expect(() => new Database(path, [...MIGRATIONS, broken])).toThrow(/UNIQUE constraint failed/);
    new Database(path).close();
  });

  it('refuses what is no database', () => {
    writeFileSync(path, 'this is a letter to somebody, and no database at all\n'.repeat(50));
    expect(() => new Database(path)).toThrow(/cannot be opened as a database/);
  });

  it('says so where the folder cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    const inFile = join(folder, 'file', 'store.db');
    const deeper = join(folder, 'file', 'a', 'store.db');
    for (const path of [inFile, deeper]) {
      expect(() => new Database(path)).toThrow(
        `${path} cannot be written: ${join(folder, 'file')} is a file, not a folder`,
      );
    }
    mkdirSync(path);
    expect(() => new Database(path)).toThrow(`${path} cannot be written: it is a folder, not a file`);
  });

  it('says so, and does not try for ever, where the file system has no place for a folder', () => {
    expect(() => new Database('/proc/nope/a/store.db')).toThrow(
      /^\/proc\/nope\/a\/store\.db cannot be written: .*\/proc/,
    );
  });

  it('leaves nothing beside what is no database', () => {
    writeFileSync(path, Buffer.alloc(5_000, 'junk'));
    const open = () => openSqliteStore({ path, clock: new VirtualClock(), limits: RUN_LOG_LIMITS, onFault: () => {} });
    expect(open).toThrow(/cannot be opened as a database: it is a file of another kind/);
    expect(readdirSync(folder)).toEqual(['store.db']);
  });

  it('keeps every commit on the disk before it answers', () => {
    const database = new Database(path);
    expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
    database.close();
  });
});

describe('the lock', () => {
  it('is refused to a second taker, who is told who has it', () => {
    const lock = lockFile(path, 'first');
    expect(() => lockFile(path, 'second')).toThrow(
      new RegExp(`in use by process ${process.pid} on .*, instance first`),
    );
    lock.release();
    lockFile(path, 'second').release();
  });

  it('is seen by who only looks, with the address where its holder listens', () => {
    expect(fileHolder(path)).toBeNull();
    const lock = lockFile(path, 'first');
    expect(fileHolder(path)).toMatchObject({ address: null });
    announceAddress(path, '127.0.0.1:4711');
    expect(fileHolder(path)).toEqual({
      address: '127.0.0.1:4711',
      text: expect.stringMatching(/instance first, since .*, listening on 127\.0\.0\.1:4711$/),
    });
    lock.release();
    expect(fileHolder(path)).toBeNull();
  });

  it('is taken although who has it cannot be written down', () => {
    mkdirSync(`${path}.owner`);
    const lock = lockFile(path, 'first');
    announceAddress(path, '127.0.0.1:4711');
    expect(() => lockFile(path, 'second')).toThrow('in use by another server');
    lock.release();
    lockFile(path, 'second').release();
  });

  it.each<[string, (path: string) => void]>([
    ['a folder', (lock) => mkdirSync(lock)],
    ['a letter', (lock) => writeFileSync(lock, 'this is a letter to somebody, and no lock at all\n'.repeat(50))],
  ])('is not said to be held by another server where its file is %s', (_, make) => {
    make(`${path}.lock`);
    const taken = () => lockFile(path, 'first');
    expect(taken).toThrow(expect.objectContaining({ name: 'StoreUnusable' }));
    expect(taken).toThrow(`${path} cannot be locked, which takes the file ${path}.lock: `);
    expect(fileHolder(path)).toBeNull();
  });

  it('is freed by the kernel when its process is killed', () => {
    const source = `
      const { lockFile } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))});
      lockFile(${JSON.stringify(path)}, 'killed');
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', source]);
    expect(child.signal).toBe('SIGKILL');
    lockFile(path, 'next').release();
  });
});

describe('group commit', () => {
  const open = () => {
    const database = new Database(path);
    database.exec('CREATE TABLE things (name TEXT UNIQUE)');
    return { database, writer: createGroupCommit(database) };
  };

  it('writes what waits together in one transaction, and takes back only what threw', async () => {
    const { database, writer } = open();
    const put = (name: string) => writer.mutate(() => database.run('INSERT INTO things VALUES (?)', name));
    const results = await Promise.allSettled([put('a'), put('b'), put('a'), put('c')]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(database.all('SELECT name FROM things ORDER BY name')).toHaveLength(3);
    database.close();
  });

  it('answers StoreUnavailable when the disk is full, changes nothing, and goes on when there is room again', async () => {
    const { database, writer } = open();
    const pages = database.get('PRAGMA page_count')?.page_count;
    database.exec(`PRAGMA max_page_count = ${String(pages)}`);
    const big = () => writer.mutate(() => database.run('INSERT INTO things VALUES (?)', 'x'.repeat(100_000)));
    await expect(big()).rejects.toMatchObject({ name: 'StoreUnavailable', message: expect.stringContaining('full') });
    expect(database.all('SELECT name FROM things')).toEqual([]);
    database.exec('PRAGMA max_page_count = 1000000');
    await big();
    expect(database.all('SELECT length(name) AS n FROM things')).toEqual([{ n: 100_000 }]);
    database.close();
  });

  it('writes what waits before it closes, and nothing after', async () => {
    const { database, writer } = open();
    const last = writer.mutate(() => database.run('INSERT INTO things VALUES (?)', 'last'));
    await writer.close();
    await last;
    await expect(writer.mutate(() => 1)).rejects.toThrow('closed');
    database.close();
  });
});
