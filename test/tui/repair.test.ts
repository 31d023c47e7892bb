import { describe, expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { machine } from './samples.ts';

const INTERVENTION = { type: 'NeedsIntervention', status: true, message: 'verify failed: NotReady' };
const RUN = '7f3a91kq00000000';

async function oneMachine(status: Parameters<typeof machine>[1] = {}, options: Parameters<typeof openConsole>[0] = {}) {
  const backend = new BackendDouble([machine('machine-1', status)]);
  const under = openConsole({ backend, ...options });
  await under.terminal.until('machine-1');
  await under.terminal.until('memory');
  return under;
}

async function opened(key: string, status: Parameters<typeof machine>[1] = {}) {
  const under = await oneMachine(status);
  under.terminal.press(key);
  await under.terminal.until('Enter press');
  return under;
}

describe('e', () => {
  test('takes a machine out of service, once a reason is given', async () => {
    const { terminal, backend } = await opened('e', { phase: Phase.IN_SERVICE });
    expect(terminal.text).toContain('Take machine-1 out of service?');
    expect(terminal.text).toContain('[> Cancel <]');
    terminal.press('\t');
    await terminal.until('[> Take out <]');
    terminal.press('\r');
    await terminal.until('▲ say the reason to go on');
    // y is a letter of the reason.
    terminal.press('yes, the PDU');
    await terminal.until(/reason +yes, the PDU +_/);
    terminal.press('\r');
    await terminal.until('machine-1 is MAINTENANCE');
    expect(backend.repaired).toEqual([
      {
        target: expect.objectContaining({ what: 'enter-maintenance', machineId: 'machine-1' }),
        values: { reason: 'yes, the PDU' },
      },
    ]);
    expect(backend.repaired[0]?.target.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('puts it back where its conditions say', async () => {
    const conditions = [
      { type: 'OperatorMaintenance', status: true },
      { type: 'Provisioned', status: true },
    ];
    const { terminal, backend } = await opened('e', { phase: Phase.MAINTENANCE, conditions });
    expect(terminal.text).toContain('Put machine-1 back?');
    expect(terminal.text).toMatch(/then +READY, as its conditions say/);
    backend.onRepair = () => Promise.reject(new Error('machine machine-1 is busy'));
    terminal.press('power is back\r');
    await terminal.until('▲ Machine machine-1 is busy');
    backend.onRepair = ({ machineId }) => machine(machineId, { phase: Phase.READY });
    terminal.press('\t\t\r');
    await terminal.until('machine-1 is READY');
    // The same request once more: an answer that was lost does nothing twice.
    expect(new Set(backend.repaired.map(({ target }) => target.requestId)).size).toBe(1);
  });

  test.each([
    [{ activeRunId: RUN, phase: Phase.PROVISIONING }, 'machine-1 is busy'],
    [
      { stoppingRunId: RUN, phase: Phase.MAINTENANCE },
      'machine-1 is held by the last call of run 7f3a91kq: v frees it',
    ],
    [{ phase: Phase.RMA }, 'machine-1 is in RMA: it waits for new hardware'],
    [{ phase: Phase.RETIRED }, 'machine-1 is retired'],
    [
      { phase: Phase.MAINTENANCE, conditions: [INTERVENTION] },
      'machine-1 needs intervention: v says that you have looked',
    ],
  ])('says why not: %j', async (status, sentence) => {
    const { terminal, backend } = await oneMachine(status);
    terminal.press('e');
    await terminal.until(sentence);
    expect(backend.repaired).toEqual([]);
  });
});

describe('v', () => {
  test('says that somebody has looked, and shows at what', async () => {
    const { terminal, backend } = await opened('v', { phase: Phase.MAINTENANCE, conditions: [INTERVENTION] });
    expect(terminal.text).toMatch(/because +verify failed: NotReady/);
    terminal.press('reseated the NIC');
    await terminal.until(/reseated the NIC +_/);
    terminal.press('\r');
    await terminal.until('machine-1 is MAINTENANCE');
    expect(backend.repaired[0]?.target.what).toBe('resolve');
  });

  test('frees a machine that a call holds, with what that means in red', async () => {
    const { terminal, backend } = await opened('v', { phase: Phase.MAINTENANCE, stoppingRunId: RUN });
    expect(terminal.text).toContain('Free machine-1 by hand?');
    expect(terminal.text).toContain('Going on says that nothing works on it any more.');
    terminal.press('power is cut');
    await terminal.until(/power is cut +_/);
    terminal.press('\r');
    await terminal.until('machine-1 is MAINTENANCE');
    expect(backend.repaired[0]?.target.what).toBe('release-stuck');
  });

  test('says where there is nothing to resolve', async () => {
    const { terminal } = await oneMachine({ phase: Phase.IN_SERVICE });
    terminal.press('v');
    await terminal.until('machine-1 needs no intervention');
  });
});

describe('d', () => {
  test('asks for what is new of the hardware', async () => {
    const { terminal, backend } = await opened('d', { phase: Phase.RMA });
    expect(terminal.text).toContain('Complete the RMA of machine-1?');
    terminal.press('new board');
    await terminal.until(/new board +_/);
    terminal.press('\t');
    await terminal.until('before: SN-machine-1');
    terminal.press('S-2\t');
    await terminal.until('before: 02:00:00:00:00:01');
    terminal.press('02:aa:00:00:00:01 02:aa:00:00:00:02\t\t\t');
    await terminal.until('[> Complete <]');
    backend.onRepair = ({ machineId }) => machine(machineId, { phase: Phase.FACTORY_READY });
    terminal.press('\r');
    await terminal.until('machine-1 is FACTORY_READY');
    expect(backend.repaired[0]).toMatchObject({
      target: { what: 'complete-rma' },
      values: { reason: 'new board', serial: 'S-2', macs: '02:aa:00:00:00:01 02:aa:00:00:00:02' },
    });
  });

  test('says where no hardware is awaited', async () => {
    const { terminal } = await oneMachine();
    terminal.press('d');
    await terminal.until('machine-1 is not in RMA: m begins one');
  });
});

test('a read-only console offers none of it, and says why', async () => {
  const { terminal } = await oneMachine({ phase: Phase.IN_SERVICE }, { readOnly: true });
  for (const key of ['e', 'v', 'd']) {
    terminal.press(key);
    await terminal.until('read-only: started with --read-only');
  }
  expect(terminal.text).not.toContain('maintenance');
});
