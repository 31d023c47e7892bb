import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { BackendDouble } from './backend-double.ts';
import type { ConsoleUnderTest } from './open-console.ts';
import { openConsole } from './open-console.ts';
import { logLine, machine, repave } from './samples.ts';

afterEach(() => vi.unstubAllEnvs());

const RUN = '7f3a91kq00000000';

async function console3(columns = 160): Promise<ConsoleUnderTest> {
  const ids = ['machine-1', 'machine-2', 'machine-3'];
  const backend = new BackendDouble(ids.map((id) => machine(id, id === 'machine-1' ? { activeRunId: RUN } : {})));
  const under = openConsole({ backend, columns });
  backend.tellRun(repave(RUN, 'machine-1', 2));
  for (let at = 1; at <= 3; at++) backend.log(RUN).push(logLine(RUN, at, `line ${at};`));
  await under.terminal.until('line 3;');
  return under;
}

/** What the terminal was asked to put on its clipboard, in order. */
function sent({ terminal }: ConsoleUnderTest): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const requests = terminal.screen.written.matchAll(/\x1b\]52;c;([A-Za-z0-9+/=]*)\x07/g);
  return [...requests].map(([, text = '']) => Buffer.from(text, 'base64').toString());
}

const kept = ({ stateDirectory }: ConsoleUnderTest) => readFileSync(join(stateDirectory, 'last-copy.txt'), 'utf8');

test('y copies the id of the machine, to the clipboard and to a file that nobody else can read', async () => {
  const under = await console3();
  under.terminal.press('y');
  const path = join(under.stateDirectory, 'last-copy.txt');
  await under.terminal.until(`machine-1 sent to the clipboard · also in ${path}`);
  expect(sent(under)).toEqual(['machine-1']);
  expect(kept(under)).toBe('machine-1');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('of marked machines it copies all ids, a line each', async () => {
  const under = await console3();
  under.terminal.press('j  ');
  await under.terminal.until(/\* machine-3/);
  under.terminal.press('y');
  await under.terminal.until('2 machine ids sent');
  expect(sent(under)).toEqual(['machine-2\nmachine-3']);
});

test('on the run it copies its id, in the log all lines that are shown as they are shown', async () => {
  const under = await console3();
  const { terminal } = under;
  terminal.press('\t');
  await terminal.until('▸ Run');
  terminal.press('y');
  await terminal.until('the id of run 7f3a91kq sent');
  terminal.press('\t');
  await terminal.until('▸ Log');
  terminal.press('TT');
  await terminal.until(/│ line 3;/);
  terminal.press('y');
  await terminal.until('3 log lines sent');
  const log = '--- repave-image\nline 1;\nline 2;\nline 3;\n';
  expect(sent(under)).toEqual([RUN, log]);
  expect(kept(under)).toBe(log);
});

test('the file takes the place of one that others could read, and of a link, and of nothing else', async () => {
  const under = await console3();
  const path = join(under.stateDirectory, 'last-copy.txt');
  const elsewhere = join(under.stateDirectory, 'elsewhere.txt');
  writeFileSync(elsewhere, 'untouched', { mode: 0o644 });
  symlinkSync(elsewhere, path);
  under.terminal.press('y');
  await under.terminal.until('machine-1 sent');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
  expect(readdirSync(under.stateDirectory).sort()).toEqual(['elsewhere.txt', 'last-copy.txt']);
});

test('what is too long for a clipboard is in the file alone', async () => {
  const under = await console3();
  const { terminal, backend } = under;
  for (let at = 4; at < 50; at++) backend.log(RUN).push(logLine(RUN, at, `${at}${'x'.repeat(1_990)}`));
  await terminal.until('49xxx');
  terminal.press('\t\t');
  await terminal.until('▸ Log');
  terminal.press('y');
  await terminal.until('too long for a clipboard · in');
  expect(sent(under)).toEqual([]);
  expect(kept(under)).toContain(`49${'x'.repeat(1_990)}`);
});

test('in tmux it names once what tmux needs', async () => {
  vi.stubEnv('TMUX', '/run/tmux,1,0');
  const under = await console3(200);
  under.terminal.press('y');
  await under.terminal.until('set -g set-clipboard on');
  under.terminal.press('jy');
  await under.terminal.until((text) => text.includes('machine-2 sent') && !text.includes('set-clipboard'));
});

test('where the file cannot be written it says so; the clipboard has it all the same', async () => {
  const under = await console3();
  rmSync(under.stateDirectory, { recursive: true });
  writeFileSync(under.stateDirectory, 'in the way');
  under.terminal.press('y');
  await under.terminal.until('machine-1 sent to the clipboard; the file was not written: EEXIST');
  expect(sent(under)).toEqual(['machine-1']);
});

test('without anything to copy it says so', async () => {
  const { terminal } = openConsole();
  await terminal.until('No machines');
  terminal.press('y');
  await terminal.until('there is nothing here to copy');
});

test('nobody who taps the screen gets what was copied', async () => {
  const tapped: string[] = [];
  const tap = { write: (text: string) => tapped.push(text), resize: () => undefined, end: () => undefined };
  const backend = new BackendDouble([machine('machine-1')]);
  const under = openConsole({ backend, tap });
  await under.terminal.until('machine-1');
  under.terminal.press('y');
  await under.terminal.until('machine-1 sent');
  expect(sent(under)).toEqual(['machine-1']);
  expect(tapped.join('')).not.toContain(']52;');
});
