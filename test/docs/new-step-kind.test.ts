import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../scripts/bundle.ts';

const PAGE = 'docs/new-step-kind.md';
/** What of the checkout the steps of the page are about. */
const COPIED = [
  'src/core',
  'src/wire',
  'src/server',
  'proto',
  'scripts',
  'docs',
  'test/plans',
  'test/provider',
  'test/support',
];
const COPIED_FILES = [
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'biome.json',
  '.gitignore',
  'buf.yaml',
  'buf.gen.yaml',
];

/** One thing that the page has its reader do. */
type Step =
  | { readonly kind: 'edit'; readonly file: string; readonly where: Where; readonly text: string }
  | { readonly kind: 'run'; readonly command: string };

/** Tests that the closing commands would run, too: the step's own, and that plans with it survive files and messages. */
const TESTS = 'installs the version|was written and is not there|is the same plan';

type Where = 'new' | 'end' | { readonly side: 'above' | 'below'; readonly anchor: string };

const EDIT = /^\*\*`([^`]+)`\*\*, (?:(above|below) `([^`]+)`|at the (end)|a (new) file):$/;

/** What the page says, in its order: each code block with the line above it that says where it goes, and each command. */
function stepsOf(page: string): readonly Step[] {
  const steps: Step[] = [];
  for (const [, said = '', language = '', text = ''] of page.matchAll(
    /(?:^|\n)(?:([^\n`][^\n]*)\n\n)?```(\w+)\n(.*?)```/gs,
  )) {
    if (language === 'sh') {
      for (const command of text.trim().split('\n')) steps.push({ kind: 'run', command });
      continue;
    }
    const [whole, file = '', side, anchor = '', end] = EDIT.exec(said) ?? [];
    if (whole === undefined) throw new Error(`${PAGE}: nothing says where this block goes: ${said}\n${text}`);
    const where: Where = side === undefined ? (end === undefined ? 'new' : 'end') : { side: side as 'above', anchor };
    steps.push({ kind: 'edit', file, where, text });
  }
  return steps;
}

/** A file after an edit. The line that is named must be there, and be the only one. */
function edited(file: string, before: string, where: Where, text: string): string {
  if (where === 'new') return text;
  if (where === 'end') return before + text;
  const lines = before.split('\n');
  const found = lines.flatMap((line, index) => (line.includes(where.anchor) ? [index] : []));
  const [at] = found;
  if (at === undefined || found.length > 1) throw new Error(`${file}: ${found.length} lines have ${where.anchor}`);
  lines.splice(where.side === 'above' ? at : at + 1, 0, text.replace(/\n$/, ''));
  return lines.join('\n');
}

let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'bmdemo-new-kind-'));
  for (const path of COPIED) await cp(join(packageRoot, path), join(copy, path), { recursive: true });
  for (const path of COPIED_FILES) await cp(join(packageRoot, path), join(copy, path));
  await symlink(join(packageRoot, 'node_modules'), join(copy, 'node_modules'));
  // Compiling everything takes longer than anybody wants to wait for; what knows each kind of step is all here.
  const include = [
    'src/core/domain',
    'src/wire/convert',
    'src/server/plans',
    'src/server/providers/fake',
    'test/plans',
  ];
  const config = { extends: './tsconfig.json', include };
  await writeFile(join(copy, 'tsconfig.new-kind.json'), JSON.stringify(config));
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** Runs a program of the project in the copy; a failure has what it said. */
async function run(...words: string[]): Promise<void> {
  const [program = '', ...rest] = words;
  const path = [join(packageRoot, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path, NO_COLOR: '1' };
  try {
    await promisify(execFile)(program, rest, { cwd: copy, env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${words.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

it('the page adds a kind of step, from the contract to a provider', { timeout: 120_000 }, async () => {
  const steps = stepsOf(await readFile(join(packageRoot, PAGE), 'utf8'));
  expect(steps.length).toBeGreaterThan(15);
  const closing = steps.slice(-2).map((step) => (step.kind === 'run' ? step.command : ''));
  expect(closing).toEqual(['npm run check', 'npm test']);
  for (const step of steps.slice(0, -2)) {
    if (step.kind === 'run') {
      await run(...step.command.replace(/^npx /, '').split(' '));
      continue;
    }
    const path = join(copy, step.file);
    await mkdir(dirname(path), { recursive: true });
    const before = step.where === 'new' ? '' : await readFile(path, 'utf8');
    await writeFile(path, edited(step.file, before, step.where, step.text));
  }
  // What the closing commands come to, for the part that is here.
  await Promise.all([
    run('tsc', '--noEmit', '-p', 'tsconfig.new-kind.json'),
    run(
      'biome',
      'check',
      '--error-on-warnings',
      ...steps.flatMap((step) => (step.kind === 'edit' && /\.ts$/.test(step.file) ? [step.file] : [])),
    ),
    run('vitest', 'run', '--project', 'unit', 'src/server/providers/fake/steps', 'test/plans', '-t', TESTS),
  ]);
  expect(await readFile(join(copy, 'docs/plan.schema.json'), 'utf8')).toContain('"firmware"');
});
