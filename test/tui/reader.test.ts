import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { MachineService } from '../../src/wire/gen/baremetal/v1/machine_service_pb.ts';
import { Run_Phase } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { BackendDouble } from './backend-double.ts';
import type { OpenConsole } from './open-console.ts';
import { openConsole } from './open-console.ts';
import { ago, logLine, machine, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';
const { getMachine } = MachineService.method;

/** A console for somebody who listens, and what it has said. */
function listen(options: OpenConsole = {}) {
  const under = openConsole({ screenReader: true, columns: 200, rows: 200, ...options });
  const { terminal } = under;
  const said = () => terminal.rows.filter((row) => row !== '');
  return { ...under, said, hears: (line: string | RegExp) => terminal.until(line) };
}

const three = () =>
  new BackendDouble([
    machine('machine-1', { phase: Phase.IN_SERVICE, effectiveState: Phase.IN_SERVICE }),
    machine('machine-2'),
    machine('machine-3', {}, 'r2'),
  ]);

test('it is lines: no full screen, no hidden cursor, nothing drawn over, no colours', async () => {
  const { terminal, hears, said } = listen({ backend: three() });
  await hears('3 machines, 1 in service.');
  terminal.press('j');
  await hears('machine-2, 2 of 3, FACTORY_READY, idle, rack r1, cluster prod-a');
  expect(said()).toEqual([
    'bmdemo, for a screen reader: what changes is said in lines.',
    'Starting the server in this process.',
    'Connecting to 127.0.0.1:50051.',
    'Local server 127.0.0.1:50051 as lin. State is in memory, gone when the server ends.',
    '3 machines, 1 in service.',
    'machine-1, 1 of 3, IN_SERVICE, idle, rack r1, cluster prod-a',
    'machine-2, 2 of 3, FACTORY_READY, idle, rack r1, cluster prod-a',
  ]);
  expect(terminal.isFullScreen).toBe(false);
  expect(terminal.modes.get('25')).not.toBe('l');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is them that are looked for
  expect(terminal.screen.written).not.toMatch(/\x1b\[[0-9;]*m/);
});

test('a run is told step by step, and how it ended', async () => {
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: RUN })]);
  const { hears, said } = listen({ backend });
  backend.tellRun(repave(RUN, 'machine-1', 0));
  await hears('Begun: run 7f3a91kq, repave-join on machine-1.');
  await hears(/running: set-netboot .*attempt 1 of 3/);
  backend.tellRun(repave(RUN, 'machine-1', 2));
  await hears(/done: set-netboot/);
  await hears(/done: reboot-to-netboot/);
  await hears(/running: repave-image .*72%/);
  const error = { code: 'INTERNAL', message: 'the disk is full' };
  backend.tellRun(repave(RUN, 'machine-1', 2, { phase: Run_Phase.FAILED, finishedAt: ago(0), error }));
  await hears(/Ended: run 7f3a91kq, repave-join on machine-1, FAILED after \d\.\ds: the disk is full/);
  expect(said().filter((line) => line.startsWith('running: set-netboot'))).toHaveLength(1);
});

test('a question is read row by row, says which button it is on, and is answered by keys', async () => {
  const { terminal, backend, hears } = listen({ backend: three() });
  await hears('machine-1, 1 of 3');
  terminal.press('r');
  await hears('Question: Repave machine-1?');
  await hears(/destroys: everything on its disk/);
  await hears('On the button Cancel.');
  await hears('Tab moves, Enter presses, Esc cancels, y is for Repave.');
  terminal.press('\t');
  await hears('On the button Repave.');
  terminal.press('\r');
  await hears('Asking the server.');
  await hears('The question is closed.');
  await hears('run 7f3a91kq accepted');
  expect(backend.started).toHaveLength(1);
});

test('what is typed stands in a line of its own, which is named', async () => {
  const { terminal, hears, said } = listen({ backend: three() });
  await hears('3 machines');
  terminal.press('/');
  await hears('Type the filter. Enter applies, Esc leaves it as it was.');
  terminal.press('r2');
  await hears('textbox: filter: r2');
  terminal.press('\r');
  await hears('1 of 3 machines match r2.');
  await hears('machine-3, 1 of 1, FACTORY_READY');
  expect(said().filter((line) => line.includes('match'))).toHaveLength(1);
  terminal.press('\x1b');
  await hears('No filter: 3 machines.');
});

test('why a key does nothing is said', async () => {
  const { terminal, hears } = listen({ backend: three() });
  await hears('machine-1, 1 of 3');
  terminal.press('c');
  await hears('Warning: machine-1 has no run to cancel');
});

test('the phases that f shows are read, then each that the cursor comes to, and what was chosen', async () => {
  const { terminal, hears } = listen({ backend: three() });
  await hears('machine-1, 1 of 3');
  terminal.press('f');
  await hears(
    'Machines by phase: 1 FACTORY_READY, 2; 2 IN_SERVICE, 1. Enter or a number shows those alone, Esc leaves it.',
  );
  terminal.press('j');
  await hears(/^2 IN_SERVICE, 1$/m);
  terminal.press('\r');
  await hears(/phase=IN_SERVICE/);
});

test('the help is read whole, and Ctrl-L reads again what is there', async () => {
  const { terminal, hears, said } = listen({ backend: three() });
  await hears('machine-1, 1 of 3');
  terminal.press('?');
  await hears(/^r repave write a fresh image, join the cluster, verify$/m);
  expect(said()).toContain('y yes go on, where nothing has to be typed');
  terminal.press('\x1b');
  await hears(/where nothing has to be typed(?:.|\n)*\nMachines\.\nmachine-1, 1 of 3/);
  terminal.press('\x0c');
  await terminal.until((text) => text.split('machine-1, 1 of 3').length === 4);
});

test('Tab goes to the run and reads it; in the log every line is read as it comes', async () => {
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: RUN })]);
  const { terminal, hears } = listen({ backend });
  backend.tellRun(repave(RUN, 'machine-1', 2));
  backend.log(RUN).push(logLine(RUN, 1, 'layer 1 of 6'));
  await hears('running: repave-image');
  terminal.press('\t');
  await hears('Run 7f3a91kq, repave-join on machine-1.');
  await hears(/to do: join-cluster/);
  terminal.press('\t');
  await hears(/Log, following, [01] lines?\./);
  await hears('layer 1 of 6');
  backend.log(RUN).push(logLine(RUN, 2, 'layer 2 of 6'));
  await hears('layer 2 of 6');
});

test('a loss is said once, and so is the return', async () => {
  const { backend, hears, said } = listen({ backend: three(), attached: true });
  await hears('Attached to 127.0.0.1:50051 as lin.');
  for (const wait of [1_000, 2_000, 4_000]) {
    backend.link({ kind: 'lost', message: 'it was lost', retryAt: Date.now() + wait, reached: true });
  }
  backend.link({ kind: 'connected' });
  await hears('The server 127.0.0.1:50051 is back.');
  expect(said().filter((line) => line.startsWith('Lost 127.0.0.1:50051: it was lost.'))).toHaveLength(1);
});

test('of many changes at once their number is said', async () => {
  const backend = new BackendDouble(Array.from({ length: 50 }, (_, at) => machine(`machine-${at + 1}`)));
  const { hears, said } = listen({ backend });
  await hears('50 machines');
  for (let at = 1; at <= 50; at++) backend.tellMachine(machine(`machine-${at}`, { phase: Phase.READY }));
  await hears(/And \d+ more changes of machines\./);
  expect(said().filter((line) => line.endsWith('is READY now.')).length).toBeLessThan(13);
});

test('the calls on the wire are told one by one, and one of them is read whole', async () => {
  const { terminal, backend, hears, said } = listen({ backend: three() });
  for (const machineId of ['machine-1', 'machine-2']) {
    backend.recorder.begin(getMachine, create(getMachine.input, { machineId })).end('NOT_FOUND', 'it is not there');
  }
  await hears('machine-1, 1 of 3');
  terminal.press('x');
  await hears('Calls on the wire, the newest first.');
  await hears(/^MachineService\/GetMachine, 1 of 2, NOT_FOUND after \d+ ms$/m);
  terminal.press('j');
  await hears('MachineService/GetMachine, 2 of 2');
  terminal.press('\r');
  await hears('error it is not there');
  expect(said()).toContain('"machineId": "machine-1"');
  terminal.press('\x1b');
  await terminal.until((text) => text.split('GetMachine, 2 of 2').length === 3);
  terminal.press('\x0c');
  await terminal.until((text) => text.split('GetMachine, 2 of 2').length === 4);
  terminal.press('\x1b');
  await hears('The calls are closed.');
});

test('where somebody goes is said, what is there, and the row that they move to', async () => {
  const { terminal, backend, hears } = listen({ backend: three() });
  await hears('machine-1, 1 of 3');
  backend.pastRuns.push(repave('7f3a91kq00000000', 'machine-2', 2, { createdAt: ago(9_000) }));
  backend.pastRuns.push(
    repave('aaaa000000000000', 'machine-3', 4, { phase: Run_Phase.SUCCEEDED, createdAt: ago(90_000) }),
  );
  terminal.press('2');
  await hears('Runs.');
  await hears('2 runs.');
  await hears(/^1 of 2, 7f3a91kq, machine-2, repave-join, RUNNING, repave-image/m);
  terminal.press('j');
  await hears(/^2 of 2, aaaa0000, machine-3, repave-join, SUCCEEDED/m);
  terminal.press('\r');
  await hears('Runs, run aaaa0000.');
  await hears('Run aaaa0000, repave-join on machine-3.');
  terminal.press('3');
  await hears('Plans.');
  await hears(/^1 of 5, repave-join, REPAVE/m);
  terminal.press('\r');
  await hears('attention: destroys everything on its disk');
});
