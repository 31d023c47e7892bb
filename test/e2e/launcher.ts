import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const checkout = dirname(dirname(import.meta.dirname));

/** Makes any Node say that it is an older one, when it is given to `--require`. */
const pretendToBeOld = `
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });
Object.defineProperty(process, 'version', { value: 'v20.19.0' });
`;

/** In place of the built program: does what its first argument says, and tells on stdout what it sees. */
const program = `
const [what, detail] = process.argv.slice(2);
const say = (line) => process.stdout.write(line + '\\n');
const stayAlive = () => setInterval(() => {}, 60_000);
const listen = () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGCONT']) process.on(signal, () => say(signal));
};
const acts = {
  about: () => say(JSON.stringify({
    pid: process.pid, ppid: process.ppid, arguments: process.argv.slice(2), version: process.versions.node,
    launcherFd: process.env.BMDEMO_LAUNCHER_FD ?? null,
  })),
  echo: () => process.stdin.pipe(process.stdout),
  exit: () => process.exit(Number(detail)),
  die: () => { stayAlive(); process.kill(process.pid, detail); },
  live: () => { stayAlive(); say('ready'); },
  listen: () => { stayAlive(); listen(); say('ready'); process.stdin.on('end', () => process.exit(0)).resume(); },
  endOnTerm: () => { stayAlive(); process.on('SIGTERM', () => { say('SIGTERM'); process.exit(0); }); say('ready'); },
  stop: () => { stayAlive(); process.on('SIGCONT', () => { say('continued'); process.exit(5); }); process.kill(process.pid, 'SIGTSTP'); },
  warn: () => {
    // As Node 22 says when node:sqlite is loaded; later ones no longer do.
    process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
    process.emitWarning('Mind the gap', 'ExperimentalWarning');
  },
};
acts[what]();
`;

/** A package in a folder of its own: the real launcher, and stand-ins for the built program and for the `node` package. */
export class LauncherPackage {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Built, and with a `node` package that runs. */
  static async create(): Promise<LauncherPackage> {
    const made = new LauncherPackage(await mkdtemp(join(tmpdir(), 'bmdemo-launcher-')));
    await cp(join(checkout, 'bin'), join(made.root, 'bin'), { recursive: true });
    await cp(join(checkout, 'scripts', 'prepare.js'), join(made.root, 'scripts', 'prepare.js'));
    await made.write('package.json', '{ "type": "module" }');
    await made.write('old.cjs', pretendToBeOld);
    await made.write('dist/bmdemo.js', program);
    await mkdir(join(made.root, 'node_modules/node/bin'), { recursive: true });
    await symlink(process.execPath, join(made.root, 'node_modules/node/bin/node'));
    return made;
  }

  async write(path: string, content: string, mode = 0o644): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), content, { mode });
  }

  remove(path = ''): Promise<void> {
    return rm(join(this.root, path), { recursive: true });
  }

  /** The command line that starts a script of this package, as a Node of that age would run it. */
  command(age: 'fit' | 'old', script: string, ...args: string[]): string[] {
    const pretence = age === 'old' ? ['--require', join(this.root, 'old.cjs')] : [];
    return [process.execPath, ...pretence, join(this.root, script), ...args];
  }

  start(age: 'fit' | 'old', ...args: string[]): Running {
    return new Running(this.command(age, 'bin/bmdemo.js', ...args));
  }
}

/** How a process ended, and all it has written. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Without what `line` has handed out. */
  readonly stdout: string[];
  readonly stderr: string;
}

/** A process in a group of its own, with its stdin held open. */
export class Running {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #stderr: Promise<string>;
  readonly #exit: Promise<unknown[]>;

  constructor([file = '', ...args]: string[]) {
    const child = spawn(file, args, { stdio: 'pipe', detached: true });
    this.process = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.#stderr = text(child.stderr);
    this.#exit = once(child, 'exit');
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('the process was not started');
    return this.process.pid;
  }

  /** The next line of stdout; '' when there are no more. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    return done ? '' : value;
  }

  /** When it has ended, and nothing that it started holds its stdout any more. */
  async outcome(): Promise<Outcome> {
    const stdout: string[] = [];
    for (let line = await this.line(); line !== ''; line = await this.line()) stdout.push(line);
    const [code, signal] = (await this.#exit) as [number | null, NodeJS.Signals | null];
    return { code, signal, stdout, stderr: await this.#stderr };
  }

  /** Ends the whole group, for a test that failed half way. */
  destroy(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}
