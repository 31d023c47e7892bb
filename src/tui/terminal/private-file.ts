import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Only its owner can read it. */
const MODE = 0o600;

/**
 * Writes a new file into a folder, which is made where it is missing. Answers its path.
 *
 * @throws Error where there is a file of that name already, or it cannot be written
 */
export async function writeNewFile(directory: string, name: string, text: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, name);
  await writeFile(path, text, { mode: MODE, flag: 'wx' });
  return path;
}

/**
 * Writes a file in place of the one of that name: whoever reads it sees the old text or the new one. Answers its path.
 *
 * @throws Error where it cannot be written
 */
export async function replaceFile(directory: string, name: string, text: string): Promise<string> {
  // A file that is there keeps its mode, and may be a link to somewhere else: a new one takes its place.
  const beside = await writeNewFile(directory, `.${name}-${process.pid}-${crypto.randomUUID()}`, text);
  const path = join(directory, name);
  await rename(beside, path);
  return path;
}
