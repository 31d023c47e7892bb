import { readFileSync } from 'node:fs';
import { mkdtemp, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PtyOptions } from '../test/support/pty-terminal.ts';
import { PtyTerminal } from '../test/support/pty-terminal.ts';

/** Loaded into the console's process: on a signal it collects its garbage and writes down what it has used so far. */
const PROBE = `
import { writeFileSync, renameSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';
v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');
process.on('SIGUSR2', () => {
  const { user, system } = process.cpuUsage();
  gc();
  const file = process.env.PROBE_FILE;
  writeFileSync(file + '.new', JSON.stringify({ cpuMs: (user + system) / 1000, heapMb: process.memoryUsage().heapUsed / 1e6 }));
  renameSync(file + '.new', file);
});
`;

/** What a console has used so far. */
export interface Usage {
  readonly cpuMs: number;
  /** Of the heap, after its garbage was collected. */
  readonly heapMb: number;
}

const END_OF_FRAME = '\x1b[?2026l';
const ERASE = '\x1b[2J';

/** A console on a terminal whose work can be measured. */
export class ProbedConsole {
  readonly terminal: PtyTerminal;
  readonly #folder: string;

  private constructor(terminal: PtyTerminal, folder: string) {
    this.terminal = terminal;
    this.#folder = folder;
  }

  /** Starts it. */
  static async start(args: readonly string[], options: PtyOptions = {}): Promise<ProbedConsole> {
    const folder = await mkdtemp(join(tmpdir(), 'bmdemo-probe-'));
    const env = {
      ...options.env,
      PROBE_FILE: join(folder, 'usage.json'),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(PROBE)}`,
    };
    return new ProbedConsole(await PtyTerminal.start(args, { ...options, env }), folder);
  }

  /** What it has used so far. */
  async usage(): Promise<Usage> {
    const watching = new AbortController();
    const written = watch(this.#folder, { signal: watching.signal });
    process.kill(this.terminal.pid, 'SIGUSR2');
    for await (const { filename, eventType } of written) {
      if (filename === 'usage.json' && eventType === 'rename') break;
    }
    watching.abort();
    return JSON.parse(readFileSync(join(this.#folder, 'usage.json'), 'utf8')) as Usage;
  }

  /** How many frames, bytes and full clears it has drawn so far. */
  get drawn(): { readonly frames: number; readonly bytes: number; readonly clears: number } {
    const { written } = this.terminal;
    return {
      frames: written.split(END_OF_FRAME).length - 1,
      bytes: Buffer.byteLength(written),
      clears: written.split(ERASE).length - 1,
    };
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.terminal.close();
    await rm(this.#folder, { recursive: true });
  }
}
