import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { machine, repave, serverInfo } from './samples.ts';
import { VirtualTerminal } from './virtual-terminal.ts';

const CTRL_C = '\x03';

/** Whether the terminal is as it was before the console: no mode is left on. */
async function isRestored(terminal: VirtualTerminal): Promise<boolean> {
  await terminal.until(() => true);
  const { modes, keyboard, isFullScreen } = terminal;
  const left = ['1049', '2004', '2026', '25'].map((mode) => modes.get(mode));
  return !keyboard.isRaw && !isFullScreen && left.join() === 'l,l,l,h';
}

async function withRun(durable = false, attached = false) {
  const backend = new BackendDouble([machine('machine-1', { activeRunId: '7f3a91kq00000000' })]);
  backend.info = serverInfo(durable);
  const under = openConsole({ backend, attached });
  backend.tellRun(repave('7f3a91kq00000000', 'machine-1', 2));
  await under.terminal.until('1 run active');
  return under;
}

describe('q', () => {
  test('leaves at once where no run ends with it, and the terminal is as it was', async () => {
    const { terminal, exit } = openConsole();
    await terminal.until('No machines');
    terminal.press('q');
    expect(await exit).toEqual({ kind: 'quit', code: 0 });
    expect(await isRestored(terminal)).toBe(true);
  });

  test('asks where runs of this process are lost', async () => {
    const { terminal, exit } = await withRun();
    terminal.press('q');
    await terminal.until('y yes');
    expect(terminal.text).toContain('Quit while 1 run is going on?');
    expect(terminal.text).toContain('keeps everything in memory: the run');
    terminal.press('\r');
    await terminal.until((text) => !text.includes('Quit while'));
    terminal.press('q');
    await terminal.until('y yes');
    terminal.press('y');
    expect((await exit).kind).toBe('quit');
  });

  test('says that they resume where the store is durable', async () => {
    const { terminal } = await withRun(true);
    await terminal.until('sqlite');
    terminal.press('q');
    await terminal.until('It stops now and resumes when');
  });

  test('asks nothing where the server is elsewhere', async () => {
    const { terminal, exit } = await withRun(false, true);
    terminal.press('q');
    expect((await exit).kind).toBe('quit');
  });
});

test('Ctrl-C is q, and twice it leaves at once, whatever is open', async () => {
  const { terminal, exit } = await withRun();
  terminal.press(CTRL_C);
  await terminal.until('Quit while 1 run');
  terminal.press(CTRL_C);
  expect((await exit).kind).toBe('quit');
  expect(await isRestored(terminal)).toBe(true);
});

test('two Ctrl-C in one chunk leave as well', async () => {
  const { terminal, exit } = await withRun();
  terminal.press(CTRL_C + CTRL_C);
  expect((await exit).kind).toBe('quit');
});

test('an error while drawing gives the screen back, says so on stderr, and leaves a crash file', async () => {
  const { terminal, backend, exit, stateDirectory } = openConsole({
    backend: new BackendDouble([machine('machine-1')]),
  });
  await terminal.until('machine-1');
  const broken = Object.defineProperty({ ...machine('machine-2') }, 'spec', {
    get: () => {
      throw new Error('what cannot be drawn');
    },
  });
  backend.tellMachine(machine('machine-3'));
  await terminal.until('machine-3');
  backend.tellRaw(broken as Machine);
  const { kind, code, ...rest } = await exit;
  expect([kind, code]).toEqual(['crash', 1]);
  expect(await isRestored(terminal)).toBe(true);
  const crashFile = 'crashFile' in rest ? (rest.crashFile ?? '') : '';
  expect(terminal.errors).toBe(
    `The console failed: what cannot be drawn\nWhat is known about it is in ${crashFile}.\n`,
  );
  expect(dirname(crashFile)).toBe(stateDirectory);
  expect(statSync(crashFile).mode & 0o777).toBe(0o600);
  const report = readFileSync(crashFile, 'utf8');
  expect(report).toContain('Error: what cannot be drawn\n    at ');
  expect(report).toContain('Terminal: 120×40');
  expect(report).toContain('Server: 127.0.0.1:50051, connected');
});

test('a server that cannot be started ends it, with the reason for the caller and nothing on the screen', async () => {
  const error = new Error('port in use');
  const { terminal, exit } = openConsole({ open: () => Promise.reject(error) });
  expect(await exit).toEqual({ kind: 'open-failed', code: 1, error });
  expect(await isRestored(terminal)).toBe(true);
  expect(terminal.errors).toBe('');
});

test('the end of the terminal ends it', async () => {
  const { terminal, exit } = openConsole();
  await terminal.until('No machines');
  terminal.keyboard.push(null);
  expect(await exit).toEqual({ kind: 'signal', code: 129, signal: 'SIGHUP' });
});

test('others are kept from writing into the screen', async () => {
  const { terminal } = openConsole();
  await terminal.until('No machines');
  const { stdout } = terminal.streams;
  stdout.write('a warning from a library\n');
  terminal.press('?');
  await terminal.until('Keys');
  expect(terminal.screen.written).not.toContain('a warning');
});

test('no key is echoed into the first picture: they are read raw before it is drawn', async () => {
  const terminal = new VirtualTerminal();
  const { screen, keyboard } = terminal;
  const raw: boolean[] = [];
  const write = screen.write.bind(screen);
  screen.write = (text, callback) => {
    raw.push(keyboard.isRaw);
    return write(text, callback);
  };
  const { runConsole } = await import('../../src/tui/console.tsx');
  const open = () => Promise.resolve({ backend: new BackendDouble(), label: 'here' });
  const exit = runConsole({ open, label: '', attached: false, stateDirectory: '', streams: terminal.streams });
  await terminal.until('No machines');
  terminal.press('q');
  expect((await exit).kind).toBe('quit');
  expect([raw[0], keyboard.isRaw]).toEqual([true, false]);
});

test('without a terminal there is one line that says what to use instead', async () => {
  const terminal = new VirtualTerminal();
  Object.assign(terminal.screen, { isTTY: false });
  const { runConsole } = await import('../../src/tui/console.tsx');
  const open = () => Promise.reject(new Error('not to be called'));
  const exit = await runConsole({ open, label: '', attached: false, stateDirectory: '', streams: terminal.streams });
  expect(exit).toEqual({ kind: 'no-terminal', code: 2 });
  expect(terminal.errors).toMatch(/^The console needs a terminal .*bmdemo list.*\n$/);
  expect(terminal.screen.written).toBe('');
});

describe('another size', () => {
  test('is drawn whole, wider, narrower, lower and higher', async () => {
    const { terminal } = await withRun();
    for (const [columns, rows] of [
      [80, 24],
      [220, 70],
      [100, 20],
      [120, 40],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.until((text) => text.split('\n')[1]?.length === columns && text.trimEnd().endsWith('q quit'));
      expect(terminal.rows).toHaveLength(rows);
      expect(terminal.rows[0]).toMatch(/^ bmdemo/);
      expect(terminal.rows.filter((row) => /^╭ ▸ Machines/.test(row))).toHaveLength(1);
    }
  });

  test('is seen in one picture, with nothing erased before it', async () => {
    const { terminal } = await withRun();
    for (const [columns, rows] of [
      [100, 30],
      [60, 18],
      [120, 40],
    ] as const) {
      const before = terminal.screen.written.length;
      terminal.resize(columns, rows);
      await terminal.until(columns < 80 ? '60×18' : (text) => text.split('\n')[1]?.length === columns);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
      const seen = terminal.screen.written.slice(before).replaceAll(/\x1b\[\?2026h.*?\x1b\[\?2026l/gs, '');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      expect(seen).not.toMatch(/\x1b\[[0-9]*[JK]/);
    }
  });

  test('that is too small says which is needed; q works, and other questions are gone', async () => {
    const { terminal, backend, exit } = openConsole({ backend: new BackendDouble([machine('machine-1')]) });
    await terminal.until('memory');
    terminal.press('r');
    await terminal.until('y yes');
    terminal.resize(60, 18);
    await terminal.until('This terminal has 60×18 cells; the console needs 80×20.');
    terminal.press('y');
    terminal.press('r');
    await terminal.untilRead();
    terminal.resize(120, 40);
    await terminal.until('Machines 1');
    expect(terminal.text).not.toContain('Repave');
    expect(backend.started).toEqual([]);
    terminal.resize(60, 18);
    await terminal.until('60×18');
    terminal.press('q');
    expect((await exit).kind).toBe('quit');
  });

  test('that is too small still asks before runs are lost', async () => {
    const { terminal, exit } = await withRun();
    terminal.resize(50, 12);
    await terminal.until('50×12');
    terminal.press('q');
    await terminal.until('Quit while 1 run is going on?');
    await terminal.until('y quits');
    terminal.press('\x1b');
    await terminal.until('50×12');
    terminal.press(CTRL_C);
    await terminal.until('Quit while');
    terminal.press(CTRL_C);
    expect((await exit).kind).toBe('quit');
  });
});
