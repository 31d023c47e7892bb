import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { allActions } from '../../src/tui/actions/all.ts';
import type { FileOutcome } from '../../src/tui/backend.ts';
import { createRegistry } from '../../src/tui/keys/registry.ts';
import { COMMANDS } from '../../src/tui/palette/commands.ts';
import { choicesFor, completed, recalled } from '../../src/tui/palette/completion.ts';
import { emptyField, insert } from '../../src/tui/store/field.ts';
import type { PromptState } from '../../src/tui/store/state.ts';
import { initialState } from '../../src/tui/store/state.ts';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import type { OpenConsole } from './open-console.ts';
import { openConsole } from './open-console.ts';
import { fileOutcome, machine } from './samples.ts';

const registry = createRegistry(allActions);

function state(readOnly = false) {
  const settings = { theme: 'dark', ascii: false, readOnly, readOnlyBy: '--read-only', keyNames: new Map() } as const;
  return initialState({ label: 'a:1', attached: true, size: { columns: 120, rows: 40 }, settings, now: 0 });
}

function typed(text: string): PromptState {
  return { kind: 'command', before: '', field: insert(emptyField, text) };
}

async function opened(options: OpenConsole = {}) {
  const backend = new BackendDouble([
    machine('machine-1', { phase: Phase.IN_SERVICE }),
    machine('machine-2', { phase: Phase.READY }),
    machine('Node-9', { phase: Phase.READY }, 'r2'),
  ]);
  const under = openConsole({ backend, ...options });
  await under.terminal.until('Node-9');
  await under.terminal.until('memory');
  return under;
}

test('every command that stands for an action names one that there is', () => {
  const ids = new Set(allActions.map(({ id }) => id));
  expect(COMMANDS.flatMap(({ actionId = 'run.repave' }) => (ids.has(actionId) ? [] : [actionId]))).toEqual([]);
});

test('choices are commands, then actions by id or label; behind a name what may follow it', () => {
  const texts = (line: string) => choicesFor(line, registry, state()).map(({ text }) => text);
  expect(texts('RE')).toEqual(['repave ', 'reboot ', 'retry-now ', 'resolve ', 'program.redraw']);
  expect(texts('program.')).toEqual(['program.interrupt', 'program.suspend', 'program.redraw']);
  expect(texts('redraw')).toEqual(['program.redraw']);
  expect(texts('sort ra')).toEqual(['sort rack']);
  expect(texts('theme h')).toEqual(['theme high-contrast']);
});

test('what a read-only console does not have is no choice', () => {
  const texts = choicesFor('', registry, state(true)).map(({ text }) => text);
  expect(texts).not.toContain('repave ');
  expect(texts).not.toContain('import ');
  expect(texts).toContain('filter ');
});

test('Tab goes on as far as all agree, then through them and round', () => {
  const choices = ['machines', 'maintenance ', 'mark.all'].map((text) => ({ text, help: '' }));
  const common = completed(typed('m'), choices, 1);
  expect(common.field.text).toBe('ma');
  const first = completed(common, choices, 1);
  expect([first.field.text, first.tabbed]).toEqual(['machines', { stem: 'ma', at: 0 }]);
  const last = completed(first, choices, -1);
  expect(last.field.text).toBe('mark.all');
  expect(completed(last, choices, 1).field.text).toBe('machines');
  expect(completed(typed('main'), choices.slice(1, 2), 1).field.text).toBe('maintenance ');
});

test('up and down go through earlier lines, and back to what was typed', () => {
  const history = ['runs', 'plans'];
  const first = recalled(typed('dra'), history, 1);
  const second = recalled(first, history, 1);
  expect([first.field.text, second.field.text, recalled(second, history, 1)]).toEqual(['runs', 'plans', second]);
  expect(recalled(recalled(second, history, -1), history, -1).field.text).toBe('dra');
});

test('a command asks what its key asks, about the machine that it names in any case, and what is shown stays', async () => {
  const { terminal } = await opened();
  terminal.press(':');
  await terminal.until('Command');
  expect(terminal.text).toContain('asks about a repave of that machine');
  terminal.press('REPAVE no');
  await terminal.until('repave Node-9');
  terminal.press('\t\r');
  await terminal.until('Repave Node-9?');
  await terminal.until('y yes');
  terminal.press('\x1b');
  await terminal.until((text) => !text.includes('Repave Node-9?'));
  expect(terminal.text).toMatch(/> {2}machine-1/);
});

test('what is wrong with a line is said, with what is near', async () => {
  const { terminal } = await opened();
  terminal.press(':repvae\r');
  await terminal.until('there is no command repvae; did you mean repave?');
  terminal.press(':reboot machine-3\r');
  await terminal.until('there is no machine machine-3; did you mean machine-');
  terminal.press(':sort size\r');
  await terminal.until(':sort takes one of machine, phase');
});

test('goes to screens, sorts, filters, changes the colours, and Esc leaves everything as it was', async () => {
  const { terminal } = await opened();
  terminal.press(':sort rack\r');
  await terminal.until('by rack');
  terminal.press(':filter node\r');
  await terminal.until('Machines 1 of 3  /node');
  terminal.press(':ascii');
  await terminal.until('nothing is called so');
  terminal.press('\x1b');
  await terminal.until((text) => !text.includes('nothing is called so'));
  terminal.press(':theme ascii\r');
  await terminal.until('theme ascii');
  terminal.press(':plan reboot\r');
  await terminal.until(/> +reboot /);
  terminal.press(':machines\r');
  await terminal.until('/node');
});

test('a read-only console says why it does not do what is typed in full', async () => {
  const { terminal, backend } = await opened({ readOnly: true });
  terminal.press(':repave machine-1\r');
  await terminal.until('read-only: started with --read-only');
  expect(backend.started).toEqual([]);
});

describe('importing a file', () => {
  test('first says what it would do, and does that once it is agreed to', async () => {
    const { terminal, backend } = await opened();
    backend.onFile = () =>
      Promise.resolve(fileOutcome('3 machines: 2 new, 1 refused', 'new', ['racks.csv:3:mac: bad']));
    terminal.press(':import dc/racks.csv\r');
    await terminal.until('Import racks.csv?');
    await terminal.until('y yes');
    expect(terminal.text).toMatch(/file +dc\/racks\.csv/);
    expect(terminal.text).toMatch(/in it +3 machines: 2 new, 1 refused/);
    expect(terminal.text).toMatch(/new +web-1, web-2/);
    expect(terminal.text).toMatch(/refused +racks\.csv:3:mac: bad/);
    terminal.press('\x1b');
    await terminal.until((text) => !text.includes('Import racks.csv?'));
    expect(backend.importedFiles).toEqual([]);
    terminal.press(':import dc/racks.csv\r');
    await terminal.until('y yes');
    terminal.press('y');
    await terminal.until('✓ 3 machines: 2 new, 1 refused');
    expect(backend.importedFiles).toEqual(['dc/racks.csv']);
  });

  test('asks nothing where it would change nothing, and says what is wrong first', async () => {
    const { terminal, backend } = await opened({ columns: 200 });
    backend.onFile = () => Promise.resolve(fileOutcome('2 machines: 2 unchanged', 'unchanged'));
    terminal.press(':import a.csv\r');
    await terminal.until('✓ nothing to import: 2 machines: 2 unchanged');
    backend.onFile = () => Promise.resolve(fileOutcome('2 machines: 2 refused', 'refused', ['a.csv:3:mac: bad', 'x']));
    terminal.press(':import a.csv\r');
    await terminal.until('▲ nothing to import: 2 machines: 2 refused; a.csv:3:mac: bad; and 1 more mistake');
    backend.onFile = () => Promise.reject(new Error('there is no file "a.csv"'));
    terminal.press(':import a.csv\r');
    await terminal.until('There is no file "a.csv"');
    expect(backend.importedFiles).toEqual([]);
  });

  test('shows anew what it would do where that has changed meanwhile, and does nothing', async () => {
    const { terminal, backend } = await opened();
    terminal.press(':import a.csv\r');
    await terminal.until('y yes');
    backend.onImport = () =>
      Promise.reject(Object.assign(new Error('it would do something else by now'), { reason: 'PREVIEW_STALE' }));
    backend.onFile = () => Promise.resolve(fileOutcome('2 machines: 2 changed', 'changed'));
    terminal.press('y');
    await terminal.until(/in it +2 machines: 2 changed/);
    await terminal.until('It would do something else by now');
    await terminal.until('y yes');
    backend.onImport = undefined;
    terminal.press('y');
    await terminal.until('✓ 2 machines: 2 changed');
  });

  test('does not ask whoever types something else by then', async () => {
    const { terminal, backend } = await opened({ columns: 200 });
    const answer = Promise.withResolvers<FileOutcome>();
    backend.onFile = () => answer.promise;
    terminal.press(':import a.csv\r');
    await terminal.until((text) => !text.includes('command :'));
    terminal.press('/mach');
    await terminal.until('filter /mach');
    answer.resolve(fileOutcome('2 machines: 2 new', 'new'));
    terminal.press('ine\r');
    await terminal.until('a.csv has 2 machines: 2 new: :import once more asks about it');
    await terminal.until('Machines 2 of 3  /machine');
  });

  test('does not ask whoever picks something else by then', async () => {
    const { terminal, backend } = await opened({ columns: 200 });
    const answer = Promise.withResolvers<FileOutcome>();
    backend.onFile = () => answer.promise;
    terminal.press(':import a.csv\r');
    await terminal.until('asking the server what a.csv would do …');
    terminal.press('f');
    await terminal.until('Machines by phase');
    answer.resolve(fileOutcome('2 machines: 2 new', 'new'));
    await terminal.until('a.csv has 2 machines: 2 new: :import once more asks about it');
    expect(terminal.text).not.toContain('Import a.csv?');
  });

  test('i opens its line where there are machines already, and Tab completes the path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bmdemo-files-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'racks'));
    for (const name of ['r1.csv', 'r2.yaml', 'notes.txt', '.hidden.csv', 'r\x1b[2J3.csv'])
      writeFileSync(join(folder, 'racks', name), '');
    const { terminal, backend } = await opened();
    terminal.press('i');
    await terminal.until(/command :import {2}/);
    terminal.press(`${folder}/`);
    await terminal.until(`import ${folder}/racks/`);
    terminal.press('\t');
    await terminal.until(/racks\/r1\.csv[\s\S]*racks\/r2\.yaml/);
    expect(terminal.text).not.toMatch(/notes\.txt|hidden|r3\.csv/);
    terminal.press('r2\t\r');
    await terminal.until('Import r2.yaml?');
    await terminal.until('y yes');
    terminal.press('y');
    await terminal.until('✓ 2 machines: 2 new');
    expect(backend.importedFiles).toEqual([`${folder}/racks/r2.yaml`]);
  });
});

test('earlier lines come back in the next session, out of a file that only its owner reads', async () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'bmdemo-history-'));
  onTestFinished(() => rmSync(stateDirectory, { recursive: true, force: true }));
  const path = join(stateDirectory, 'command-history.txt');
  writeFileSync(path, 'events\n', { mode: 0o644 });
  const { terminal, exit } = await opened({ stateDirectory });
  terminal.press(':');
  await terminal.until('Command');
  terminal.press('\x1b[A');
  await terminal.until(':events');
  terminal.press('\x15plans\r');
  await terminal.until('Plans 5');
  terminal.press('\x03');
  await exit;
  expect(readFileSync(path, 'utf8')).toBe('plans\nevents\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
