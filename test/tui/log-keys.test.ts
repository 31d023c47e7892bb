import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { logLine, machine, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';
const LONG = `long ${'.'.repeat(150)} tail`;

/** A console whose log pane has the focus. */
async function inLog(columns = 120, rows = 40) {
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: RUN })]);
  const under = openConsole({ backend, columns, rows });
  const { terminal } = under;
  backend.tellRun(repave(RUN, 'machine-1', 2));
  const feed = (from: number, to: number, step?: string) => {
    for (let at = from; at <= to; at++) backend.log(RUN).push(logLine(RUN, at, `line ${at};`, step));
  };
  feed(1, 3, 'reboot-to-netboot');
  backend.log(RUN).push(logLine(RUN, 4, LONG));
  feed(5, 6);
  await terminal.until('repave-image 3/5');
  terminal.press('\t');
  await terminal.until('▸ Run');
  terminal.press('\t');
  await terminal.until('▸ Log');
  await terminal.until('line 6;');
  return { ...under, feed };
}

test('W lets long lines go on below, in line with where they began, and cuts them again', async () => {
  const { terminal } = await inLog();
  expect(terminal.text).not.toContain('tail');
  terminal.press('W');
  await terminal.until('tail');
  const row = terminal.rows.findIndex((line) => line.includes('long ...'));
  expect(terminal.rows[row + 1]?.indexOf('....', 60)).toBe(terminal.rows[row]?.indexOf('long'));
  terminal.press('W');
  await terminal.until((text) => !text.includes('tail'));
});

test('a text behind the edge is found and seen once lines are wrapped', async () => {
  const { terminal, feed } = await inLog();
  feed(7, 90);
  await terminal.until('line 90;');
  terminal.press('W');
  terminal.press('/tail\r');
  await terminal.until((text) => / tail +│/.test(text) && text.includes('paused'));
  terminal.press('G');
  await terminal.until('line 90;');
});

test('T shows times of day, times since the first line, or none', async () => {
  const { terminal } = await inLog();
  expect(terminal.text).toMatch(/\d\d:41:06 line 6;/);
  terminal.press('T');
  await terminal.until(/ {3}\+5\.0s line 6;/);
  terminal.press('T');
  await terminal.until(/│ line 6;/);
  terminal.press('T');
  await terminal.until(/\d\d:41:06 line 6;/);
});

test('S shows the lines of one step after the other, then all', async () => {
  const { terminal } = await inLog();
  terminal.press('S');
  await terminal.until('reboot-to-netboot alone');
  expect(terminal.text).toContain('line 3;');
  expect(terminal.text).not.toContain('line 5;');
  expect(terminal.text).toContain('following · 3 lines');
  terminal.press('S');
  await terminal.until((text) => text.includes('repave-image alone') && !text.includes('line 3;'));
  terminal.press('S');
  await terminal.until((text) => text.includes('line 3;') && text.includes('line 5;'));
});

test('z gives it the whole screen, Esc its pane back; what runs goes on meanwhile', async () => {
  const { terminal, feed } = await inLog();
  terminal.press('z');
  await terminal.until((text) => !text.includes('Machines') && text.includes('▸ Log · run 7f3a91kq · machine-1'));
  expect(terminal.text).toContain(LONG.slice(0, 100));
  feed(7, 60);
  await terminal.until('line 60;');
  expect(terminal.text).toContain('line 30;');
  terminal.press('\x1b');
  await terminal.until((text) => text.includes('╭ Machines 1 ') && text.includes('▸ Log'));
  expect(terminal.text).toContain('> ');
  terminal.press('z');
  await terminal.until((text) => !text.includes('Machines'));
  terminal.press('z');
  await terminal.until('╭ Machines 1 ');
});

test('its keys come first in the footer, and on the whole screen those of the table are not offered', async () => {
  const { terminal } = await inLog(80, 24);
  const keys = () => terminal.rows.at(-1) ?? '';
  expect(keys()).toMatch(/\/ search {2}W wrap {2}T times {2}S step {2}z full screen {2}\? help {2}q quit$/);
  terminal.press('z');
  await terminal.until((text) => !text.includes('Machines'));
  expect(keys()).toMatch(/Esc back {2}\? help {2}q quit$/);
  terminal.press('z');
  terminal.resize(220, 40);
  await terminal.until('s sort');
  expect(keys()).toContain('f phases');
  terminal.press('z');
  await terminal.until((text) => !text.includes('Machines'));
  expect(keys()).not.toMatch(/s sort|f phases/);
  expect(keys()).toContain('Esc back');
});

test('Tab leads from the whole screen to the next pane, and what was the whole screen is a pane again', async () => {
  const { terminal } = await inLog();
  terminal.press('z');
  await terminal.until((text) => !text.includes('Machines'));
  terminal.press('\t');
  await terminal.until('▸ Machines');
  terminal.press('\t\t');
  await terminal.until((text) => text.includes('▸ Log') && text.includes('╭ Machines 1 '));
});

test('the narrowest screen has a place for it, too', async () => {
  const { terminal } = await inLog(80, 24);
  terminal.press('zW');
  await terminal.until((text) => text.includes('tail') && !text.includes('Machines'));
  terminal.press('\x1b');
  await terminal.until('╭ Machines 1 ');
});

test('o writes the lines that are shown to a file of their own, and says where', async () => {
  const { terminal, stateDirectory } = await inLog(200, 60);
  terminal.press('SS');
  await terminal.until('repave-image alone');
  terminal.press('o');
  await terminal.until('3 lines of repave-image saved in');
  const [name = ''] = readdirSync(stateDirectory);
  expect(name).toMatch(/^log-machine-1-7f3a91kq-.*\.txt$/);
  expect(terminal.text).toContain(name);
  const path = join(stateDirectory, name);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toBe(
    [
      '--- repave-image',
      `2026-01-02T12:41:04.000Z ${LONG}`,
      '2026-01-02T12:41:05.000Z line 5;',
      '2026-01-02T12:41:06.000Z line 6;',
      '',
    ].join('\n'),
  );
  terminal.press('o');
  await terminal.until(() => readdirSync(stateDirectory).length === 2);
});

test('where it cannot be written, why is said', async () => {
  const { terminal, stateDirectory } = await inLog();
  rmSync(stateDirectory, { recursive: true });
  writeFileSync(stateDirectory, 'in the way');
  terminal.press('o');
  await terminal.until('The log was not saved: EEXIST');
});
