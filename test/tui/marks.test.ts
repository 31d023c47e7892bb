import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { PreviewRunResponseSchema } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { ago, machine, repave } from './samples.ts';

async function machines(count: number, status: Parameters<typeof machine>[1] = {}) {
  const backend = new BackendDouble(Array.from({ length: count }, (_, at) => machine(`machine-${at + 1}`, status)));
  const under = openConsole({ backend });
  await under.terminal.until(`machine-${Math.min(count, 9)}`);
  await under.terminal.until('memory');
  return under;
}

describe('marks', () => {
  test('are set and taken away by space, and go on with the cursor', async () => {
    const { terminal } = await machines(5);
    terminal.press(' ');
    await terminal.until(/ \* +machine-1 .*\n.*> +machine-2/);
    terminal.press('j ');
    await terminal.until('2 marked');
    terminal.press('k ');
    await terminal.until('1 marked');
    expect(terminal.text).toMatch(/ \* +machine-1/);
  });

  test('are a range by V, all by A, none by Esc, which then goes no level up', async () => {
    const { terminal } = await machines(8);
    terminal.press('jV');
    await terminal.until('a range from machine-2: go on, then V once more');
    terminal.press('jjV');
    await terminal.until('3 marked');
    terminal.press('A');
    await terminal.until('8 marked');
    terminal.press('\x1b');
    await terminal.until((text) => !text.includes('marked'));
  });

  test('stay on their machines while the table is filtered, and go with the machines that go', async () => {
    const { terminal, backend } = await machines(3);
    terminal.press('A');
    await terminal.until('3 marked');
    terminal.press('/machine-2\r');
    await terminal.until('1 of 3 · 3 marked');
    backend.tellMachine(machine('machine-3'), 'DELETED');
    await terminal.until('1 of 2 · 2 marked');
  });
});

describe('an action on what is marked', () => {
  test('shows a row a machine, wants the number typed, and starts each with a request id of its own', async () => {
    const { terminal, backend } = await machines(5);
    terminal.press('A');
    await terminal.until('5 marked');
    terminal.press('r');
    await terminal.until('Repave 5 machines?');
    await terminal.until('Enter press');
    for (let at = 1; at <= 5; at += 1) expect(terminal.text).toMatch(new RegExp(`machine-${at} +FACTORY_READY`));
    expect(terminal.text).toMatch(/destroys +everything on its disk/);
    expect(terminal.text).toContain('To go on, type 5:');
    terminal.press('y4\r');
    await terminal.until('▲ type 5 to go on');
    expect(backend.started).toEqual([]);
    terminal.press('\x155\r');
    await terminal.until('repave: 5 of 5 done');
    expect(backend.started.map(({ machineId }) => machineId).toSorted()).toEqual(
      [1, 2, 3, 4, 5].map((at) => `machine-${at}`),
    );
    expect(new Set(backend.started.map(({ requestId }) => requestId)).size).toBe(5);
  });

  test('says of each whose answer was lost that it was accepted before', async () => {
    const { terminal, backend } = await machines(3);
    const runOf = (machineId: string) => repave(`${machineId}run`.padEnd(16, '0'), machineId, 0);
    backend.onStart = () => Promise.reject(new Error('the connection was lost'));
    terminal.press('A');
    await terminal.until('3 marked');
    terminal.press('b');
    await terminal.until('Enter press');
    terminal.press('3\r');
    await terminal.until('0 of 3 done');
    backend.onPreview = ({ machineId }) =>
      Promise.resolve(
        create(PreviewRunResponseSchema, machineId === 'machine-3' ? {} : { existingRun: runOf(machineId) }),
      );
    backend.onStart = ({ machineId }) =>
      machineId === 'machine-3' ? Promise.reject(new Error('machine machine-3 is busy')) : runOf(machineId);
    terminal.press('\t\r');
    await terminal.until('2 of 3 done');
    expect(terminal.text).toMatch(/machine-1 +already accepted as run machine-/);
    expect(terminal.text).toMatch(/machine-2 +already accepted as run machine-/);
    expect(terminal.text).toMatch(/machine-3 +It is busy/);
  });

  test('says of each machine why it was refused, and does only those again, with the same request id', async () => {
    const { terminal, backend } = await machines(3);
    let answers = (machineId: string) => {
      if (machineId === 'machine-2') throw new Error('machine-2 is busy');
      return repave(`run${machineId}`.padEnd(16, '0'), machineId, 0);
    };
    backend.onStart = ({ machineId }) => answers(machineId);
    terminal.press('A');
    await terminal.until('3 marked');
    terminal.press('b');
    await terminal.until('Reboot 3 machines?');
    await terminal.until('Enter press');
    terminal.press('3\r');
    await terminal.until('2 of 3 done; 1 not');
    expect(terminal.text).toMatch(/machine-1 +run runmachi accepted/);
    expect(terminal.text).toMatch(/machine-2 +Machine-2 is busy/);
    answers = (machineId) => repave(`run${machineId}`.padEnd(16, '0'), machineId, 0);
    terminal.press('\t\r');
    await terminal.until('reboot: 3 of 3 done');
    const ofSecond = backend.started.filter(({ machineId }) => machineId === 'machine-2');
    expect(ofSecond).toHaveLength(2);
    expect(new Set(ofSecond.map(({ requestId }) => requestId)).size).toBe(1);
    expect(backend.started).toHaveLength(4);
  });

  test('takes them out of service with one reason, and scrolls through a long list', async () => {
    const { terminal, backend } = await machines(40, { phase: Phase.IN_SERVICE });
    terminal.press('A');
    await terminal.until('40 marked');
    terminal.press('e');
    await terminal.until('Take out of service 40 machines?');
    await terminal.until('Enter press');
    await terminal.until(/0 above, \d+ below/);
    terminal.press('\x1b[6~');
    await terminal.until(/6 above, \d+ below/);
    // Tab from Cancel goes round to the reason.
    terminal.press('\t\t');
    await terminal.until('why, for the audit trail');
    terminal.press('PDU\t40\r');
    await terminal.until('take out of service: 40 of 40 done');
    expect(backend.repaired.every(({ values }) => values.reason === 'PDU')).toBe(true);
  });

  test('cancels the runs there are, and says where there are none', async () => {
    const { terminal } = await machines(2);
    terminal.press('A');
    await terminal.until('2 marked');
    terminal.press('c');
    await terminal.until('none of the marked machines has a run to cancel');
  });

  test('of a single mark is the question about that machine', async () => {
    const { terminal } = await machines(3);
    terminal.press(' ');
    await terminal.until('1 marked');
    terminal.press('r');
    await terminal.until('Repave machine-1?');
  });

  test('is about the marked machine, and not about the one under the cursor', async () => {
    const { terminal, backend } = await machines(3);
    backend.tellMachine(machine('machine-1', { phase: Phase.RMA }));
    backend.tellMachine(machine('machine-2', { phase: Phase.PROVISIONING, activeRunId: '7f3a91kq00000000' }));
    await terminal.until(/machine-1 +RMA [\s\S]*machine-2 +PROVISIONING/);
    terminal.press(' ');
    await terminal.until('1 marked');
    terminal.press('d');
    await terminal.until('Complete the RMA of machine-1?');
    await terminal.until('Esc cancel');
    terminal.press('\x1b');
    await terminal.until((text) => !text.includes('Complete the RMA'));
    terminal.press('e');
    await terminal.until('machine-1 is in RMA');
    terminal.press('v');
    await terminal.until('machine-1 needs no intervention');
    terminal.press('t');
    await terminal.until('machine-1 has no run that waits');
    terminal.press('k ');
    await terminal.until((text) => !text.includes('marked'));
    terminal.press(' ');
    await terminal.until('1 marked');
    terminal.press('d');
    await terminal.until('machine-2 is not in RMA');
    terminal.press('e');
    await terminal.until('machine-2 is busy');
  });

  test('retries the runs that wait, and completes the RMAs there are, with one reason and no parts', async () => {
    const { terminal, backend } = await machines(4);
    for (const at of [1, 2]) {
      const run = repave(`run${at}0000000000000`.slice(0, 16), `machine-${at}`, 2);
      const steps = run.steps.map((step, place) => ({
        ...step,
        ...(place === 2 ? { nextRetryAt: ago(-30_000) } : {}),
      }));
      backend.tellRun({ ...run, steps });
      backend.tellMachine(machine(`machine-${at}`, { phase: Phase.PROVISIONING, activeRunId: run.runId }));
    }
    for (const at of [3, 4]) backend.tellMachine(machine(`machine-${at}`, { phase: Phase.RMA }));
    await terminal.until(/in 30s|in 29s/);
    await terminal.until(/machine-4 +RMA/);
    terminal.press('A');
    await terminal.until('4 marked');
    terminal.press('t');
    await terminal.until('Retry now 2 machines?');
    await terminal.until('Enter press');
    terminal.press('2\r');
    await terminal.until('retry now: 2 of 2 done');
    expect(backend.retried.toSorted()).toEqual(['run1000000000000', 'run2000000000000']);
    terminal.press('d');
    await terminal.until('Complete RMA 2 machines?');
    await terminal.until('Enter press');
    expect(terminal.text).not.toContain('serial');
    terminal.press('\t\t');
    await terminal.until('what was replaced');
    terminal.press('board\t2\r');
    await terminal.until('complete RMA: 2 of 2 done');
    expect(backend.repaired.map(({ values }) => values)).toEqual([{ reason: 'board' }, { reason: 'board' }]);
  });

  test('that none of them can have says so', async () => {
    const { terminal } = await machines(2);
    terminal.press('A');
    await terminal.until('2 marked');
    terminal.press('d');
    await terminal.until('none of the marked machines is in RMA');
    terminal.press('v');
    await terminal.until('none of the marked machines needs intervention');
    terminal.press('t');
    await terminal.until('none of the marked machines has a run that waits for another attempt');
  });
});
