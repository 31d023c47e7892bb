import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConsoleServer } from './console-server.ts';
import { yes } from './console-terminal.ts';

let server: ConsoleServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-palette-'));
  server = await ConsoleServer.start({
    options: ['--speed', '10'],
    faults: [{ machine: 'busy-1', step: '*', fault: 'hang' }],
  });
  await server.registerAs('web-1', { rack: 'r1', serial: 'S1' });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a command is completed, imports a file, filters, and starts what its key starts, on the machine that it names', async () => {
  const file = join(folder, 'more.csv');
  writeFileSync(file, 'id,provider,rack,cluster\nweb-2,fake,r1,prod-a\nweb-3,fake,r2,prod-a\n');
  const terminal = await server.console();
  await terminal.until('Machines 1 ');
  terminal.press(':imp');
  await terminal.until('asks about importing the machines of a CSV, YAML or JSON file');
  terminal.press('\t');
  await terminal.until('command :import');
  terminal.press(`${folder}/m`);
  await terminal.until('more.csv');
  terminal.press('\t\r');
  await terminal.until(/new +web-2, web-3/);
  await yes(terminal);
  await terminal.until('Machines 3 ');
  await terminal.until('2 machines: 2 new');
  // What was shown, and nothing else.
  writeFileSync(file, 'id,provider,rack,cluster\nweb-2,fake,r7,prod-a\n');
  terminal.press('i');
  await terminal.until('command :import');
  terminal.press(`${file}\r`);
  await terminal.until(/changed +web-2 \(rack\)/);
  writeFileSync(file, 'id,provider,rack,cluster\nweb-2,fake,r8,prod-a\nweb-9,fake,r8,prod-a\n');
  await yes(terminal);
  await terminal.until(/new +web-9/);
  await terminal.until('The file is not what it was');
  await terminal.until('Esc cancel');
  terminal.press('\x1b');
  await terminal.until((shown) => !shown.includes('Import more.csv?'));
  expect(terminal.text).toContain('Machines 3 ');
  terminal.press(':filter rack=r2\r');
  await terminal.until('Machines 1 of 3  /rack=r2');
  terminal.press(':repave web-2\r');
  await terminal.until('Repave web-2?');
  await terminal.until('y yes');
  terminal.press('y');
  await terminal.until(/run \w{8} accepted|repave-join on web-2 is done/);
  terminal.press(':runs\r');
  await terminal.until(/web-2 +repave-join +SUCCEEDED/);
  terminal.press(':repav web-1\r');
  expect(await terminal.until(/did you mean/i)).toContain('repave');
});

test('the phases that there are filter the machines, each with its number', async () => {
  const terminal = await server.console();
  await terminal.until(/Machines \d/);
  terminal.press('f');
  await terminal.until(/Machines by phase/);
  await terminal.until(/1 FACTORY_READY +\d/);
  terminal.press('1');
  await terminal.until(/of \d+ {2}\/phase=FACTORY_READY/);
});

test('what is busy, and what needs intervention, whatever its phase', async () => {
  for (const machineId of ['busy-1', 'stopped-1', 'idle-1']) await server.registerAs(machineId, { rack: 'r9' });
  await server.startRun('busy-1', 'plan/reboot');
  const runId = await server.startRun('stopped-1');
  await server.client.runs.cancelRun({ runId });
  const terminal = await server.console();
  terminal.press('f');
  const shown = await terminal.until(/\d busy +1 [\s\S]*\d needs intervention +1 /);
  const numberOf = (label: string) => new RegExp(`(\\d) ${label} +1 `).exec(shown)?.[1] ?? '';
  terminal.press(numberOf('busy'));
  await terminal.until(/Machines 1 of \d+ {2}\/effective_state=PROVISIONING .*\n.*\n│ > {2}busy-1 /);
  terminal.press('f');
  await terminal.until('Machines by phase');
  terminal.press(numberOf('needs intervention'));
  await terminal.until(/Machines 1 of \d+ {2}\/NeedsIntervention=true .*\n.*\n│ > {2}stopped-1 /);
});
