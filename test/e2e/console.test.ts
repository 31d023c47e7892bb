import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { PtyTerminal } from '../support/pty-terminal.ts';
import { PROGRAM } from '../support/pty-terminal.ts';
import { startOnTerminal } from './console-terminal.ts';

const OWN = ['tui', '--port', '0', '--store', 'memory'];

/** A console with three machines, the first of them selected. */
async function withMachines(...args: string[]): Promise<PtyTerminal> {
  const terminal = await startOnTerminal([...OWN, ...args]);
  await terminal.until('No machines yet.');
  await terminal.until('memory');
  terminal.press('i');
  await terminal.until('3 machines imported');
  await terminal.until(/> {2}machine-1 .*\n.*machine-2 .*\n.*machine-3/);
  return terminal;
}

/** Answers the question that is open with yes, once it takes keys. */
async function yes(terminal: PtyTerminal): Promise<void> {
  await terminal.until('y yes');
  terminal.press('y');
}

describe('the main job', () => {
  test('import 3, repave machine-1: steps and log move, the phases pass by', async () => {
    const terminal = await withMachines();
    expect(terminal.text).toMatch(/machine-1 {2}FACTORY_READY/);
    terminal.press('r');
    await yes(terminal);
    await terminal.until(/run [0-9a-z]{8} accepted/);
    await terminal.until(/machine-1 {2}PROVISIONING/);
    await terminal.until(/[⠁-⣿] repave-image +\d\.\ds .*[#.]{8} +\d+%/);
    await terminal.until(/Log · repave-image · following · \d+ lines/);
    await terminal.until(/machine-1 {2}READY/);
    await terminal.until(/machine-1 {2}IN_SERVICE/);
    await terminal.until('repave-join on machine-1 is done');
    await terminal.until(/SUCCEEDED after \d\.\ds/);
    expect(terminal.text).toMatch(
      /✓ set-netboot.*\n.*✓ reboot-to-netboot.*\n.*✓ repave-image.*\n.*✓ join-cluster.*\n.*✓ verify/,
    );
    await terminal.until(/Log · verify-in-cluster · ended · \d+ lines/);
  });

  test('cancel in mid-image, then the next repave has to be acknowledged', async () => {
    const terminal = await withMachines('--slow', '--speed', '4');
    terminal.press('r');
    await yes(terminal);
    await terminal.until(/[⠁-⣿] repave-image +\d/);
    terminal.press('c');
    await terminal.until('left half written');
    await yes(terminal);
    await terminal.until(/machine-1 {2}MAINTENANCE .*▲ run/);
    await terminal.until(/⊘ repave-image .* canceled/);
    expect(terminal.text).toMatch(/- join-cluster +not run/);
    await terminal.until((shown) => !shown.includes('has not returned'));
    terminal.press('r');
    await terminal.until('needs intervention since');
    await terminal.until('Acknowledge and repave');
    await yes(terminal);
    await terminal.until(/machine-1 {2}PROVISIONING/);
  });

  test('an RMA starts when the id is typed, and what is not possible then says why', async () => {
    const terminal = await withMachines();
    terminal.press('jm');
    await terminal.until('RMA machine-2?');
    await terminal.until('Enter press');
    terminal.press('machine-2\r');
    await terminal.until(/machine-2 {2}RMA /);
    terminal.press('r');
    await terminal.until('machine-2 is in RMA: it waits for new hardware');
  });
});

describe('keys', () => {
  test('a paste of machine-1⏎rb starts nothing; jj moves twice; ry opens a question and does not answer it', async () => {
    const terminal = await withMachines();
    terminal.paste('machine-1\nrb');
    terminal.press('j');
    await terminal.until(/> {2}machine-2/);
    expect(terminal.text).toContain('0 runs active');
    expect(terminal.text).not.toContain('Repave');
    terminal.press('kjj');
    await terminal.until(/> {2}machine-3/);
    terminal.press('ry\r');
    await terminal.until('y yes');
    expect(terminal.text).toContain('Repave machine-3?');
    expect(terminal.text).toContain('0 runs active');
  });
});

describe('the terminal', () => {
  test('another size while a run is going on', async () => {
    const terminal = await withMachines('--slow');
    terminal.press('r');
    await yes(terminal);
    await terminal.until(/[⠁-⣿] set-netboot/);
    for (const [columns, rows] of [
      [80, 24],
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
    await terminal.until(/machine-1 {2}PROVISIONING/);
  });

  test('CI in the environment does not turn it off, and it has its colours', async () => {
    const terminal = await startOnTerminal(OWN, { env: { CI: 'true' } });
    await terminal.until('No machines yet.');
    expect(terminal.isFullScreen).toBe(true);
    expect(terminal.written).toContain('\x1b[38;5;');
  });

  test('NO_COLOR is no colour, and the selection is seen all the same', async () => {
    const terminal = await startOnTerminal(OWN, { env: { NO_COLOR: '1' } });
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

describe('a server elsewhere', () => {
  test('its loss and its return are seen', async () => {
    const first = await startOnTerminal(['serve', '--port', '0', '--store', 'memory']);
    const [, address = ''] = /(127\.0\.0\.1:\d+)/.exec(await first.until(/127\.0\.0\.1:\d+/)) ?? [];
    const terminal = await startOnTerminal(['tui', '--server', address]);
    await terminal.until(`● attached to ${address}`);
    await terminal.until('No machines yet.');
    terminal.press('i');
    await terminal.until('3 machines imported');
    process.kill(first.pid, 'SIGKILL');
    await terminal.until(`○ lost ${address}`);
    await terminal.until('trying again in');
    terminal.press('r');
    await terminal.until('no server');
    await startOnTerminal(['serve', '--listen', address, '--store', 'memory']);
    await terminal.until('No machines yet.');
    terminal.press('i');
    await terminal.until('3 machines imported');
    terminal.press('q');
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test('that is not there: it says so at once, goes on trying, and finds it when it is', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    holder.close();
    await once(holder, 'close');
    const address = `127.0.0.1:${port}`;
    const terminal = await startOnTerminal(['tui', '--server', address, '--user', 'kim']);
    await terminal.until(new RegExp(`○ no server at ${address} · trying again in \\ds`));
    expect(terminal.text).toContain(`no bmdemo server answers at ${address}`);
    await startOnTerminal(['serve', '--listen', address, '--store', 'memory']);
    await terminal.until('No machines yet.');
    await terminal.until(new RegExp(`● attached to ${address} · (<1|\\d+) ms · plaintext · as kim · memory · fake`));
  });
});
