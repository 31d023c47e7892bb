import { mkdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LauncherPackage, Running } from './launcher.ts';

let made: LauncherPackage;
const running: Running[] = [];

function start(...args: Parameters<LauncherPackage['start']>): Running {
  const started = made.start(...args);
  running.push(started);
  return started;
}

function run(...command: string[]): Running {
  const started = new Running(command);
  running.push(started);
  return started;
}

/** Started by an older Node, and ready. */
async function startReady(what: string): Promise<Running> {
  const started = start('old', what);
  expect(await started.line()).toBe('ready');
  return started;
}

beforeEach(async () => {
  made = await LauncherPackage.create();
});

afterEach(async () => {
  for (const one of running.splice(0)) one.destroy();
  await made.remove();
});

describe('on a fit Node', () => {
  it('runs the program in its own process', async () => {
    const launcher = start('fit', 'about', '--some', 'arguments');
    const about = JSON.parse(await launcher.line());
    expect(about).toMatchObject({ pid: launcher.pid, arguments: ['about', '--some', 'arguments'] });
    expect(await launcher.outcome()).toMatchObject({ code: 0, stderr: '' });
  });

  it('keeps quiet about node:sqlite being experimental, and about nothing else', async () => {
    const { stderr } = await start('fit', 'warn').outcome();
    expect(stderr).toContain('Mind the gap');
    expect(stderr).not.toContain('SQLite');
  });

  it('says how to build what is not built', async () => {
    await made.remove('dist');
    expect(await start('fit').outcome()).toMatchObject({
      code: 1,
      stderr: `bmdemo is not built: run \`npm run build\` in ${made.root}.\n`,
    });
  });
});

describe('on an older Node', () => {
  it('runs the program on the Node of the node package, and leaves no trace in its environment', async () => {
    const launcher = start('old', 'about', '-x');
    const about = JSON.parse(await launcher.line());
    expect(about).toEqual({
      pid: expect.any(Number),
      ppid: launcher.pid,
      arguments: ['about', '-x'],
      version: process.versions.node,
      launcherFd: null,
    });
    expect(await launcher.outcome()).toMatchObject({ code: 0, stderr: '' });
  });

  it('gives the program its own stdin, stdout and stderr', async () => {
    const launcher = start('old', 'echo');
    launcher.process.stdin?.end('through\n');
    expect(await launcher.outcome()).toMatchObject({ code: 0, stdout: ['through'] });
  });

  it('takes over the exit code', async () => {
    expect(await start('old', 'exit', '7').outcome()).toMatchObject({ code: 7, signal: null });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
    'ends by the %s that ended the program',
    async (name) => {
      expect(await start('old', 'die', name).outcome()).toMatchObject({ code: null, signal: name });
    },
  );

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGCONT'] as const)(
    'passes on a %s that came to itself alone',
    async (name) => {
      const launcher = await startReady('listen');
      launcher.process.kill(name);
      expect(await launcher.line()).toBe(name);
      launcher.process.stdin?.end();
      expect(await launcher.outcome()).toMatchObject({ code: 0, stdout: [] });
    },
  );

  it('ends by a passed-on signal that the program does not handle', async () => {
    const launcher = await startReady('live');
    launcher.process.kill('SIGINT');
    expect(await launcher.outcome()).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('lets the program see a Ctrl-C, which goes to the whole group, once', async () => {
    const launcher = await startReady('listen');
    process.kill(-launcher.pid, 'SIGINT');
    // The launcher passes signals on in their order: after this one nothing of the SIGINT is still to come.
    launcher.process.kill('SIGCONT');
    const seen = [await launcher.line(), await launcher.line()];
    launcher.process.stdin?.end();
    const { stdout } = await launcher.outcome();
    expect([...seen, ...stdout].sort()).toEqual(['SIGCONT', 'SIGINT']);
  });

  it('takes the program along when it is killed', async () => {
    const launcher = await startReady('live');
    launcher.process.kill('SIGKILL');
    // The program holds stdout: that it closes is the program's end.
    expect(await launcher.outcome()).toMatchObject({ signal: 'SIGKILL', stdout: [] });
  });

  it('lets the program end in order when it is killed itself', async () => {
    const launcher = await startReady('endOnTerm');
    launcher.process.kill('SIGKILL');
    expect(await launcher.outcome()).toMatchObject({ signal: 'SIGKILL', stdout: ['SIGTERM'] });
  });

  it.runIf(process.platform === 'linux')('stops with a program that stops itself, and goes on with it', async () => {
    // With job control a shell gives each job a group, waits until it stops or ends, and can continue it.
    const shell = run(
      'bash',
      '-c',
      'set -m; "$@" & wait $!; echo "stopped: $?"; kill -CONT -- -$!; wait $!; echo "ended: $?"',
      'bash',
      ...made.command('old', 'bin/bmdemo.js', 'stop'),
    );
    const stopped = 128 + 20;
    expect((await shell.outcome()).stdout).toEqual([`stopped: ${stopped}`, 'continued', 'ended: 5']);
  });
});

describe('on an older Node with nothing to hand over to', () => {
  const problems: [string, () => Promise<void>, string][] = [
    ['is missing', () => made.remove('node_modules/node'), 'the `node` package, which brings one, is not installed'],
    ['is an empty file', () => brokenNode(''), 'the one that the `node` package installed does not run'],
    [
      'crashes',
      () => brokenNode('#!/bin/sh\necho why >&2; exit 3\n'),
      'the one that the `node` package installed does not run',
    ],
    ['is too old itself', () => brokenNode('#!/bin/sh\necho v22.17.1\n'), 'the `node` package installed 22.17.1'],
  ];

  async function brokenNode(content: string): Promise<void> {
    await made.remove('node_modules/node');
    await made.write('node_modules/node/bin/node', content, 0o755);
  }

  it.each(problems)('says so in one line when the node package %s', async (_what, spoil, clause) => {
    await spoil();
    const sentence = `bmdemo needs Node 22.18 or newer, this is 20.19.0, and ${clause}: run \`npm ci\` in ${made.root}, or use a newer Node.\n`;
    expect(await start('old').outcome()).toMatchObject({ code: 1, stdout: [], stderr: sentence });
    expect(await run(...made.command('old', 'scripts/prepare.js')).outcome()).toMatchObject({
      code: 1,
      stdout: [],
      stderr: sentence,
    });
  });
});

describe('prepare', () => {
  beforeEach(async () => {
    await made.write('node_modules/esbuild/package.json', '{}');
    await mkdir(join(made.root, 'node_modules/.bin'));
  });

  const prepare = (age: 'fit' | 'old') => run(...made.command(age, 'scripts/prepare.js')).outcome();

  it('builds on the Node of the node package, links the program for npx, and says what to start', async () => {
    await made.write('scripts/build.ts', 'console.log("built on " + process.versions.node);');
    expect(await prepare('old')).toMatchObject({
      code: 0,
      stdout: [`built on ${process.versions.node}`, 'bmdemo is built: start it with `npm start`.'],
      stderr: '',
    });
    expect(await readlink(join(made.root, 'node_modules/.bin/bmdemo'))).toBe('../../bin/bmdemo.js');
    expect(await prepare('old')).toMatchObject({ code: 0 });
  });

  it('names the launcher as what to start where npm scripts would find a Node that does not run', async () => {
    await made.write('scripts/build.ts', '');
    await made.remove('node_modules/node');
    expect(await prepare('fit')).toMatchObject({
      code: 0,
      stdout: [
        'bmdemo is built: start it with bin/bmdemo.js (not with npm start: the `node` package, which brings one, is not installed).',
      ],
    });
  });

  it('fails when the build does', async () => {
    await made.write('scripts/build.ts', 'process.exitCode = 1;');
    expect(await prepare('old')).toMatchObject({
      code: 1,
      stdout: [],
      stderr: 'bmdemo was not built; `npm run build` tries again.\n',
    });
  });

  it('says so where the development dependencies were left out', async () => {
    await made.remove('node_modules/esbuild');
    expect(await prepare('fit')).toMatchObject({
      code: 1,
      stdout: [],
      stderr:
        'bmdemo is built by its development dependencies, which are not installed: run `npm ci` without --omit=dev.\n',
    });
  });
});
