import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** The folder that holds package.json. */
export const packageRoot = dirname(import.meta.dirname);

const entry = 'src/cli/main.ts';
const bundle = join(packageRoot, 'dist', 'bmdemo.js');

/** What decides the content of the bundle, beside this file: a change in any of these makes it stale. */
const inputs = ['src', 'package.json', 'package-lock.json', 'tsconfig.json', 'scripts/bundle.ts'];

/**
 * Ink looks for React's developer tools when DEV=true is in the environment. They are not among the dependencies, so
 * the import would not resolve; and what another program means by DEV is not to change this one.
 */
const withoutDeveloperTools: Plugin = {
  name: 'without-developer-tools',
  setup: ({ onLoad }) => onLoad({ filter: /[/\\]ink[/\\]build[/\\]devtools\.js$/ }, () => ({ contents: '' })),
};

/** What a build of this project has in common with any other. */
const common = {
  absWorkingDir: packageRoot,
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node22.18',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * A thread runs a program of its own, which has no file beside one bundle: its text goes into it. The thread takes it as a
 * script, which is CommonJS.
 */
const threadsInside: Plugin = {
  name: 'threads-inside',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]long-reads-program\.ts$/ }, async ({ path }) => {
      const worker = join(dirname(path), 'long-reads-worker.ts');
      const built = await build({ ...common, entryPoints: [worker], format: 'cjs', minify: true });
      const text = built.outputFiles[0]?.text ?? '';
      return { contents: `export const PROGRAM = ${JSON.stringify(text)};` };
    }),
};

/**
 * Builds the program: one ES module, dist/bmdemo.js, and its source map. Readers never see half a bundle: each file is
 * written beside its place and renamed, so tests of two shells may build and run at once.
 *
 * @throws when the sources do not build; esbuild has then printed why on stderr.
 */
export async function buildBundle(): Promise<void> {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const result = await build({
    ...common,
    entryPoints: [entry],
    outfile: bundle,
    format: 'esm',
    jsx: 'automatic',
    sourcemap: true,
    // The map names the sources, which lie beside it in a checkout; with their text it would be three times as large.
    sourcesContent: false,
    define: {
      // React without its development checks, which cost time in every render.
      'process.env.NODE_ENV': '"production"',
      'process.env.BMDEMO_VERSION': JSON.stringify(version),
    },
    plugins: [withoutDeveloperTools, threadsInside],
    // An optional native driver that pg asks for by name and does without.
    external: ['pg-native'],
    banner: {
      // CommonJS packages in the bundle call require() for what belongs to Node.
      js: "import { createRequire as bmdemoCreateRequire } from 'node:module';\nconst require = bmdemoCreateRequire(import.meta.url);",
    },
  });
  await mkdir(dirname(bundle), { recursive: true });
  for (const file of result.outputFiles) {
    const draft = `${file.path}.${process.pid}`;
    await writeFile(draft, file.contents);
    await rename(draft, file.path);
  }
}

/** Whether the bundle is missing or older than a source; folders count too, so a deleted file is seen. */
export function isBundleStale(): boolean {
  if (!existsSync(bundle)) return true;
  const builtAt = statSync(bundle).mtimeMs;
  return inputs.some((input) => newestChange(join(packageRoot, input)) > builtAt);
}

/** When the file, or anything below the folder, last changed, in ms since 1970; tests are not part of the bundle. */
function newestChange(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return /\.test\.tsx?$/.test(path) ? 0 : stat.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestChange(join(path, name))), stat.mtimeMs);
}
