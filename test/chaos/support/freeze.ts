import { spawnSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import type { ServerProcess } from './server-process.ts';

/** A server that is frozen in the middle of a transaction of the world is frozen again at most so often. */
const MAX_TRIES = 50;
/** How long the others may have the world's file before the frozen one is taken for who has it, in milliseconds. */
const OTHERS_MS = 500;

/**
 * Stops a process as the system does that has no time for it, until SIGCONT. Hardware goes on when a server is stopped, and
 * so must the world that plays it: the moment is another one if the process has the world's file.
 */
export function freeze(server: ServerProcess, worldPath: string): void {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    server.signal('SIGSTOP');
    while (!isStopped(server.pid));
    if (isFree(worldPath)) return;
    server.signal('SIGCONT');
  }
  throw new Error(`the server has the world's file whenever it is stopped, ${MAX_TRIES} times in a row`);
}

function isStopped(pid: number): boolean {
  const { stdout, status } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`there is no process ${pid}`);
  return stdout.trim().startsWith('T');
}

function isFree(path: string): boolean {
  const database = new DatabaseSync(path, { timeout: OTHERS_MS });
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch {
    return false;
  } finally {
    database.close();
  }
}
