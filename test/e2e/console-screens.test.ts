import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConsoleServer } from './console-server.ts';

let server: ConsoleServer;

beforeAll(async () => {
  server = await ConsoleServer.start({ options: ['--speed', '10'] });
  await server.register('one-1');
  await server.carryOut('one-1');
});

afterAll(() => server.close());

test('the help has every key, and scrolls to the last', async () => {
  const terminal = await server.console([], { columns: 80, rows: 24 });
  terminal.press('?');
  await terminal.until(/Keys · \? or Esc closes · \d+ more below/);
  expect(terminal.text).toMatch(/r +repave +write a fresh image, join the cluster, verify/);
  // What does not fit goes on below and is not cut.
  terminal.press('\x1b[6~');
  await terminal.until(/what an event +│\n│ +is about +│/);
  terminal.press('G');
  await terminal.until(/y +yes +go on, where nothing has to be typed +│\n╰/);
  // The last row stays the last: one up is seen at once.
  terminal.press('jjGk');
  await terminal.until('Esc closes · 1 more below');
  terminal.press('\x1b');
  await terminal.until('▸ Machines 1');
});

test('the calls that a question came from, and how to make one of them without the console', async () => {
  const terminal = await server.console();
  // Every call that the screen makes by itself has been made.
  await terminal.until(/Log · .* ended/);
  terminal.press('r');
  await terminal.until(/took +.* median/);
  await terminal.until('Esc cancel');
  terminal.press('\x1b');
  await terminal.until((shown) => !shown.includes('Repave one-1?'));
  terminal.press('x');
  await terminal.until(/> {2}\d\d:\d\d:\d\d {2}RunService\/PreviewRun +OK/);
  // It goes over more than one row, wherever that breaks.
  expect(terminal.text.replaceAll(/[│\s]+/g, '')).toMatch(
    new RegExp(`grpcurl-plaintext.*${server.address}baremetal\\.v1\\.RunService/PreviewRun`),
  );
  terminal.press('\x1b');
  await terminal.until('▸ Machines 1');
});

test('from a machine into its run, a step of that, its log, the whole screen, and back one level at a time', async () => {
  const terminal = await server.console();
  await terminal.until(/Log · .* ended/);
  terminal.press('\t');
  await terminal.until('▸ Run');
  terminal.press('g');
  terminal.press('\r');
  await terminal.until('▸ Log');
  await terminal.until(/│ ── set-netboot ─/);
  terminal.press('z');
  await terminal.until((shown) => shown.includes('▸ Log · run ') && !shown.includes('MACHINE'));
  for (const pane of ['Log', 'Run', 'Machines']) {
    terminal.press('\x1b');
    await terminal.until((shown) => shown.includes(`▸ ${pane}`) && shown.includes('MACHINE'));
  }
  // There is nothing above: it does not quit.
  terminal.press('\x1b');
  terminal.press('?');
  await terminal.until('Esc closes');
});
