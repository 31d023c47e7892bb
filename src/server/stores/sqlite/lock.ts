import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from './errors.ts';

/** The ownership of a database file, held until it is given back or the process ends in any way. */
export interface FileLock {
  release(): void;
}

/**
 * Takes a database file for this process. The lock is SQLite's own on a file beside it, so the kernel frees it after a
 * kill; who has it stands beside that in text, for people.
 *
 * @throws StoreUnusable naming the holder
 */
export function lockFile(path: string, instance: string): FileLock {
  const lockPath = `${path}.lock`;
  const holderPath = `${path}.owner`;
  const database = new DatabaseSync(lockPath);
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;');
  } catch (error) {
    database.close();
    throw new StoreUnusable(`${path} is in use by ${holder(holderPath)}; stop that server or name another --store`, {
      cause: error,
    });
  }
  const since = new Date().toISOString();
  writeFileSync(holderPath, `process ${process.pid} on ${hostname()}, instance ${instance}, since ${since}\n`);
  return {
    release() {
      rmSync(holderPath, { force: true });
      database.close();
    },
  };
}

function holder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'another server';
  } catch {
    return 'another server';
  }
}
