import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

/**
 * Generates the wire code into a folder of its own and compares: what is committed must be what proto/ says.
 *
 * @returns a sentence for each file that differs, is missing or is left over; none when all is current.
 * @throws when `buf generate` fails; the error's `stderr` says why.
 */
export async function checkGenerated(root: string): Promise<string[]> {
  const { plugins } = parse(await readFile(join(root, 'buf.gen.yaml'), 'utf8')) as { plugins: { out: string }[] };
  const fresh = await mkdtemp(join(tmpdir(), 'bmdemo-generated-'));
  try {
    await promisify(execFile)('buf', ['generate', '--output', fresh], { cwd: root });
    const folders = new Set(plugins.map((plugin) => plugin.out));
    return (await Promise.all([...folders].map((folder) => differences(root, fresh, folder)))).flat();
  } finally {
    await rm(fresh, { recursive: true });
  }
}

async function differences(root: string, fresh: string, folder: string): Promise<string[]> {
  const [committed, generated] = await Promise.all([read(join(root, folder)), read(join(fresh, folder))]);
  const paths = [...new Set([...committed.keys(), ...generated.keys()])].sort();
  return paths
    .filter((path) => committed.get(path) !== generated.get(path))
    .map((path) => `${folder}/${path} is not what proto/ generates: run \`npm run generate\`.`);
}

/** The text of every file below a folder, by path; empty when there is no such folder. */
async function read(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'latin1')] as const),
    ),
  );
}
