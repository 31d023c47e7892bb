import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreUnusable } from './errors.ts';

/** What every SQLite file begins with. @see https://www.sqlite.org/fileformat.html#magic_header_string */
const MAGIC = 'SQLite format 3\0';

/** What stands in the way, for people; `where` is the folder or file that it is about. */
const REASONS: Readonly<Record<string, (where: string) => string>> = {
  EACCES: (where) => `this user may not write to ${where}`,
  EPERM: (where) => `this user may not write to ${where}`,
  EROFS: (where) => `${where} is on a file system that can only be read`,
  ENOENT: (where) => `the folder ${where} cannot be made there`,
  ENOSPC: () => 'the disk is full',
};

/**
 * Makes the folder of a database file, and looks whether the file can be one, before anything is put beside it.
 *
 * @throws StoreUnusable where folder or file cannot be written, or the file is something else
 */
export function makeFolder(path: string): void {
  const folder = dirname(resolve(path));
  for (const missing of missingFolders(folder)) attempt(path, missing, () => makeOne(missing));
  if (!statSync(folder).isDirectory())
    throw new StoreUnusable(`${path} cannot be written: ${folder} is a file, not a folder`);
  attempt(path, folder, () => accessSync(folder, constants.W_OK));
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) throw new StoreUnusable(`${path} cannot be written: it is a folder, not a file`);
  attempt(path, path, () => accessSync(path, constants.R_OK | constants.W_OK));
  if (!canBeDatabase(path)) {
    throw new StoreUnusable(
      `${path} cannot be opened as a database: it is a file of another kind; name another --store`,
    );
  }
}

/** The folders on the way that are not there, the outermost first. */
function missingFolders(folder: string): readonly string[] {
  const missing: string[] = [];
  for (let at = folder; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  return missing;
}

/** One by one: to make all at once, Node tries for ever where a file system says that there is no place for one, as /proc does. */
function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another server that starts was quicker.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** An empty file is as good as none. */
function canBeDatabase(path: string): boolean {
  const start = Buffer.alloc(MAGIC.length);
  const file = openSync(path, 'r');
  try {
    const read = readSync(file, start);
    return read === 0 || start.toString('latin1') === MAGIC;
  } finally {
    closeSync(file);
  }
}

function attempt(path: string, where: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const code = codeOf(error);
    const said = error instanceof Error ? error.message : String(error);
    const why = code === 'ENOTDIR' ? `${dirname(where)} is a file, not a folder` : (REASONS[code]?.(where) ?? said);
    throw new StoreUnusable(`${path} cannot be written: ${why}`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
