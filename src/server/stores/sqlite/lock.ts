import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from './errors.ts';

/** The ownership of a database file, held until it is given back or the process ends in any way. */
export interface FileLock {
  release(): void;
}

/** Who has a database file. */
export interface FileHolder {
  /** For people: which process, since when. */
  readonly text: string;
  /** Where it listens; null where it has not said so. */
  readonly address: string | null;
}

/** Who only looks whether a file is held has its lock for an instant, in milliseconds at most. */
const LOOK_MS = 200;

/**
 * Takes a database file for this process. The lock is SQLite's own on a file beside it, so the kernel frees it after a
 * kill; who has it stands beside that in text, for people.
 *
 * @throws StoreUnusable naming the holder
 */
export function lockFile(path: string, instance: string): FileLock {
  const lock = tryLock(path);
  if ('cause' in lock) {
    const { text } = holderText(path);
    throw new StoreUnusable(`${path} is in use by ${text}; stop that server or name another --store`, lock);
  }
  const since = new Date().toISOString();
  writeHolder(path, `process ${process.pid} on ${hostname()}, instance ${instance}, since ${since}`);
  return {
    release() {
      rmSync(holderPath(path), { force: true });
      lock.close();
    },
  };
}

/** Says where the holder of a file listens. It is for the holder alone to call. */
export function announceAddress(path: string, address: string): void {
  writeHolder(path, `${holderText(path).text}${LISTENING}${address}`);
}

/** Who has a database file; null where nobody has. */
export function fileHolder(path: string): FileHolder | null {
  if (!existsSync(lockPath(path))) return null;
  const lock = tryLock(path);
  if ('cause' in lock) return holderText(path);
  lock.close();
  return null;
}

const LISTENING = ', listening on ';
const lockPath = (path: string) => `${path}.lock`;
const holderPath = (path: string) => `${path}.owner`;

function tryLock(path: string): DatabaseSync | { readonly cause: unknown } {
  const database = new DatabaseSync(lockPath(path), { timeout: LOOK_MS });
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;');
    return database;
  } catch (cause) {
    database.close();
    return { cause };
  }
}

function writeHolder(path: string, text: string): void {
  writeFileSync(holderPath(path), `${text}\n`);
}

function holderText(path: string): FileHolder {
  try {
    const text = readFileSync(holderPath(path), 'utf8').trim() || 'another server';
    const [, address = null] = text.split(LISTENING);
    return { text, address };
  } catch {
    return { text: 'another server', address: null };
  }
}
