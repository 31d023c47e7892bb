// npm's `prepare`: `npm ci` ends with a built program. It runs on whatever Node npm itself runs on, which may be too
// old for the build, while the `node` package, through which npm scripts find a newer one, may have failed to install.
import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { installedNode, isFit, noFitNode, packageRoot } from '../bin/fit-node.js';

const installed = installedNode();
const isHereFit = isFit(process.versions.node);

if (!installed.path && !isHereFit) {
  fail(noFitNode(installed.problem));
} else if (!existsSync(join(packageRoot, 'node_modules', 'esbuild'))) {
  fail('bmdemo is built by its development dependencies, which are not installed: run `npm ci` without --omit=dev.');
} else {
  const node = installed.path || process.execPath;
  const { status } = spawnSync(node, [join(packageRoot, 'scripts', 'build.ts')], { stdio: 'inherit' });
  linkProgram();
  if (status !== 0) fail('bmdemo was not built; `npm run build` tries again.');
  else if (installed.path) console.log('bmdemo is built: start it with `npm start`.');
  else console.log(`bmdemo is built: start it with bin/bmdemo.js (not with npm start: ${installed.problem}).`);
}

/**
 * Puts `bmdemo` where npx looks first. npm links the programs of other packages there, not the project's own, and npx
 * would make an installation of the project in its cache, and a slow start, of every `npx bmdemo`.
 */
function linkProgram() {
  const link = join(packageRoot, 'node_modules', '.bin', 'bmdemo');
  if (process.platform !== 'win32' && !existsSync(link)) symlinkSync('../../bin/bmdemo.js', link);
}

function fail(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}
