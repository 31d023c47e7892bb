import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { MachineEventSchema } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import { MachineSchema } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { MachineService } from '../../src/wire/gen/baremetal/v1/machine_service_pb.ts';
import { RunSchema } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { RunService } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import { BackendDouble } from './backend-double.ts';
import type { OpenConsole } from './open-console.ts';
import { openConsole } from './open-console.ts';
import { machine } from './samples.ts';

const { startRun } = RunService.method;
const { getMachine, watchMachines } = MachineService.method;

/** A console that has made three calls: a watch that is open, a run that was started, and a machine that is not there. */
async function withCalls(options: OpenConsole = {}) {
  const backend = new BackendDouble([machine('machine-1')]);
  const { recorder } = backend;
  const watch = recorder.begin(watchMachines, create(watchMachines.input, {}));
  watch.answer(create(MachineEventSchema, { kind: 'SNAPSHOT', cursor: 'c7' }));
  watch.answer(create(MachineEventSchema, { kind: 'UPDATED', cursor: 'c8' }));
  const request = { machineId: 'machine-1', requestId: 'once', type: 'REPAVE', reason: "it's \x1b[31mred" };
  const start = recorder.begin(startRun, create(startRun.input, request));
  start.answer(create(RunSchema, { runId: '7f3a91kq00000000', machineId: 'machine-1' }));
  start.end('OK');
  ask(backend, 'nobody').end('NOT_FOUND', 'there is no machine nobody');
  const under = openConsole({ backend, ...options });
  await under.terminal.until('machine-1');
  return { ...under, backend, watch };
}

const ask = ({ recorder }: BackendDouble, machineId: string) =>
  recorder.begin(getMachine, create(getMachine.input, { machineId }));

test('x shows the calls, the newest first, and all of the one under the cursor below them', async () => {
  const { terminal } = await withCalls();
  terminal.press('x');
  await terminal.until('Calls on the wire · the last 3 calls');
  const at = (text: string) => terminal.rows.findIndex((row) => row.includes(text));
  expect(at('MachineService/GetMachine')).toBeLessThan(at('RunService/StartRun'));
  expect(at('RunService/StartRun')).toBeLessThan(at('MachineService/WatchMachines'));
  expect(terminal.text).toMatch(/> .*MachineService\/GetMachine +NOT_FOUND +\d+ ms/);
  expect(terminal.text).toMatch(/MachineService\/WatchMachines +open +[\d.]+s +2 /);
  expect(terminal.text).toMatch(/error +there is no machine nobody/);
  terminal.press('j');
  await terminal.until(/> .*RunService\/StartRun +OK/);
  await terminal.until('"runId": "7f3a91kq00000000"');
  expect(terminal.text).toContain('"requestId": "once"');
  terminal.press('j');
  await terminal.until(/open for [\d.]+s · 2 messages/);
  expect(terminal.text).toContain('last message');
  expect(terminal.text).toContain('"cursor": "c8"');
});

test('each has the command that does the same; nothing in it reaches the terminal as a command', async () => {
  const { terminal, stateDirectory } = await withCalls({ columns: 200 });
  terminal.press('xj');
  await terminal.until('"runId"');
  const command = [
    "grpcurl -plaintext -H 'x-bmdemo-user: lin'",
    `-d '{"machineId":"machine-1","requestId":"once","type":"REPAVE","reason":"it'\\''s \\u001b[31mred"}'`,
    '127.0.0.1:50051 baremetal.v1.RunService/StartRun',
  ].join(' ');
  expect(terminal.text).toContain(command.slice(0, 120));
  terminal.press('y');
  await terminal.until('the grpcurl command sent to the clipboard');
  expect(readFileSync(join(stateDirectory, 'last-copy.txt'), 'utf8')).toBe(command);
});

test('the cursor stays on its call when others come, and a stream goes on under it', async () => {
  const { terminal, backend, watch } = await withCalls();
  terminal.press('x');
  await terminal.until('the last 3 calls');
  terminal.press('G');
  await terminal.until(/> .*WatchMachines/);
  ask(backend, 'machine-1').end('OK');
  await terminal.until(/4 calls, newest first · 3 newer above/);
  expect(terminal.text).toMatch(/> .*WatchMachines/);
  watch.answer(create(MachineEventSchema, { kind: 'UPDATED', cursor: 'c9' }));
  await terminal.until('"cursor": "c9"');
  watch.end('UNAVAILABLE', 'the server is away');
  await terminal.until(/error +the server is away/);
});

test('Enter shows all of a call on the whole screen, also once it is no longer among the last; Esc and x lead back', async () => {
  const { terminal, backend } = await withCalls({ columns: 80, rows: 24 });
  const long = ask(backend, 'machine-2');
  long.answer(create(MachineSchema, { machineId: 'machine-2', labels: Object.fromEntries(labels(40)) }));
  long.end('OK');
  terminal.press('x');
  await terminal.until(/> .*GetMachine +OK/);
  terminal.press('\r');
  await terminal.until((text) => text.includes('▸ Call 4') && !text.includes('Calls on the wire'));
  expect(terminal.text).toContain('more lines below');
  for (let at = 0; at < 200; at++) ask(backend, `machine-${at}`).end('OK');
  terminal.press('G');
  await terminal.until('"label-40": "40"');
  expect(terminal.text).toContain('▸ Call 4');
  terminal.press('\x1b');
  await terminal.until('the last 100 calls');
  terminal.press('\x1b');
  await terminal.until('▸ Machines');
  terminal.press('x');
  await terminal.until('Calls on the wire');
  terminal.press('x');
  await terminal.until('▸ Machines');
});

test('in a terminal that becomes smaller the cursor is still seen', async () => {
  const { terminal, backend } = await withCalls();
  for (let at = 0; at < 9; at++) ask(backend, `machine-${at}`).end('OK');
  terminal.press('x');
  await terminal.until('the last 12 calls');
  terminal.press('G');
  await terminal.until(/> .*WatchMachines/);
  terminal.resize(80, 20);
  await terminal.until(/> .*WatchMachines +open .*\n╰/);
  expect(terminal.text).toContain('newest first · 11 newer above');
});

test('help and q are there as well, and no key that acts', async () => {
  const { terminal, backend } = await withCalls();
  terminal.press('x');
  await terminal.until('Calls on the wire');
  expect(terminal.rows.at(-1)).toContain('Enter all of it');
  terminal.press('rbm?');
  await terminal.until('Keys');
  expect(backend.started).toEqual([]);
  terminal.press('\x1b');
  await terminal.until('Calls on the wire');
});

test('without a call there is nothing to look at or to copy', async () => {
  const { terminal } = openConsole();
  await terminal.until('No machines');
  terminal.press('x');
  await terminal.until('no call so far');
  terminal.press('\ry');
  await terminal.until('there is nothing here to copy');
});

const labels = (count: number) =>
  Array.from({ length: count }, (_, at) => [`label-${String(at + 1).padStart(2, '0')}`, String(at + 1)] as const);
