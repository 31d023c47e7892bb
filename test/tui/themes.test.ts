import { expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import type { OpenConsole } from './open-console.ts';
import { openConsole } from './open-console.ts';
import { machine, repave } from './samples.ts';
import type { VirtualTerminal } from './virtual-terminal.ts';

async function drawn(theme: NonNullable<OpenConsole['theme']>): Promise<VirtualTerminal> {
  const backend = new BackendDouble([
    machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: '7f3a91kq00000000' }),
    machine('machine-2'),
  ]);
  const { terminal } = openConsole({ backend, theme });
  backend.tellRun(repave('7f3a91kq00000000', 'machine-1', 2));
  await terminal.until('72%');
  await terminal.until('memory');
  return terminal;
}

/** The looks of the cells of a row between its frame: background and foreground. */
function looks(terminal: VirtualTerminal, row: number): Set<string> {
  const line = terminal.screen.emulator.buffer.active.getLine(row);
  const cells = Array.from({ length: 116 }, (_, at) => line?.getCell(at + 2));
  return new Set(cells.map((cell) => `${cell?.getBgColor()}/${cell?.getFgColor()}/${cell?.isInverse()}`));
}

test('the selected row is one background and one foreground', async () => {
  const terminal = await drawn('dark');
  expect(terminal.rows[3]).toContain('machine-1');
  expect(looks(terminal, 3).size).toBe(1);
  expect(looks(terminal, 4).size).toBeGreaterThan(1);
});

test('mono writes no colour, and shows the selection by inverse and a caret', async () => {
  const terminal = await drawn('mono');
  expect(terminal.screen.written.match(/\[(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]/g)).toBeNull();
  expect([...looks(terminal, 3)][0]).toMatch(/\/[1-9]\d*$/);
  expect(terminal.rows[3]).toMatch(/^│ > {2}machine-1/);
});

test('ascii writes nothing but ASCII', async () => {
  const terminal = await drawn('ascii');
  terminal.press('r');
  await terminal.until('is busy');
  terminal.press('j');
  terminal.press('r');
  await terminal.until('y yes');
  terminal.press('\x1b');
  await terminal.until('q quit');
  terminal.press('?');
  await terminal.until('Keys');
  expect([...terminal.screen.written].filter((sign) => sign > '~')).toEqual([]);
});
