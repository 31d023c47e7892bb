import { expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { machine, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';

const keymap = new Map([
  ['run.repave', ['R']],
  ['run.cancel', ['X', 'delete']],
  ['machine.resolve', ['L']],
  ['program.help', ['H']],
  ['program.redraw', ['ctrl-r']],
  ['machines.import-demo', ['I']],
]);

test('keys that were given do what they were given for; those of before do nothing', async () => {
  const { terminal } = openConsole({ backend: new BackendDouble([machine('machine-1')]), keymap });
  await terminal.until('memory');
  await terminal.until(/> {2}machine-1 /);
  terminal.press('r');
  terminal.press('R');
  await terminal.until('Repave machine-1?');
});

test('footer, help and sentences name the keys that were given', async () => {
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: RUN })]);
  const { terminal } = openConsole({ backend, keymap, columns: 200, rows: 60 });
  backend.tellRun(repave(RUN, 'machine-1', 2));
  await terminal.until('memory');
  await terminal.until('repave-image');
  expect(terminal.rows.at(-1)).toMatch(/R repave.*X cancel.*H help/);
  terminal.press('b');
  await terminal.until('machine-1 is busy with repave-join, run 7f3a91kq: X cancels it');
  terminal.press('e');
  await terminal.until('machine-1 is busy with repave-join: X cancels it');
  // What a key says where its action does not apply comes with it.
  terminal.press('L');
  await terminal.until('machine-1 needs no intervention');
  terminal.press('H');
  const help = await terminal.until('H or Esc closes');
  expect(help).toMatch(/ R +repave/);
  expect(help).toMatch(/ X delete +cancel/);
  expect(help).toMatch(/ Ctrl-R +redraw/);
});

test('the card of an empty inventory names them as well', async () => {
  const { terminal } = openConsole({ keymap });
  await terminal.until('memory');
  await terminal.until(/I {3}import 3 demo machines/);
  expect(terminal.text).toMatch(/H {3}what every key does/);
});

test('the marked range names the key that ends it', async () => {
  const backend = new BackendDouble([machine('machine-1'), machine('machine-2')]);
  const { terminal } = openConsole({ backend, keymap: new Map([['mark.range', ['M']]]) });
  await terminal.until('machine-2');
  terminal.press('M');
  await terminal.until('a range from machine-1: go on, then M once more');
});
