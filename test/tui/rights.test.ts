import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { openCommandBench } from '../../src/cli/command-double.ts';
import { parseAddress } from '../../src/client/address.ts';
import { connect } from '../../src/client/client.ts';
import { allActions } from '../../src/tui/actions/all.ts';
import { initialState } from '../../src/tui/store/state.ts';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { CallerSchema } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { machine, serverInfo } from './samples.ts';

/** A console whose user may call everything but these. */
async function without(refused: readonly string[], user = 'lin') {
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.IN_SERVICE }), machine('machine-2')]);
  const all = [
    'RunService/StartRun',
    'RunService/CancelRun',
    'RunService/RetryNow',
    'MachineService/RegisterMachines',
    'MachineService/EnterMaintenance',
    'MachineService/ExitMaintenance',
    'MachineService/ResolveIntervention',
    'MachineService/CompleteRma',
  ];
  const allowedMethods = all.filter((method) => !refused.includes(method)).map((method) => `baremetal.v1.${method}`);
  backend.info = { ...serverInfo(), caller: create(CallerSchema, { user, allowedMethods }) };
  const under = openConsole({ backend, columns: 200, rows: 60 });
  await under.terminal.until('machine-2');
  await under.terminal.until('memory');
  return under;
}

test('without a right the actions that need it leave footer and help, and their key says which is missing', async () => {
  const { terminal, backend } = await without(['RunService/StartRun']);
  const footer = terminal.rows.at(-1);
  expect(footer).not.toMatch(/repave|reboot|m RMA|upgrade|net-reconfig/);
  expect(footer).toMatch(/c cancel.*e maintenance/);
  terminal.press('r');
  await terminal.until('not allowed: lin may not call RunService/StartRun on this server');
  expect(terminal.text).not.toContain('Repave machine-1?');
  terminal.press('?');
  const help = await terminal.until('? or Esc closes');
  expect(help).not.toContain('write a fresh image');
  expect(help).toContain("cancel the machine's run");
  expect(backend.started).toEqual([]);
});

test('who may only begin a maintenance is told so where one would end', async () => {
  const { terminal } = await without(['MachineService/ExitMaintenance']);
  terminal.press('e');
  await terminal.until('Esc cancel');
  expect(terminal.text).toContain('Take machine-1 out of service?');
  terminal.press('\x1b');
  await terminal.until((text) => !text.includes('Take machine-1'));
  const { terminal: other } = await without(['MachineService/EnterMaintenance'], '');
  other.press('e');
  await other.until('not allowed: a caller without a name may not call MachineService/EnterMaintenance on this server');
});

test('an empty inventory offers no import to who may not register machines', async () => {
  const backend = new BackendDouble();
  const allowedMethods = ['baremetal.v1.MachineService/ListMachines'];
  backend.info = { ...serverInfo(), caller: create(CallerSchema, { user: 'lin', allowedMethods }) };
  const { terminal } = openConsole({ backend });
  await terminal.until('memory');
  await terminal.until('No machines yet.');
  expect(terminal.text).not.toContain('import');
  terminal.press('i');
  await terminal.until('not allowed: lin may not call MachineService/RegisterMachines on this server');
  expect(backend.imported).toEqual([]);
});

test('a server of this program allows every call that an action needs', async () => {
  const bench = await openCommandBench();
  const client = connect({ address: parseAddress(bench.address), user: 'lin' });
  try {
    const { caller } = await client.server.getServerInfo({});
    const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
    const size = { columns: 120, rows: 40 };
    const state = initialState({ label: bench.address, attached: true, size, settings, now: 0 });
    const needed = allActions.flatMap(({ needs }) => needs?.(state) ?? []);
    expect(needed.length).toBeGreaterThan(8);
    expect(caller?.allowedMethods).toEqual(
      expect.arrayContaining(needed.map(({ parent, name }) => `${parent.typeName}/${name}`)),
    );
  } finally {
    client.close();
    await bench.stop();
  }
});

test('a read-only console says what made it so', async () => {
  const backend = new BackendDouble([machine('machine-1')]);
  const { terminal } = openConsole({ backend, readOnly: true, readOnlyBy: 'BMDEMO_READ_ONLY' });
  await terminal.until('memory');
  terminal.press('b');
  await terminal.until('read-only: started with BMDEMO_READ_ONLY');
});
