// npm run check [-- NAME...]: every check that needs no running program, or those named; one line each.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { packageRoot } from './bundle.ts';
import { checkGenerated } from './check-generated.ts';
import { checkImports } from './check-imports.ts';
import { checkConfigSchema } from './generate-config-schema.ts';
import { checkKeys } from './generate-keys.ts';

/** What is wrong, for a person to read; empty when nothing is. */
type Check = () => Promise<string>;

/** Quick ones first. The programs are those of node_modules/.bin, which npm puts on the path. */
const checks: Record<string, Check> = {
  imports: async () => checkImports(join(packageRoot, 'src')).join('\n'),
  lint: program('biome', 'check', '--error-on-warnings', '.'),
  typecheck: program('tsc', '--noEmit'),
  'buf lint': program('buf', 'lint'),
  generated: async () => (await checkGenerated(packageRoot)).join('\n'),
  'key list': checkKeys,
  'configuration schema': checkConfigSchema,
  'dead exports': program('knip', '--no-progress', '--no-config-hints'),
};

function program(command: string, ...args: string[]): Check {
  return async () => {
    const child = spawn(command, args, { cwd: packageRoot, stdio: ['ignore', 'pipe', 'pipe'] });
    const code = new Promise<number | null>((done, reject) => child.on('close', done).on('error', reject));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return (await code) === 0 ? '' : `${out}${err}`.trim() || `${command} ended with code ${await code}`;
  };
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in checks));
if (unknown) {
  console.error(`There is no check "${unknown}"; there are ${Object.keys(checks).join(', ')}.`);
  process.exit(2);
}

for (const [name, check] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startedAt = performance.now();
  const wrong = await check().catch((error: Error & { stderr?: string }) => error.stderr || error.message);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${wrong ? 'FAIL' : 'ok  '}  ${name} (${seconds} s)`);
  if (wrong) {
    console.log(`${wrong.trimEnd()}\n`);
    process.exitCode = 1;
  }
}
