import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { PROGRAM } from '../support/pty-terminal.ts';
import { OWN, startOnTerminal, withMachines } from './console-terminal.ts';

describe('the terminal', () => {
  test('another size while runs are going on', async () => {
    const terminal = await withMachines('--slow');
    terminal.press('A');
    await terminal.until('3 marked');
    terminal.press('r');
    await terminal.until('Esc cancel');
    terminal.press('3\r');
    await terminal.until('repave: 3 of 3 done');
    await terminal.until(/[⠁-⣿] set-netboot/);
    for (const [columns, rows] of [
      [80, 20],
      [80, 24],
      [160, 50],
      [220, 70],
      [100, 32],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.until((shown) => {
        const lines = shown.split('\n');
        const tables = lines.filter((line) => line.startsWith('╭ ▸ Machines 3'));
        const isWhole = lines[0]?.startsWith(' bmdemo') && lines[1]?.endsWith('─╮') && lines.at(-1)?.includes('q quit');
        return isWhole === true && lines[1]?.length === columns && tables.length === 1;
      });
    }
    terminal.resize(60, 18);
    await terminal.until('the console needs 80×20');
    terminal.resize(120, 40);
    for (const id of ['machine-1', 'machine-2', 'machine-3']) await terminal.until(`${id}  PROVISIONING`);
  });

  test('CI in the environment does not turn it off, and it has its colours', async () => {
    const terminal = await startOnTerminal(OWN, { env: { CI: 'true' } });
    await terminal.until('No machines yet.');
    expect(terminal.isFullScreen).toBe(true);
    expect(terminal.written).toContain('\x1b[38;5;');
  });

  test('NO_COLOR is no colour, and the selection is seen all the same', async () => {
    const terminal = await startOnTerminal(OWN, { env: { NO_COLOR: '1' } });
    await terminal.until('No machines yet.');
    await terminal.until('memory');
    terminal.press('i');
    await terminal.until(/> {2}machine-1/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is them that are looked for
    expect(terminal.written.match(/\x1b\[[0-9;]*m/g)?.filter((code) => code !== '\x1b[0m')).toBeUndefined();
  });

  test('without a terminal there is one line, and exit code 2', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'tui'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^[^\n]*needs a terminal[^\n]*\n$/);
  });
});
