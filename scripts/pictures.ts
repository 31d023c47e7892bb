// node scripts/pictures.ts: makes docs/pictures/ from the built program on a real terminal.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PROGRAM, PtyTerminal } from '../test/support/pty-terminal.ts';
import { pictureOf } from './terminal-picture.ts';

const folder = join(dirname(import.meta.dirname), 'docs', 'pictures');
const run = promisify(execFile);

/** What is to go wrong, so that there is something to be seen. */
const FAULTS = `
faults:
  - { machine: machine-1, step: repave-image, fault: fail, attempts: 1, at: 3/6, message: layer 3 of 6 has another digest }
  - { machine: machine-3, step: verify-in-cluster, fault: fail, terminal: true, message: node is NotReady }
`;

/** Runs a command of the program against a server; what it ends with is part of the picture. */
async function command(server: string, ...args: string[]): Promise<void> {
  await run(process.execPath, [PROGRAM, ...args, '--server', server]).catch(() => undefined);
}

/** The console in the middle of a repave, beside machines that have seen other things. */
async function pictureOfConsole(faults: string): Promise<Buffer> {
  const args = ['tui', '--port', '0', '--store', 'memory', '--user', 'lin', '--faults', faults];
  const terminal = await PtyTerminal.start(args, { columns: 120, rows: 40, env: { COLORTERM: 'truecolor' } });
  try {
    await terminal.until('No machines yet.');
    const server = /127\.0\.0\.1:\d+/.exec(await terminal.until(/127\.0\.0\.1:\d+ · memory/))?.[0] ?? '';
    await command(server, 'import', '9');
    await Promise.all([
      command(server, 'repave', 'machine-2', 'machine-3', 'machine-4', 'machine-5', 'machine-6'),
      command(server, 'rma', 'machine-9', '--param', 'reason=memory errors on channel B'),
    ]);
    await terminal.until(/machine-3 {2}MAINTENANCE .*▲/);
    terminal.press('r');
    await terminal.until('y yes');
    terminal.press('y');
    await command(server, 'reboot', 'machine-5', '--detach');
    await terminal.until(/repave-image .* attempt 2 of 2 {2}#{3,}\.* +[4-8]\d%/);
    return pictureOf(terminal.emulator);
  } finally {
    await terminal.close();
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'bmdemo-pictures-'));
try {
  const faults = join(scratch, 'faults.yaml');
  await writeFile(faults, FAULTS);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'console.png'), await pictureOfConsole(faults));
} finally {
  await rm(scratch, { recursive: true });
}
