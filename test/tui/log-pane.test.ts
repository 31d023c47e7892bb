import { expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { logLine, machine, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';

async function logOf(lines: number) {
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: RUN })]);
  const under = openConsole({ backend });
  backend.tellRun(repave(RUN, 'machine-1', 2));
  const feed = (from: number, to: number, step?: string) => {
    for (let at = from; at <= to; at++) backend.log(RUN).push(logLine(RUN, at, `line ${at};`, step));
  };
  feed(1, lines);
  await under.terminal.until(`line ${lines};`);
  return { ...under, feed };
}

test('scrolling up stops the log and counts what is new; the end follows again', async () => {
  const { terminal, feed } = await logOf(100);
  terminal.press('\t\t');
  await terminal.until('▸ Log');
  terminal.press('kkk');
  await terminal.until('paused');
  expect(terminal.text).not.toContain('line 98;');
  feed(101, 105);
  await terminal.until('paused, 5 new · G follows');
  expect(terminal.text).not.toContain('line 98;');
  terminal.press('G');
  await terminal.until('line 105;');
  expect(terminal.text).toContain('following · 105 lines');
  feed(106, 106);
  await terminal.until('line 106;');
});

test('Home and the pages move in it', async () => {
  const { terminal } = await logOf(100);
  terminal.press('\t\t');
  await terminal.until('▸ Log');
  terminal.press('\x1b[H');
  await terminal.until('line 1;');
  terminal.press('\x1b[6~');
  await terminal.until((text) => text.includes('line 28;') && !text.includes('line 27;'));
});

test('Enter goes from a step to its log', async () => {
  const { terminal, feed } = await logOf(60);
  feed(61, 90, 'join-cluster');
  await terminal.until('line 90;');
  terminal.press('\t');
  await terminal.until('▸ Run');
  terminal.press('\r');
  await terminal.until('▸ Log');
  await terminal.until(/── repave-image ─.*\n.*line 1;/);
});

test('what went to stderr is marked, and nothing in a line reaches the terminal as a command', async () => {
  const { terminal, backend } = await logOf(1);
  backend.log(RUN).push(logLine(RUN, 2, '\x1b[2J\x1b[Hwiped?\x07', 'repave-image', 'stderr'));
  await terminal.until('▲ wiped?');
  expect(terminal.text).toContain('line 1;');
});

test('says that it has ended', async () => {
  const { terminal, backend } = await logOf(3);
  backend.log(RUN).end();
  await terminal.until('ended · 3 lines');
});

test('another machine has another log', async () => {
  const { terminal, backend } = await logOf(3);
  backend.tellMachine(machine('machine-2', { activeRunId: 'bbbb000000000000' }));
  backend.tellRun(repave('bbbb000000000000', 'machine-2', 0));
  await terminal.until('machine-2');
  terminal.press('j');
  await terminal.until('Run bbbb0000');
  backend.log('bbbb000000000000').push(logLine('bbbb000000000000', 1, 'other;'));
  await terminal.until('other;');
  expect(terminal.text).not.toContain('line 3;');
});
