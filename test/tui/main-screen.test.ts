import { describe, expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { Run_Phase as RunPhase } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { ago, logLine, machine, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';

function fleet(): BackendDouble {
  return new BackendDouble([
    machine('machine-1', { phase: Phase.PROVISIONING, effectiveState: Phase.PROVISIONING, activeRunId: RUN }),
    machine('machine-2', {
      phase: Phase.MAINTENANCE,
      effectiveState: Phase.MAINTENANCE,
      phaseSince: ago(250_000),
      conditions: [{ type: 'NeedsIntervention', status: true, message: 'verify failed: NotReady' }],
    }),
    machine('machine-3', { phase: Phase.IN_SERVICE, effectiveState: Phase.IN_SERVICE, phaseSince: ago(3_700_000) }),
  ]);
}

describe('at 120×40', () => {
  test('header, machines, run, log and keys are where they belong', async () => {
    const { terminal, backend } = openConsole({ backend: fleet() });
    backend.tellRun(repave(RUN, 'machine-1', 2));
    for (let at = 1; at <= 40; at++) backend.log(RUN).push(logLine(RUN, at, `layer ${at}/40`));
    await terminal.until('layer 40/40');
    const { rows } = terminal;
    expect(rows[0]).toMatch(/^ bmdemo {2}● local 127\.0\.0\.1:50051 · as lin · memory · fake {2,}3 machines/);
    expect(rows[0]).toMatch(/1 in service {2}1 busy {2}▲1 attention {2}1 run active$/);
    expect(rows[1]).toMatch(/^╭ ▸ Machines 3 ─+╮$/);
    expect(rows[2]).toMatch(/^│ {4}MACHINE +PHASE +DOING +RACK +CLUSTER +AGE +NOTE +│$/);
    expect(rows[3]).toMatch(
      /^│ > {2}machine-1 {2}PROVISIONING +[⠁-⣿] repave-image 3\/5 {2}######\.\. 72% +r1 +prod-a +1\ds +│$/,
    );
    expect(rows[4]).toMatch(/^│ {4}machine-2 {2}MAINTENANCE +– +r1 +prod-a +4m {2}▲ verify failed: NotReady/);
    expect(rows[5]).toMatch(/machine-3 {2}IN_SERVICE .* 1h /);
    expect(rows[9]).toMatch(
      /^╭ Run 7f3a91kq · repave-join · machine-1 · by lin ─+╮╭ Log · repave-image · following · 40 lines ─+╮$/,
    );
    expect(rows[10]).toMatch(/^│ ✓ set-netboot +0\.4s/);
    expect(rows[12]).toMatch(/^│ [⠁-⣿] repave-image +\d\.\ds {2}attempt 1 of 2 {2}######\.\. 72%/);
    expect(rows[13]).toMatch(/^│ · join-cluster +│/);
    expect(rows[37]).toMatch(/layer 40\/40 +│$/);
    expect(rows[39]).toBe(
      ' r repave  b reboot  m RMA  u upgrade  c cancel  / filter  s sort  space mark  y copy  : command  ? help  q quit',
    );
  });

  test('every row is exactly as wide as the terminal', async () => {
    const { terminal } = openConsole({ backend: fleet() });
    await terminal.until('machine-3');
    expect(terminal.rows.slice(1, 39).map((row) => row.length)).toEqual(Array.from({ length: 38 }, () => 120));
  });
});

describe('at 80×24', () => {
  test('the run or the log is below the table, by Tab', async () => {
    const { terminal, backend } = openConsole({ columns: 80, rows: 24, backend: fleet() });
    backend.tellRun(repave(RUN, 'machine-1', 2));
    backend.log(RUN).push(logLine(RUN, 1, 'layer 1/6'));
    await terminal.until('Run 7f3a91kq');
    expect(terminal.text).not.toContain('Log');
    expect(terminal.rows[2]).toMatch(/^│ {4}MACHINE +PHASE +DOING +NOTE +│$/);
    terminal.press('\t\t');
    await terminal.until('▸ Log');
    await terminal.until('layer 1/6');
    expect(terminal.text).not.toContain('Run 7f3a91kq');
    terminal.press('\x1b');
    await terminal.until('▸ Run 7f3a91kq');
  });
});

test('at 200×60 the machine has a pane of its own', async () => {
  const { terminal } = openConsole({ columns: 200, rows: 60, backend: fleet() });
  await terminal.until('Machine machine-1');
  expect(terminal.text).toMatch(/serial +SN-machine-1/);
  terminal.press('j');
  await terminal.until('Machine machine-2');
  expect(terminal.text).toMatch(/▲ NeedsIntervention/);
  expect(terminal.text).not.toMatch(/state +MAINTENANCE/);
});

test('the selection stays on its machine when others come in above, and its run is shown', async () => {
  const { terminal, backend } = openConsole({ backend: fleet() });
  await terminal.until('machine-3');
  terminal.press('jj');
  await terminal.until(/> {2}machine-3/);
  backend.history.set('machine-3', repave('aaaa1111bbbb2222', 'machine-3', 5, { phase: RunPhase.SUCCEEDED }));
  for (const id of ['db-1', 'db-2', 'machine-0']) backend.tellMachine(machine(id), 'REGISTERED');
  const text = await terminal.until('machine-0');
  expect(text).toMatch(/> {2}machine-3/);
  expect(text).toContain('6 machines');
});

test('the newest run of a machine is asked for when somebody looks at it', async () => {
  const backend = fleet();
  backend.history.set('machine-3', repave('aaaa1111bbbb2222', 'machine-3', 5, { phase: RunPhase.SUCCEEDED }));
  const { terminal } = openConsole({ backend });
  await terminal.until('machine-3');
  terminal.press('G');
  await terminal.until('Run aaaa1111');
  expect(terminal.text).toContain('SUCCEEDED');
});

test('10,000 machines scroll as 12 do, and no more of them are drawn than fit', async () => {
  const many = Array.from({ length: 10_000 }, (_, at) => machine(`machine-${at + 1}`));
  const { terminal } = openConsole({ backend: new BackendDouble(many) });
  await terminal.until('10,000 machines');
  terminal.press('G');
  await terminal.until(/> {2}machine-10000/);
  terminal.press('\x1b[5~');
  await terminal.until(/> {2}machine-9984/);
  terminal.press('g');
  await terminal.until(/> {2}machine-1 /);
  expect(terminal.rows.filter((row) => row.includes('machine-')).length).toBeLessThan(30);
});

test('phases pass by as they are told, and the end of a run that was started here is said', async () => {
  const { terminal, backend } = openConsole({ backend: new BackendDouble([machine('machine-1')]) });
  await terminal.until('memory');
  terminal.press('r');
  await terminal.until('y yes');
  terminal.press('y');
  await terminal.until('run 7f3a91kq accepted');
  for (const [phase, word] of [
    [Phase.PROVISIONING, 'PROVISIONING'],
    [Phase.READY, 'READY'],
    [Phase.IN_SERVICE, 'IN_SERVICE'],
  ] as const) {
    backend.tellMachine(machine('machine-1', { phase, effectiveState: phase }));
    await terminal.until(new RegExp(`machine-1 {2}${word}`));
  }
  backend.tellRun(repave(RUN, 'machine-1', 5, { phase: RunPhase.SUCCEEDED }), 'SUCCEEDED');
  await terminal.until('✓ repave-join on machine-1 is done');
});

test('without machines there is one card, and i imports three', async () => {
  const { terminal, backend } = openConsole();
  await terminal.until('No machines yet.');
  expect(terminal.text).toContain('i   import 3 demo machines; the fake provider touches no hardware');
  expect(terminal.text).not.toContain('Log');
  terminal.press('i');
  await terminal.until('3 machines imported');
  expect(backend.imported).toEqual([3]);
  await terminal.until(/> {2}machine-1 /);
  terminal.press('i');
  await terminal.until('command :import');
  expect(backend.imported).toEqual([3]);
});

test('i imports nothing before the server has said which machines there are: they would be written over', async () => {
  const backend = new BackendDouble();
  const counted = Promise.withResolvers<number>();
  backend.countMachines = () => counted.promise;
  const { terminal } = openConsole({ backend });
  await terminal.until('Asking the server for its machines');
  terminal.press('i');
  await terminal.until('the server has not said yet which machines there are');
  expect(backend.imported).toEqual([]);
  counted.resolve(0);
  await terminal.until('No machines yet.');
  terminal.press('i');
  await terminal.until('3 machines imported');
});

test('without the fake provider no demo machines are offered, and i asks for a file', async () => {
  const backend = new BackendDouble();
  backend.info.providers = [];
  const { terminal } = openConsole({ backend });
  await terminal.until('No machines yet.');
  expect(terminal.text).not.toContain('import 3');
  terminal.press('i');
  await terminal.until('command :import');
  expect(backend.imported).toEqual([]);
});

test('nothing is drawn while nothing changes', async () => {
  const { terminal, backend } = openConsole({
    backend: new BackendDouble([machine('machine-1', { phaseSince: ago(4_000_000) })]),
  });
  await terminal.until('memory');
  terminal.press('j');
  backend.tellMachine(machine('machine-2', { phaseSince: ago(4_000_000) }), 'REGISTERED');
  await terminal.until('machine-2');
  const before = terminal.screen.written.length;
  // The same again, and keys that lead nowhere; then something that shows.
  backend.tellMachine(machine('machine-2', { phaseSince: ago(4_000_000) }));
  terminal.press('kkkk');
  terminal.press('Z');
  backend.tellMachine(machine('machine-3', { phaseSince: ago(4_000_000) }), 'REGISTERED');
  await terminal.until('machine-3');
  const drawn = terminal.screen.written.slice(before);
  expect(drawn.split('\x1b[?2026h')).toHaveLength(2);
  expect(drawn.length).toBeLessThan(700);
});

test('nobody says that a machine has had no run before the server has said so', async () => {
  const backend = new BackendDouble([machine('machine-1', { phase: Phase.IN_SERVICE })]);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  backend.latestRun = () => promise;
  const { terminal } = openConsole({ backend });
  await terminal.until('no run of machine-1 is known yet');
  resolve(undefined);
  await terminal.until('machine-1 has had no run so far');
});
