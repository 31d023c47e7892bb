import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { PtyTerminal } from '../support/pty-terminal.ts';
import { PROGRAM } from '../support/pty-terminal.ts';
import { startOnTerminal } from './console-terminal.ts';

const CONSOLE = `'${process.execPath}' '${PROGRAM}' tui --port 0 --store memory`;

/** What the program writes when it has been broken. */
const BROKEN = '\\x1b]0;broken\\x07';

/** Breaks the program from within, as its environment says, when it gets SIGUSR2. */
const BREAK = `
import { writeSync } from 'node:fs';
const failures = {
  rejection: () => Promise.reject(new Error('nobody waited for this')),
  exception: () => { throw new Error('nobody caught this'); },
  component: () => {
    const { padEnd } = String.prototype;
    Error.stackTraceLimit = 50;
    String.prototype.padEnd = function (...given) {
      const error = new Error('cannot be drawn');
      if (error.stack.includes('at HelpScreen')) throw error;
      return padEnd.apply(this, given);
    };
  },
};
process.on('SIGUSR2', () => {
  failures[process.env.BREAK]();
  // Past the console, which lets nobody write on its screen: a title, which is not on it.
  writeSync(1, '${BROKEN}');
});
`;

/** Modes of the terminal, each by what turns it on and off. */
const MODES = [
  ['the alternate screen', '\x1b[?1049h', '\x1b[?1049l'],
  ['bracketed paste', '\x1b[?2004h', '\x1b[?2004l'],
  ['a hidden cursor', '\x1b[?25l', '\x1b[?25h'],
  ['synchronized output', '\x1b[?2026h', '\x1b[?2026l'],
] as const;

/** The modes that a program has left on. */
function leftOn({ written }: PtyTerminal): readonly string[] {
  return MODES.filter(([, on, off]) => written.lastIndexOf(on) > written.lastIndexOf(off)).map(([mode]) => mode);
}

/** A console under a shell that tells its exit code and how the terminal is when it has ended. */
async function consoleInShell(options = '', env: Readonly<Record<string, string>> = {}) {
  const terminal = await startOnTerminal([], {
    command: ['sh', '-c', `${CONSOLE} ${options}; echo "exit $?"; stty -a`],
    env,
  });
  await terminal.until('No machines yet.');
  await terminal.until('memory');
  expect(leftOn(terminal)).toContain('bracketed paste');
  return { terminal, pid: await childOf(terminal.pid) };
}

async function childOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)]);
  return Number(stdout.trim().split('\n')[0]);
}

/** Waits until the console has ended with that code, and sees to it that the terminal is as it was. */
async function expectEnd(terminal: PtyTerminal, code: number): Promise<string> {
  await terminal.until(`exit ${code}`);
  await terminal.ended;
  expect(leftOn(terminal)).toEqual([]);
  expect(terminal.isFullScreen).toBe(false);
  const { text } = terminal;
  // A terminal that was left raw has these off, which is written `-icanon`.
  for (const mode of ['icanon', 'echo', 'isig', 'icrnl', 'opost'])
    expect(text).toMatch(new RegExp(`(^|\\s)${mode}\\b`));
  return text.replaceAll('\n', '');
}

async function yes(terminal: PtyTerminal): Promise<void> {
  await terminal.until('y yes');
  terminal.press('y');
}

test('q asks while a run would be lost; then the screen, the modes and the exit code are right', async () => {
  const { terminal } = await consoleInShell('--slow');
  terminal.press('i');
  await terminal.until('3 machines imported');
  // The answer to the import may be quicker than the watch that fills the table.
  await terminal.until(/> {2}machine-1 /);
  terminal.press('r');
  await yes(terminal);
  await terminal.until('1 run active');
  terminal.press('q');
  await terminal.until('Quit while 1 run is going on?');
  await yes(terminal);
  expect(await expectEnd(terminal, 0)).toMatch(/the store was in memory: 3 machines .* 1 run had not ended/);
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const)('%s gives the terminal back and ends with %d', async (signal, code) => {
  const { terminal, pid } = await consoleInShell();
  process.kill(pid, signal);
  await expectEnd(terminal, code);
});

describe('what breaks gives the terminal back, then says so, with a crash file and exit code 1:', () => {
  test.each([
    ['rejection', 'nobody waited for this', ''],
    ['exception', 'nobody caught this', ''],
    ['component', 'cannot be drawn', '?'],
  ])('%s', async (kind, message, key) => {
    const env = { BREAK: kind, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(BREAK)}` };
    const { terminal, pid } = await consoleInShell('', env);
    process.kill(pid, 'SIGUSR2');
    if (key !== '') {
      await terminal.until(() => terminal.written.includes('\x1b]0;broken'));
      terminal.press(key);
    }
    const text = await expectEnd(terminal, 1);
    expect(text).toContain(`The console failed: ${message}`);
    const [, crashFile = ''] = /is in (\S+\.txt)/.exec(text) ?? [];
    const report = await readFile(crashFile, 'utf8');
    expect(report).toContain(`Error: ${message}\n    at `);
    expect(report).toContain('Terminal: 120×40, TERM=xterm-256color');
    if (kind === 'component') expect(report).toMatch(/Components:\s+at HelpScreen/);
    expect((await stat(crashFile)).mode & 0o777).toBe(0o600);
  });
});

describe('stopped, it gives the terminal to the shell, and fg brings it back:', () => {
  test.each([
    ['by Ctrl-Z', null],
    ['by SIGTSTP', 'SIGTSTP'],
  ] as const)('%s', async (_, signal) => {
    const terminal = await startOnTerminal([], { command: ['bash', '--norc', '-i'], env: { PS1: 'prompt> ' } });
    await terminal.until('prompt>');
    terminal.press(`${CONSOLE}\r`);
    await terminal.until('No machines yet.');
    await terminal.until('memory');
    for (let round = 0; round < 2; round += 1) {
      if (signal === null) terminal.press('\x1a');
      else process.kill(await childOf(terminal.pid), signal);
      await terminal.until((shown) => shown.includes('Stopped') && !terminal.isFullScreen);
      // The shell turns on bracketed paste for itself.
      expect(leftOn(terminal).filter((mode) => mode !== 'bracketed paste')).toEqual([]);
      terminal.press('clear; fg\r');
      await terminal.until(() => terminal.isFullScreen && terminal.text.includes('No machines yet.'));
    }
    terminal.press('i');
    await terminal.until('3 machines imported');
    terminal.press('q');
    await terminal.until((shown) => !shown.includes('Machines') && shown.includes('prompt>'));
  });
});
