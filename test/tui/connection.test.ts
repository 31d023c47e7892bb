import { expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { logLine, machine, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';
const lost = (message: string, reached = true) =>
  ({ kind: 'lost', message, retryAt: Date.now() + 3_000, reached }) as const;

test('a loss is said with a countdown, the table dims, and what is possible says why it is not', async () => {
  const backend = new BackendDouble([
    machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: RUN }),
    machine('machine-2', { phase: Phase.IN_SERVICE }),
  ]);
  const { terminal } = openConsole({ backend, attached: true });
  backend.tellRun(repave(RUN, 'machine-1', 2));
  backend.log(RUN).push(logLine(RUN, 1, 'before;'));
  await terminal.until('before;');
  expect(terminal.rows[0]).toContain('● attached to 127.0.0.1:50051 · plaintext · as lin · memory');
  const column = terminal.rows[4]?.indexOf('IN_SERVICE') ?? -1;
  const phase = () => terminal.screen.emulator.buffer.active.getLine(4)?.getCell(column);
  const before = phase()?.getFgColor();
  expect(phase()?.getChars()).toBe('I');
  backend.link(lost('the connection to 127.0.0.1:50051 was lost'));
  await terminal.until(/○ lost 127\.0\.0\.1:50051 · trying again in \ds/);
  expect(terminal.text).toContain('as they were when the server was lost');
  expect(phase()?.getChars()).toBe('I');
  expect(phase()?.getFgColor()).not.toBe(before);
  expect(terminal.text).toContain('waiting for the server');
  terminal.press('b');
  await terminal.until('no server: the connection to 127.0.0.1:50051 was lost');
  backend.link({ kind: 'connected' });
  backend.log(RUN).push(logLine(RUN, 2, 'after;'));
  await terminal.until('after;');
  expect(terminal.rows[0]).toContain('● attached to');
  expect(terminal.text).toContain('before;');
});

test('no server there: it says so at once, and goes on when there is one', async () => {
  const backend = new BackendDouble();
  backend.link(lost('no bmdemo server answers at 127.0.0.1:50051 (connection refused)', false));
  const { terminal } = openConsole({ backend, attached: true });
  await terminal.until('○ no server at 127.0.0.1:50051 · trying again in');
  expect(terminal.text).toContain('no bmdemo server answers at 127.0.0.1:50051 (connection refused)');
  expect(terminal.rows[1]).toContain('Machines · waiting for the server');
  backend.link({ kind: 'connected' });
  await terminal.until('No machines yet.');
});

test('a server that came back empty shows no machines of before', async () => {
  const backend = new BackendDouble([machine('machine-1'), machine('machine-2')]);
  const { terminal } = openConsole({ backend });
  await terminal.until('2 machines');
  backend.restart();
  await terminal.until('No machines yet.');
});

test('a watch that begins anew keeps the selection on its machine', async () => {
  const backend = new BackendDouble([machine('machine-1'), machine('machine-2')]);
  const { terminal } = openConsole({ backend });
  await terminal.until('2 machines');
  terminal.press('j');
  await terminal.until(/> {2}machine-2/);
  backend.restart();
  for (const id of ['machine-0', 'machine-1', 'machine-2', 'machine-3']) backend.tellMachine(machine(id), 'SNAPSHOT');
  const text = await terminal.until('4 machines');
  expect(text).toMatch(/> {2}machine-2/);
});

test('the console is drawn before its server is up', async () => {
  const opened = Promise.withResolvers<void>();
  const backend = new BackendDouble();
  const { terminal } = openConsole({
    backend,
    open: async () => {
      await opened.promise;
      return { backend, label: '127.0.0.1:40404' };
    },
  });
  await terminal.until('○ starting the server …');
  opened.resolve();
  await terminal.until('● local 127.0.0.1:40404');
});

test('how long answers take is shown of a server elsewhere', async () => {
  const backend = new BackendDouble([machine('machine-1')]);
  const { terminal } = openConsole({ backend, attached: true });
  await terminal.until('as lin');
  backend.answeredIn(1_234);
  await terminal.until('· 1.2 s ·');
  backend.answeredIn(40);
  await terminal.until('· 40 ms ·');
  backend.answeredIn(0.4);
  await terminal.until('· <1 ms ·');
});

test('of a server in this process there is no way to be told of', async () => {
  const backend = new BackendDouble([machine('machine-1')]);
  const { terminal } = openConsole({ backend });
  await terminal.until('● local 127.0.0.1:50051 · as lin · memory · fake');
  backend.answeredIn(40);
  terminal.press('?');
  await terminal.until('write a fresh image');
  expect(terminal.rows[0]).not.toMatch(/ ms|plaintext/);
});

test.each([
  [80, ' bmdemo  ● attached to 127.0.0.1:50051 · as lin · memory           ▲1 attention'],
  [
    120,
    ' bmdemo  ● attached to 127.0.0.1:50051 · 4 ms · plaintext · as lin · memory      1 machine  ▲1 attention  0 runs active',
  ],
])('at %d columns the header keeps what matters most', async (columns, row) => {
  const needs = { type: 'NeedsIntervention', status: true, message: 'verify failed' };
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.MAINTENANCE, conditions: [needs] })]);
  const { terminal } = openConsole({ backend, attached: true, columns });
  await terminal.until('as lin');
  backend.answeredIn(4);
  terminal.press('?');
  await terminal.until('Esc closes');
  expect(terminal.rows[0]).toBe(row);
});

test.each([
  ['db.example.com:50051', false, / · plaintext/],
  ['db.example.com:50051', true, / · TLS/],
  ['unix:/run/bmdemo.sock', false, /bmdemo\.sock · as lin/],
])('the header says who can listen in: %s, encrypted %s', async (label, encrypted, shown) => {
  const backend = new BackendDouble([machine('machine-1')]);
  backend.encrypted = encrypted;
  const open = () => Promise.resolve({ backend, label });
  const { terminal } = openConsole({ backend, open, attached: true, columns: 200 });
  await terminal.until('as lin');
  expect(terminal.rows[0]).toMatch(shown);
});
