import type { Database } from './database.ts';
import { translate } from './errors.ts';

/** So many mutations share one transaction at most; the others wait for the next. */
const MAX_GROUP = 256;
/** A transaction takes up no further mutation after this long, in milliseconds, so that the event loop gets its turn. */
const MAX_GROUP_MS = 8;

interface Waiting {
  readonly mutate: () => void;
  readonly committed: () => void;
  readonly failed: (error: unknown) => void;
}

/** Writes many small changes in one durable transaction: what waits together is committed together. */
export interface GroupCommit {
  /**
   * Runs `mutate` inside the next transaction and resolves with its answer once that is durable. What throws takes back
   * its own writes alone and rejects; a COMMIT that fails rejects all of its transaction.
   */
  mutate<T>(mutate: () => T): Promise<T>;
  /** Refuses what comes from now on and resolves when what waits has been written. */
  close(): Promise<void>;
}

/** Makes the writer of one database. The transaction has no await in it, from BEGIN to COMMIT. */
export function createGroupCommit(database: Database): GroupCommit {
  let waiting: Waiting[] = [];
  let scheduled = false;
  let closed = false;
  let idle: (() => void) | null = null;

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(writeGroup);
  };

  const writeGroup = () => {
    scheduled = false;
    const begun = performance.now();
    const settled: (() => void)[] = [];
    const group: Waiting[] = [];
    try {
      database.exec('BEGIN IMMEDIATE');
      let taken = 0;
      for (const one of waiting) {
        if (taken >= MAX_GROUP || (taken > 0 && performance.now() - begun > MAX_GROUP_MS)) break;
        taken += 1;
        group.push(one);
        settled.push(writeOne(one));
      }
      database.exec('COMMIT');
    } catch (error) {
      rollBack();
      for (const one of group.length === 0 ? waiting.splice(0) : group) one.failed(translate(error, database.path));
      settled.length = 0;
    }
    waiting = waiting.slice(group.length);
    for (const settle of settled) settle();
    if (waiting.length > 0) schedule();
    else idle?.();
  };

  /** Runs one mutation under a savepoint of its own; what it answers is told after the commit. */
  const writeOne = (one: Waiting): (() => void) => {
    database.run('SAVEPOINT one');
    try {
      one.mutate();
      database.run('RELEASE one');
      return one.committed;
    } catch (error) {
      // A full disk ends the whole transaction, and with it what others wrote in it.
      if (!database.inTransaction) throw error;
      database.run('ROLLBACK TO one');
      database.run('RELEASE one');
      return () => one.failed(translate(error, database.path));
    }
  };

  const rollBack = () => {
    if (database.inTransaction) database.exec('ROLLBACK');
  };

  return {
    mutate<T>(mutate: () => T): Promise<T> {
      if (closed) return Promise.reject(new Error('the store is closed'));
      return new Promise<T>((resolve, reject) => {
        let answer: { readonly value: T } | null = null;
        waiting.push({
          mutate: () => {
            answer = { value: mutate() };
          },
          committed: () => {
            if (answer !== null) resolve(answer.value);
          },
          failed: reject,
        });
        schedule();
      });
    },
    close() {
      closed = true;
      if (waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        idle = resolve;
      });
    },
  };
}
