import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PtyTerminal } from '../support/pty-terminal.ts';
import { ConsoleServer } from './console-server.ts';

let server: ConsoleServer;

beforeAll(async () => {
  server = await ConsoleServer.start({
    options: ['--speed', '10'],
    faults: [{ machine: 'batch-3', step: 'set-netboot', fault: 'hang' }],
  });
  const racks = ['r2', 'r10', 'r1'];
  for (let at = 1; at <= 12; at++)
    await server.registerAs(`web-${at}`, { rack: racks[at % 3] ?? '', serial: `S${at}` });
  for (let at = 1; at <= 5; at++) {
    await server.registerAs(`bulk-${at}`, { rack: 'r20' });
    await server.registerAs(`batch-${at}`, { rack: 'r21' });
  }
  await server.carryOut('web-3');
  await server.carryOut('web-4');
});

afterAll(() => server.close());

/** The ids in the table, from the top. */
function idsIn(terminal: PtyTerminal): string[] {
  return terminal.rows.flatMap((row) => /^│[ >*]{4}((?:web|bulk|batch)-\d+) /.exec(row)?.[1] ?? []);
}

/** Waits until the table has these machines and no others, in this order. */
function untilIds(terminal: PtyTerminal, ...ids: readonly string[]): Promise<string> {
  return terminal.until(() => idsIn(terminal).join() === ids.join());
}

describe('filter', () => {
  test('free text filters while it is typed; Esc in the line brings back what was, Esc in the table all', async () => {
    const terminal = await server.console();
    terminal.press('/web-1');
    await untilIds(terminal, 'web-1', 'web-10', 'web-11', 'web-12');
    terminal.press('2');
    await untilIds(terminal, 'web-12');
    terminal.press('\r');
    await terminal.until('Machines 1 of 22  /web-12');
    terminal.press('/');
    await terminal.until('apply');
    terminal.press('\x7f');
    await untilIds(terminal, 'web-1', 'web-10', 'web-11', 'web-12');
    terminal.press('\x1b');
    await untilIds(terminal, 'web-12');
    terminal.press('\x1b');
    await terminal.until('Machines 22 ');
    terminal.press('/nothing is called so\r');
    await terminal.until('no machine matches /nothing is called so, Esc clears');
  });

  test("the server's grammar is the server's business, and stays true while machines change", async () => {
    const terminal = await server.console();
    terminal.press('/rack=r2 AND phase=IN_SERVICE\r');
    await untilIds(terminal, 'web-3');
    await server.carryOut('web-6');
    await untilIds(terminal, 'web-3', 'web-6');
  });

  test('a filter that is wrong says where and why', async () => {
    const terminal = await server.console();
    terminal.press('/rack=r1 AND colour=red\r');
    await terminal.until('Esc clears the filter');
    expect(terminal.text.replaceAll(/[\s│]+/g, ' ')).toMatch(
      /column 13: unknown field "colour"; known: machine_id, phase, .* Esc clears/,
    );
    terminal.press('\x1b');
    await terminal.until('Machines 22 ');
  });
});

describe('sort', () => {
  test('by rack as people count, the other way round, and by machine again; the cursor stays on its machine', async () => {
    const terminal = await server.console();
    terminal.press('/web\r');
    await terminal.until('Machines 12 of 22');
    terminal.press('jj');
    await terminal.until(/> {2}web-3 /);
    terminal.press('s');
    await terminal.until('4 RACK');
    terminal.press('4');
    await terminal.until('by rack ↑');
    await untilIds(terminal, ...[2, 5, 8, 11, 3, 6, 9, 12, 1, 4, 7, 10].map((at) => `web-${at}`));
    await terminal.until(/> {2}web-3 /);
    terminal.press('s4');
    await terminal.until('by rack ↓');
    await untilIds(terminal, ...[1, 4, 7, 10, 3, 6, 9, 12, 2, 5, 8, 11].map((at) => `web-${at}`));
    terminal.press('s1');
    await terminal.until((shown) => !shown.includes('by rack'));
    expect(idsIn(terminal)[0]).toBe('web-1');
    await terminal.until(/> {2}web-3 /);
  });
});

describe('marks', () => {
  test('one by one, a range, all, and none', async () => {
    const terminal = await server.console();
    terminal.press('/web\r');
    await terminal.until('Machines 12 of 22');
    terminal.press('  ');
    await terminal.until('12 of 22 · 2 marked');
    expect(terminal.text).toMatch(/^│ {2}\* web-1 .*\n│ {2}\* web-2 /m);
    terminal.press('V');
    await terminal.until(/^│ >\* web-3 /m);
    terminal.press('jjV');
    await terminal.until('5 marked');
    terminal.press('\x1b');
    await terminal.until((shown) => !shown.includes('marked'));
    expect(terminal.text).toContain('Machines 12 of 22');
    terminal.press('A');
    await terminal.until('12 marked');
  });

  test('repave of 5: a row a machine, and their number typed', async () => {
    const terminal = await server.console();
    terminal.press('/bulk\r');
    await terminal.until('Machines 5 of 22');
    terminal.press('A');
    await terminal.until('5 marked');
    terminal.press('r');
    await terminal.until('Repave 5 machines?');
    for (let at = 1; at <= 5; at++) await terminal.until(new RegExp(`bulk-${at} +FACTORY_READY → IN_SERVICE`));
    await terminal.until('To go on, type 5');
    await terminal.until('Esc cancel');
    terminal.press('4\r');
    await terminal.until('type 5 to go on');
    expect(terminal.text).toContain('0 runs active');
    terminal.press('\x7f5\r');
    await terminal.until('repave: 5 of 5 done');
    for (let at = 1; at <= 5; at++) await terminal.until(new RegExp(`bulk-${at} +IN_SERVICE`));
  });

  test('one of them that is busy is told in its row; the others start all the same', async () => {
    await server.startRun('batch-3');
    const terminal = await server.console();
    terminal.press('/batch\r');
    await terminal.until('Machines 5 of 22');
    terminal.press('A');
    await terminal.until('5 marked');
    terminal.press('r');
    await terminal.until('Repave 5 machines?');
    await terminal.until(/batch-3 +refused: /);
    await terminal.until('Esc cancel');
    terminal.press('5\r');
    await terminal.until('4 of 5 done; 1 not');
    await terminal.until(/batch-3 .*busy/);
    terminal.press('\x1b');
    for (const at of [1, 2, 4, 5]) await terminal.until(new RegExp(`batch-${at} +IN_SERVICE`));
    await terminal.until(/batch-3 +PROVISIONING/);
  });
});
