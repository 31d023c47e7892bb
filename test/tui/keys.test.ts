import { expect, test } from 'vitest';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { machine } from './samples.ts';

async function threeMachines() {
  const backend = new BackendDouble([machine('machine-1'), machine('machine-2'), machine('machine-3')]);
  const under = openConsole({ backend });
  await under.terminal.until('machine-3');
  await under.terminal.until('memory');
  return under;
}

test('keys that come in one chunk are pressed one after the other', async () => {
  const { terminal } = await threeMachines();
  terminal.press('jjk');
  await terminal.until(/> {2}machine-2/);
});

test('a key that opens a dialog takes the rest of its chunk with it', async () => {
  const { terminal, backend } = await threeMachines();
  terminal.press('ry');
  await terminal.until('y yes');
  expect(terminal.text).toContain('Repave machine-1?');
  expect(backend.started).toEqual([]);
});

test('a dialog takes no key before it has been seen for a moment', async () => {
  const { terminal, backend } = await threeMachines();
  terminal.press('r');
  terminal.press('y');
  terminal.press('\x1b[C');
  terminal.press('\r');
  terminal.paste('y');
  await terminal.until('y yes');
  expect(terminal.text).toContain('[> Cancel <]');
  expect(backend.started).toEqual([]);
});

test('a paste on the main screen reaches nobody', async () => {
  const { terminal, backend } = await threeMachines();
  terminal.paste('machine-1\nrb');
  terminal.paste('q');
  terminal.press('j');
  await terminal.until(/> {2}machine-2/);
  expect(terminal.text).not.toContain('Repave');
  expect([backend.started, terminal.isFullScreen]).toEqual([[], true]);
});

test('a paste of a terminal that does not mark it opens at most a question', async () => {
  const { terminal, backend } = await threeMachines();
  terminal.press('machine-1\rrb');
  await terminal.until('Esc cancel');
  expect(terminal.text).toContain('RMA machine-1?');
  expect(terminal.text).toMatch(/> _{9,}/);
  expect(backend.started).toEqual([]);
});

test('Esc goes up and never out', async () => {
  const { terminal } = await threeMachines();
  terminal.press('\t\t');
  await terminal.until('▸ Log');
  terminal.press('\x1b');
  await terminal.until('▸ Run');
  terminal.press('\x1b');
  await terminal.until('▸ Machines');
  terminal.press('\x1b');
  terminal.press('j');
  await terminal.until(/> {2}machine-2/);
});

test('keys without a name do nothing', async () => {
  const { terminal, backend } = await threeMachines();
  terminal.press('\x1bOP');
  terminal.press('\x1b[15~');
  terminal.press('j');
  await terminal.until(/> {2}machine-2/);
  expect(terminal.text).not.toContain('Repave');
  expect(backend.started).toEqual([]);
});

test('? shows what every key does, from the same list that dispatches them', async () => {
  const { terminal } = await threeMachines();
  terminal.press('?');
  await terminal.until('Keys');
  expect(terminal.text).toMatch(/r +repave +write a fresh image/);
  terminal.press('G');
  await terminal.until(/y +yes +go on/);
  terminal.press('r');
  terminal.press('?');
  await terminal.until('Machines 3');
  expect(terminal.text).not.toContain('Repave');
});

test('the help scrolls where it does not fit, and stops at its end', async () => {
  const { terminal } = openConsole({ columns: 80, rows: 24 });
  await terminal.until('No machines');
  terminal.press('?');
  await terminal.until('more below');
  expect(terminal.text).not.toContain('In a dialog');
  terminal.press('G');
  await terminal.until('In a dialog');
  expect(terminal.text).not.toContain('more below');
  terminal.press('\x1b');
  await terminal.until('No machines');
});

test('Ctrl-L draws everything anew, whatever is on the screen', async () => {
  const { terminal } = await threeMachines();
  terminal.scribble('\x1b[10;10Hgarbage from somebody else\x1b[H');
  await terminal.until('garbage');
  const before = terminal.text;
  terminal.press('\x0c');
  const after = await terminal.until((text) => !text.includes('garbage'));
  expect(after).not.toBe(before);
  expect(after).toMatch(/╭ ▸ Machines 3 ─+╮/);
  terminal.press('j');
  await terminal.until(/> {2}machine-2/);
});
