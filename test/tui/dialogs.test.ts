import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import type { PreviewRunResponse } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import { DurationEstimateSchema, PreviewRunResponseSchema } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import { BackendDouble } from './backend-double.ts';
import type { OpenConsole } from './open-console.ts';
import { openConsole } from './open-console.ts';
import { ago, machine, plans, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';
const RIGHT = '\x1b[C';
const LEFT = '\x1b[D';
const SHIFT_TAB = '\x1b[Z';

async function oneMachine(status: Parameters<typeof machine>[1] = {}, options: OpenConsole = {}) {
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

describe('the question before a repave', () => {
  test('names machine, plan, what is lost and the phases, with its focus on Cancel', async () => {
    const { terminal } = await opened('r', { phase: Phase.IN_SERVICE });
    expect(terminal.text).toContain('Repave machine-1?');
    expect(terminal.text).toMatch(/machine +machine-1 · rack r1 · cluster prod-a · IN_SERVICE/);
    expect(terminal.text).toMatch(/plan +repave-join, 5 steps: set-netboot/);
    expect(terminal.text).toMatch(/destroys +everything on its disk: repave-image writes ubuntu:22\.04-k8s/);
    expect(terminal.text).toMatch(/phase +IN_SERVICE → PROVISIONING → READY → IN_SERVICE/);
    expect(terminal.text).toContain('[> Cancel <]');
    expect(terminal.rows.at(-1)).toBe(' Tab move  Enter press  Esc cancel  y yes');
  });

  test.each([
    ['Enter', '\r'],
    ['Esc', '\x1b'],
  ])('is answered with no by %s', async (_name, key) => {
    const { terminal, backend } = await opened('r');
    terminal.press(key);
    await terminal.until((text) => !text.includes('Repave machine-1?'));
    expect(backend.started).toEqual([]);
  });

  test.each([
    ['y', 'y'],
    ['right and Enter', `${RIGHT}\r`],
    ['left and Enter', `${LEFT}\r`],
    ['Tab and Enter', '\t\r'],
    ['Shift-Tab and Enter', `${SHIFT_TAB}\r`],
  ])('is answered with yes by %s', async (_name, keys) => {
    const { terminal, backend } = await opened('r');
    terminal.press(keys);
    await terminal.until('run 7f3a91kq accepted');
    expect(backend.started).toMatchObject([
      { machineId: 'machine-1', planId: 'plan/repave-join', type: 'REPAVE', acknowledgeIntervention: false },
    ]);
    expect(backend.started[0]?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('goes round with its focus', async () => {
    const { terminal } = await opened('r');
    terminal.press('\t');
    await terminal.until('[> Repave <]');
    terminal.press('\t');
    await terminal.until('[> Cancel <]');
  });

  test('says it when the machine changes while somebody reads, and stays', async () => {
    const { terminal, backend } = await opened('r');
    backend.tellMachine(machine('machine-1', { phase: Phase.PROVISIONING, activeRunId: RUN }));
    await terminal.until('machine-1 has changed since this was shown: it is PROVISIONING now.');
    expect(terminal.text).toContain('[> Cancel <]');
  });

  test('stays with what the server says against it, and asks again with the same request id', async () => {
    const { terminal, backend } = await opened('r');
    backend.onStart = () => Promise.reject(new Error('machine machine-1 is busy with run abc'));
    terminal.press('y');
    await terminal.until('▲ Machine machine-1 is busy with run abc');
    backend.onStart = () => repave(RUN, 'machine-1', 0);
    terminal.press('y');
    await terminal.until('run 7f3a91kq accepted');
    expect(new Set(backend.started.map(({ requestId }) => requestId)).size).toBe(1);
  });

  test('takes no key while the server has not answered', async () => {
    const { terminal, backend } = await opened('r');
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof repave>>();
    backend.onStart = () => promise;
    terminal.press('y');
    await terminal.until('asking the server');
    terminal.press('y\r\x1b');
    terminal.press('y');
    resolve(repave(RUN, 'machine-1', 0));
    await terminal.until('accepted');
    expect(backend.started).toHaveLength(1);
  });
});

describe('what the server says that a run would do', () => {
  const preview = (init: MessageInitShape<typeof PreviewRunResponseSchema> = {}): PreviewRunResponse =>
    create(PreviewRunResponseSchema, {
      machine: machine('machine-1', { phase: Phase.IN_SERVICE }),
      plan: plans()[0]!,
      params: { image_ref: 'ubuntu:24.04', cluster_id: 'prod-b' },
      phaseBefore: Phase.IN_SERVICE,
      phaseAfter: Phase.IN_SERVICE,
      estimate: create(DurationEstimateSchema, { median: durationFromMs(3_400), samples: 14, model: 'R650' }),
      previewToken: 'token-1',
      ...init,
    });

  test('is what the dialog says, and what is started', async () => {
    const { terminal, backend } = await oneMachine();
    backend.onPreview = () => Promise.resolve(preview());
    terminal.press('r');
    await terminal.until(/took +3\.4s on R650, the median of 14 runs/);
    expect(terminal.text).toContain('repave-image writes ubuntu:24.04');
    expect(terminal.text).toMatch(/with +image_ref=ubuntu:24\.04 cluster_id=prod-b/);
    await terminal.until('y yes');
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started).toMatchObject([{ previewToken: 'token-1', params: {} }]);
  });

  test('names what speaks against it', async () => {
    const { terminal, backend } = await oneMachine();
    const gates = [{ reason: 'CONTROL_PLANE', passed: false, message: 'without it there is no majority' }];
    backend.onPreview = () => Promise.resolve(preview({ gates }));
    terminal.press('r');
    await terminal.until(/attention +without it there is no majority/);
  });

  test('is asked for again where it no longer holds', async () => {
    const { terminal, backend } = await oneMachine();
    backend.onPreview = () => Promise.resolve(preview());
    backend.onStart = () =>
      Promise.reject(Object.assign(new Error('the machine has changed'), { reason: 'PREVIEW_STALE' }));
    terminal.press('r');
    await terminal.until('the median of 14 runs');
    await terminal.until('y yes');
    backend.onPreview = () => Promise.resolve(preview({ previewToken: 'token-2', estimate: { samples: 0 } }));
    terminal.press('y');
    await terminal.until('▲ The machine has changed');
    await terminal.until('no run of this plan has succeeded so far');
    await terminal.until('y yes');
    backend.onStart = () => repave(RUN, 'machine-1', 0);
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started.map(({ previewToken }) => previewToken)).toEqual(['token-1', 'token-2']);
  });
});

describe('questions that ask for params', () => {
  test('an upgrade takes the version that is typed', async () => {
    const { terminal, backend } = await opened('u');
    expect(terminal.text).toMatch(/version +1\.31_+/);
    terminal.press('\t\t');
    await terminal.until('the Kubernetes version to upgrade to');
    terminal.press('\x151.32');
    await terminal.until(/version +1\.32/);
    terminal.press('\r');
    await terminal.until('[> Cancel <]');
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started).toMatchObject([{ type: 'UPGRADE', params: { version: '1.32' } }]);
  });

  test('what is left as it is, is not sent', async () => {
    const { terminal, backend } = await opened('u');
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started).toMatchObject([{ type: 'UPGRADE', params: {} }]);
  });

  test('a network configuration without a setting is none', async () => {
    const { terminal, backend } = await opened('w');
    terminal.press('y');
    await terminal.until('▲ fill in at least one setting');
    await terminal.until('the MTU in bytes');
    terminal.press('1500');
    await terminal.until(/mtu +1500/);
    terminal.press('\t');
    await terminal.until('[> Cancel <]');
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started).toMatchObject([{ type: 'NET_RECONFIG', params: { mtu: '1500' } }]);
  });
});

test('t skips the back-off, and is offered while there is one', async () => {
  const { terminal, backend } = await oneMachine({ phase: Phase.PROVISIONING, activeRunId: RUN });
  const run = repave(RUN, 'machine-1', 2);
  backend.tellRun(run);
  await terminal.until('Run 7f3a91kq');
  expect(terminal.text).not.toContain('retry now');
  const steps = run.steps.map((step, at) => ({ ...step, ...(at === 2 ? { nextRetryAt: ago(-30_000) } : {}) }));
  backend.tellRun(repave(RUN, 'machine-1', 2, { steps }));
  await terminal.until('t retry now');
  terminal.press('t');
  await terminal.until('run 7f3a91kq tries again now');
  expect(backend.retried).toEqual([RUN]);
});

describe('after a failure', () => {
  const failed = {
    phase: Phase.MAINTENANCE,
    conditions: [
      {
        type: 'NeedsIntervention',
        status: true,
        message: 'verify-in-cluster failed: NotReady',
        lastTransitionTime: ago(0),
      },
    ],
  };

  test('the question says why somebody has to look, and offers to acknowledge', async () => {
    const { terminal, backend } = await opened('r', failed);
    expect(terminal.text).toMatch(/attention +needs intervention since \d\d:\d\d:\d\d: verify-in-cluster failed:/);
    expect(terminal.text).toContain('Acknowledge and repave');
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started[0]?.acknowledgeIntervention).toBe(true);
  });

  test('an RMA needs no acknowledgement', async () => {
    const { terminal } = await opened('m', failed);
    expect(terminal.text).not.toContain('cknowledge');
  });

  test('the question comes once more where only the server knows of it', async () => {
    const { terminal, backend } = await opened('b');
    backend.onStart = () =>
      Promise.reject(
        Object.assign(new Error('machine machine-1 needs intervention: why'), { reason: 'NEEDS_INTERVENTION' }),
      );
    terminal.press('y');
    await terminal.until('Acknowledge and reboot');
    await terminal.until('y yes');
    expect(terminal.text).toContain('[> Cancel <]');
    backend.onStart = () => repave(RUN, 'machine-1', 0);
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started.map(({ acknowledgeIntervention }) => acknowledgeIntervention)).toEqual([false, true]);
  });

  test('it comes once more where a control plane would lose its majority', async () => {
    const { terminal, backend } = await opened('b');
    backend.onStart = () =>
      Promise.reject(Object.assign(new Error('without it there is no majority'), { reason: 'CONTROL_PLANE' }));
    terminal.press('y');
    await terminal.until('Acknowledge and reboot');
    await terminal.until('y yes');
    expect(terminal.text).toMatch(/attention +Without it there is no majority/);
    backend.onStart = () => repave(RUN, 'machine-1', 0);
    terminal.press('y');
    await terminal.until('accepted');
    expect(backend.started.map(({ acknowledgeCluster }) => acknowledgeCluster)).toEqual([false, true]);
    expect(backend.started[1]?.acknowledgeIntervention).toBe(false);
  });
});

describe('the question before an RMA', () => {
  test('wants the id typed: y is a letter, and a wrong text goes nowhere', async () => {
    const { terminal, backend } = await opened('m');
    expect(terminal.rows.at(-1)).toBe(' Tab move  Enter press  Esc cancel');
    terminal.press('y\r');
    await terminal.until('▲ type machine-1 to go on');
    terminal.press('\x15machine-1');
    await terminal.until('> machine-1');
    expect(terminal.text).not.toContain('▲ type');
    expect(backend.started).toEqual([]);
    terminal.press('\r');
    await terminal.until('accepted');
    expect(backend.started).toMatchObject([{ type: 'RMA', planId: 'plan/rma' }]);
  });

  test('has its focus on Cancel until something is typed', async () => {
    const { terminal, backend } = await opened('m');
    expect(terminal.text).toContain('[> Cancel <]');
    terminal.press('\r');
    await terminal.until((text) => !text.includes('RMA machine-1?'));
    expect(backend.started).toEqual([]);
  });

  test('takes a paste into its field, but no Enter from it', async () => {
    const { terminal, backend } = await opened('m');
    terminal.paste('machine-1\r\n');
    await terminal.until('> machine-1');
    terminal.press('\t');
    await terminal.until('[> Cancel <]');
    expect(backend.started).toEqual([]);
  });

  test('moves through field and buttons with Tab, and edits in the field', async () => {
    const { terminal } = await opened('m');
    terminal.press('machinX');
    terminal.press(LEFT);
    terminal.press('\x1b[3~');
    terminal.press('e-1');
    await terminal.until('> machine-1');
    terminal.press('\t\t');
    await terminal.until('[> RMA <]');
    terminal.press('\t');
    await terminal.until((text) => !text.includes('[> '));
  });
});

describe('the question before a cancel', () => {
  const busy = { phase: Phase.PROVISIONING, activeRunId: RUN };

  test('names run, step and what becomes of the machine', async () => {
    const { terminal, backend } = await oneMachine(busy);
    backend.tellRun(repave(RUN, 'machine-1', 2));
    await terminal.until('Run 7f3a91kq');
    terminal.press('c');
    await terminal.until('Enter press');
    expect(terminal.text).toContain('Cancel run 7f3a91kq on machine-1?');
    expect(terminal.text).toMatch(/at +repave-image, step 3 of 5/);
    expect(terminal.text).toContain('machine-1 goes to MAINTENANCE');
    expect(terminal.text).toContain('half written');
    expect(terminal.text).toContain('[> Keep it running <]');
    terminal.press('y');
    await terminal.until('run 7f3a91kq canceled; machine-1 needs intervention');
    expect(backend.canceled).toEqual([RUN]);
  });

  test('an answer that is older than what the watch told does not undo it', async () => {
    const { terminal, backend } = await oneMachine(busy);
    backend.tellRun(repave(RUN, 'machine-1', 2));
    await terminal.until('Run 7f3a91kq');
    const answer = Promise.withResolvers<ReturnType<typeof repave>>();
    backend.onCancel = () => answer.promise;
    terminal.press('c');
    await terminal.until('y yes');
    terminal.press('y');
    backend.tellRun(repave(RUN, 'machine-1', 2, { phase: 5, finishedAt: ago(0), stopping: false }), 'STOPPED');
    await terminal.until('CANCELED after');
    answer.resolve(repave(RUN, 'machine-1', 2, { phase: 5, finishedAt: ago(0), stopping: true }));
    await terminal.until('canceled; machine-1');
    expect(terminal.text).not.toContain('has not returned');
  });
});

describe('what is not possible says why', () => {
  test.each([
    ['r', { activeRunId: RUN }, 'machine-1 is busy'],
    ['b', { stoppingRunId: RUN }, 'machine-1 is held: the last call of run 7f3a91kq has not returned yet'],
    ['r', { phase: Phase.RMA }, 'machine-1 is in RMA: it waits for new hardware'],
    ['m', { phase: Phase.RETIRED }, 'machine-1 is retired'],
    ['c', {}, 'machine-1 has no run to cancel'],
  ])('%s on %j', async (key, status, why) => {
    const { terminal, backend } = await oneMachine(status);
    terminal.press(key);
    await terminal.until(why);
    expect(terminal.text).not.toContain('Enter press');
    expect([backend.started, backend.canceled]).toEqual([[], []]);
  });

  test('without machines', async () => {
    const { terminal } = openConsole();
    await terminal.until('No machines yet.');
    terminal.press('r');
    await terminal.until('no machine is selected');
  });

  test('in a read-only console, where the keys are not offered either', async () => {
    const { terminal, backend } = await oneMachine({}, { readOnly: true });
    expect(terminal.rows[0]).toContain('read-only');
    expect(terminal.rows.at(-1)).toBe(' / filter  s sort  f phases  y copy  : command  x calls  ? help  q quit');
    terminal.press('r');
    await terminal.until('read-only: started with --read-only');
    terminal.press('?');
    await terminal.until('Keys');
    expect(terminal.text).not.toContain('repave');
    expect(backend.started).toEqual([]);
  });
});
