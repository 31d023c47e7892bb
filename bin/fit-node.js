// Which Node may run bmdemo. Shared by the launcher and by scripts/prepare.js, so it must load on any Node that knows
// ES modules (12.20 and later): no optional chaining, no `??`, no top-level await.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Whether a Node of this version ("24.21.0") runs bmdemo: 22.18 is the first that strips types by itself, which the
 * scripts need, and it has node:sqlite without a flag.
 */
export function isFit(version) {
  const parts = version.split('.').map(Number);
  return parts[0] > 22 || (parts[0] === 22 && parts[1] >= 18);
}

/**
 * The Node that `npm ci` brought along (the `node` package): `{ path }` when it is there, runs and is fit, else
 * `{ problem }`, a clause that says what is wrong with it. Never throws.
 *
 * `--version` answers before V8 starts (about 5 ms), so asking is cheaper than explaining later why nothing happened:
 * a truncated binary, or one of another machine, may run as an empty shell script, crash, or print the loader's lines.
 */
export function installedNode() {
  const path = join(packageRoot, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(path)) return { problem: 'the `node` package, which brings one, is not installed' };
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10000 });
  const version = /^v(\d+\.\d+\.\d+)/.exec(answer.stdout || '');
  if (!version) return { problem: 'the one that the `node` package installed does not run' };
  if (!isFit(version[1])) return { problem: `the \`node\` package installed ${version[1]}` };
  return { path };
}

/** The one sentence for a machine on which no fit Node was found; `problem` is the clause of `installedNode`. */
export function noFitNode(problem) {
  return `bmdemo needs Node 22.18 or newer, this is ${process.versions.node}, and ${problem}: run \`npm ci\` in ${packageRoot}, or use a newer Node.`;
}
