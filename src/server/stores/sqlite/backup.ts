import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from './errors.ts';
import { newEpoch } from './events.ts';
import { inspect } from './inspect.ts';

/**
 * Copies the store in a file to another file, as of one moment and while a server goes on with it. The copy has an epoch of its
 * own: where it is put in the place of the original, cursors of what came after the copy are refused and not mistaken for others.
 * Answers the size of the copy in bytes.
 *
 * @throws StoreUnusable where the file cannot be read, or there is one at the target already, or it cannot be written
 */
export function backUpFile(path: string, target: string): number {
  if (existsSync(target)) throw new StoreUnusable(`${target} is there already; name another file`);
  const draft = `${target}.${process.pid}.part`;
  rmSync(draft, { force: true });
  try {
    // Says what is wrong with the file before anything is written.
    inspect(path, () => {});
    copy(path, draft);
    renameSync(draft, target);
    return statSync(target).size;
  } catch (error) {
    rmSync(draft, { force: true });
    if (error instanceof StoreUnusable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreUnusable(`${path} could not be copied to ${target}: ${why}`, { cause: error });
  }
}

/** One statement, and so one moment; it takes no more than a reader's lock. */
function copy(path: string, draft: string): void {
  const source = new DatabaseSync(path, { readOnly: true, timeout: 2_000 });
  try {
    source.prepare('VACUUM INTO ?').run(draft);
  } finally {
    source.close();
  }
  const made = new DatabaseSync(draft);
  try {
    made.exec('PRAGMA synchronous = FULL');
    made.prepare("UPDATE settings SET value = ? WHERE name = 'epoch'").run(newEpoch());
  } finally {
    made.close();
  }
}
