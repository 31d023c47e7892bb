import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Millis } from '../../../../core/domain/time.ts';
import { type WorldFile, WorldUnusable } from './sqlite-file.ts';

/**
 * The processes that share a world. Each holds an SQLite lock on a file of its own for as long as it lives; the kernel
 * frees it with the process, and only then: a process that is stopped holds on to it. All methods are for inside a
 * transaction of the world, which is what keeps two processes from looking at a third one's lock at the same time.
 */
export class WorldServers {
  readonly #file: WorldFile;
  readonly #lock: DatabaseSync;
  /** This process's number in the world; no two ever have the same. */
  readonly own: number;

  /** Enters this process. */
  constructor(file: WorldFile) {
    this.#file = file;
    this.own = file.run('INSERT INTO servers (pid) VALUES (?)', process.pid);
    const lock = tryLock(this.#lockPath(this.own));
    if (lock === null) throw new WorldUnusable(`${this.#lockPath(this.own)} is locked by another process`);
    this.#lock = lock;
  }

  /** Closes the calls of every process that is gone, as abandoned. */
  buryAll(now: Millis): void {
    for (const row of this.#file.all('SELECT server FROM servers WHERE server <> ?', this.own)) {
      this.buryIfGone(Number(row.server), now);
    }
  }

  /** Closes the calls of a process as abandoned, if it is gone; true where it is. */
  buryIfGone(server: number, now: Millis): boolean {
    if (server === this.own) return false;
    const isKnown = this.#file.get('SELECT 1 FROM servers WHERE server = ?', server) !== null;
    if (isKnown) {
      const lock = tryLock(this.#lockPath(server));
      if (lock === null) return false;
      lock.close();
    }
    this.#bury(server, now);
    return true;
  }

  /** Takes this process out; calls that it still has going are abandoned. */
  leave(now: Millis): void {
    this.#lock.close();
    this.#bury(this.own, now);
  }

  #bury(server: number, now: Millis): void {
    for (const { number } of this.#file.all(
      'SELECT number FROM calls WHERE server = ? AND end_number IS NULL ORDER BY number',
      server,
    )) {
      closeCall(this.#file, Number(number), 'abandoned', '', now);
    }
    this.#file.run('DELETE FROM servers WHERE server = ?', server);
    // Numbers are not given twice, so nobody will want this file.
    rmSync(this.#lockPath(server), { force: true });
  }

  #lockPath(server: number): string {
    return `${this.#file.path}.server-${server}`;
  }
}

/** Writes the end of a call that is going. */
export function closeCall(file: WorldFile, number: number, kind: string, code: string, now: Millis): void {
  file.run(
    `UPDATE calls SET ended_at = ?, end_kind = ?, end_code = ?, end_number =
       (SELECT coalesce(max(end_number), 0) + 1 FROM calls WHERE end_number IS NOT NULL)
     WHERE number = ?`,
    now,
    kind,
    code,
    number,
  );
}

/** Takes the lock of a file; null where another connection has it. */
function tryLock(path: string): DatabaseSync | null {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch {
    database.close();
    return null;
  }
}
