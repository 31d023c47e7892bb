import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, StoreUnusable } from './errors.ts';

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
  if (lock.kind !== 'taken') throw notTaken(path, lock);
  const { database } = lock;
  const since = new Date().toISOString();
  writeHolder(path, `process ${process.pid} on ${hostname()}, instance ${instance}, since ${since}`);
  return {
    release() {
      forgetHolder(path);
      database.close();
    },
  };
}

function notTaken(path: string, { kind, cause }: Exclude<LockAttempt, { kind: 'taken' }>): StoreUnusable {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message =
    kind === 'held'
      ? `${path} is in use by ${holderText(path).text}; stop that server or name another --store`
      : `${path} cannot be locked, which takes the file ${lockPath(path)}: ${why}`;
  return new StoreUnusable(message, { cause });
}

/** Says where the holder of a file listens. It is for the holder alone to call. */
export function announceAddress(path: string, address: string): void {
  writeHolder(path, `${holderText(path).text}${LISTENING}${address}`);
}

/** Who has a database file; null where nobody has. */
export function fileHolder(path: string): FileHolder | null {
  if (!existsSync(lockPath(path))) return null;
  const lock = tryLock(path);
  if (lock.kind === 'held') return holderText(path);
  if (lock.kind === 'taken') lock.database.close();
  return null;
}

const LISTENING = ', listening on ';
const lockPath = (path: string) => `${path}.lock`;
const holderPath = (path: string) => `${path}.owner`;

/** What came of an attempt to take a lock. Anything but that it is held says nothing about another server. */
type LockAttempt =
  | { readonly kind: 'taken'; readonly database: DatabaseSync }
  | { readonly kind: 'held' | 'unusable'; readonly cause: unknown };

function tryLock(path: string): LockAttempt {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(lockPath(path), { timeout: LOOK_MS });
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;');
    return { kind: 'taken', database };
  } catch (cause) {
    database?.close();
    return { kind: isBusy(cause) ? 'held' : 'unusable', cause };
  }
}

/** It is for people alone: a full disk is no reason to do without the lock. */
function writeHolder(path: string, text: string): void {
  try {
    writeFileSync(holderPath(path), `${text}\n`);
  } catch {
    forgetHolder(path);
  }
}

/** Nobody is told of a holder that is there no more. */
function forgetHolder(path: string): void {
  try {
    rmSync(holderPath(path), { force: true });
  } catch {
    // It could not be written either.
  }
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
