import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PtyTerminal } from '../support/pty-terminal.ts';
import { ConsoleServer } from './console-server.ts';

let server: ConsoleServer;

beforeAll(async () => {
  server = await ConsoleServer.start({ options: ['--slow', '--speed', '4'] });
});

afterAll(() => server.close());

/** The lines in the log pane, without the rows that name a step. */
function logLines(terminal: PtyTerminal): string[] {
  const { rows } = terminal;
  const title = rows.findIndex((row) => row.includes(' Log '));
  const left = rows[title]?.lastIndexOf('╭', rows[title]?.indexOf(' Log ')) ?? 0;
  const right = rows[title]?.indexOf('╮', left) ?? 0;
  const pane = rows.slice(title + 1).map((row) => row.slice(left, right + 1));
  const end = pane.findIndex((row) => row.startsWith('╰'));
  const lines = pane.slice(0, end).map((row) => row.slice(2, -2).trimEnd());
  return lines.filter((line) => line !== '' && !line.startsWith('── '));
}

/** How many lines the title counts. */
function counted(text: string): number {
  return Number(/ (\d+) lines? /.exec(text)?.[1] ?? 0);
}

test('scrolling up pauses the log, what is new is counted, and the end follows again', async () => {
  await server.register('scroll-1');
  await server.startRun('scroll-1');
  const terminal = await server.consoleOn('scroll-1', [], { rows: 24 });
  await terminal.until((text) => /following/.test(text) && counted(text) > 16);
  terminal.press('\t\t');
  await terminal.until('▸ Log');
  terminal.press('kk');
  await terminal.until('paused');
  const shown = logLines(terminal);
  await terminal.until(/paused, [2-9] new · G follows/);
  expect(logLines(terminal)).toEqual(shown);
  terminal.press('G');
  await terminal.until('following');
  expect(logLines(terminal)).not.toEqual(shown);
  terminal.press('g');
  await terminal.until('paused');
  terminal.press('/powerstate\r');
  await terminal.until(/Log {2}\/powerstate/);
  expect(logLines(terminal).join()).toContain('PowerState');
});

test('a server that is killed and comes back in the middle of a run: every log line is there, once', async () => {
  await server.register('lost-1');
  const runId = await server.startRun('lost-1');
  const terminal = await server.consoleOn('lost-1', [], { columns: 220, rows: 140 });
  await terminal.until(/[⠁-⣿] repave-image .*##/);
  await server.kill();
  await terminal.until(`○ lost ${server.address}`);
  await terminal.until('as they were when the server was lost');
  await terminal.until('waiting for the server');
  terminal.press('c');
  await terminal.until('no server');
  await server.startAgain();
  await terminal.until(`● attached to ${server.address}`);
  await terminal.until(/lost-1 +IN_SERVICE/);
  await terminal.until(/Log .* ended · \d+ lines/);
  const written: string[] = [];
  for await (const { data } of server.client.followLogs({ runId, follow: false })) {
    written.push(Buffer.from(data).toString().trimEnd());
  }
  expect(counted(terminal.text.slice(terminal.text.indexOf(' ended ')))).toBe(written.length);
  const seen = logLines(terminal);
  expect(seen).toHaveLength(written.length);
  for (const [at, line] of seen.entries()) {
    const [, text = '', cut] = /^\d\d:\d\d:\d\d (?:▲ )?(.*?)(…?)$/.exec(line) ?? [];
    if (cut === '') expect(text).toBe(written[at]);
    else expect(written[at]?.startsWith(text)).toBe(true);
  }
});
