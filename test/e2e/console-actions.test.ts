import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PtyTerminal } from '../support/pty-terminal.ts';
import { ConsoleServer } from './console-server.ts';
import { OWN, startOnTerminal, yes } from './console-terminal.ts';

const HANGING = ['busy-1', 'keep-1'];
const HOLDING = ['held-1', 'held-2'];
const BROKEN = ['broken-1', 'broken-2'];

let server: ConsoleServer;

beforeAll(async () => {
  server = await ConsoleServer.start({
    options: ['--speed', '10'],
    faults: [
      ...HANGING.map((machine) => ({ machine, step: 'repave-image', fault: 'hang', at: '3/6' })),
      ...HOLDING.map((machine) => ({ machine, step: 'repave-image', fault: 'ignore-abort' })),
      ...BROKEN.map((machine) => ({ machine, step: 'set-netboot', fault: 'fail', terminal: true })),
      { machine: 'patient-1', step: 'restart', fault: 'fail', attempts: 1 },
    ],
  });
});

afterAll(() => server.close());

/** A console with its cursor on a new machine; so wide that what it says stands in one row. */
async function on(machineId: string): Promise<PtyTerminal> {
  await server.register(machineId);
  return server.consoleOn(machineId, [], { columns: 200 });
}

/** A console on a new machine that hangs in the middle of a repave. */
async function onBusy(machineId: string): Promise<PtyTerminal> {
  await server.register(machineId);
  await server.startRun(machineId);
  const terminal = await server.consoleOn(machineId, [], { columns: 200 });
  await terminal.until(/repave-image .*\d%/);
  return terminal;
}

/** A console on a new machine whose canceled run does not let go of it. */
async function onHeld(machineId: string): Promise<PtyTerminal> {
  const terminal = await onBusy(machineId);
  terminal.press('c');
  await yes(terminal);
  await terminal.until(/MAINTENANCE .*▲ held by run \w{8}/);
  return terminal;
}

/** Presses each of the keys, and sees that nothing is asked and that the reason is given. */
async function refuses(terminal: PtyTerminal, keys: string, reason: string | RegExp): Promise<void> {
  for (const key of keys) {
    // The prompt takes the toast of the key before away.
    terminal.press('/');
    await terminal.until('apply');
    terminal.press('\x1b');
    await terminal.until((shown) => !shown.includes('apply'));
    expect(terminal.text).not.toMatch(reason);
    terminal.press(key);
    await terminal.until(typeof reason === 'string' ? `▲ ${reason}` : reason);
    expect(terminal.text).not.toContain('Cancel <]');
  }
}

describe('what is asked, and what it does', () => {
  test('r says what it would do; Enter on Cancel and Esc do nothing, y starts it', async () => {
    const terminal = await on('fresh-1');
    terminal.press('r');
    await terminal.until('Repave fresh-1?');
    await terminal.until(/took +(no run of this plan has succeeded so far|.* the median of \d+ runs?)/);
    for (const fact of [
      'fresh-1 · rack r1 · cluster prod-a · FACTORY_READY',
      /plan +repave-join, 5 steps: set-netboot, reboot-to-netboot, repave-image/,
      /destroys +everything on its disk: repave-image writes ubuntu/,
      'FACTORY_READY → PROVISIONING → READY → IN_SERVICE',
      '[> Cancel <]',
    ]) {
      if (typeof fact === 'string') expect(terminal.text).toContain(fact);
      else expect(terminal.text).toMatch(fact);
    }
    await terminal.until('y yes');
    terminal.press('\r');
    await terminal.until((shown) => !shown.includes('Repave fresh-1?'));
    terminal.press('r');
    await terminal.until('y yes');
    terminal.press('\x1b');
    await terminal.until((shown) => !shown.includes('Repave fresh-1?'));
    expect(terminal.text).toContain('fresh-1 has had no run so far');
    terminal.press('r');
    await yes(terminal);
    await terminal.until(/fresh-1 +IN_SERVICE/);
    await terminal.until('repave-join on fresh-1 is done');
  });

  test.each([
    ['b', 'Reboot', 'reboot', 'restarts it'],
    ['u', 'Upgrade', 'upgrade', 'moves its workloads away'],
  ])('%s asks, and starts it', async (key, verb, plan, does) => {
    const terminal = await on(`${plan}-1`);
    terminal.press(key);
    await terminal.until(`${verb} ${plan}-1?`);
    expect(terminal.text).toContain(does);
    // Where something can be typed, y is a letter: the button is pressed.
    await terminal.until(/Esc cancel/);
    terminal.press('\x1b[C');
    await terminal.until(`[> ${verb} <]`);
    terminal.press('\r');
    await terminal.until(/run \w{8} accepted|is done/);
    await terminal.until(`${plan} on ${plan}-1 is done`);
    await terminal.until(/SUCCEEDED after/);
  });

  test('m wants the id typed, and takes no other', async () => {
    const terminal = await on('rma-1');
    terminal.press('m');
    await terminal.until('RMA rma-1?');
    await terminal.until('Esc cancel');
    terminal.press('rma-2');
    await terminal.until('> rma-2');
    terminal.press('\r');
    await terminal.until('type rma-1 to go on');
    terminal.press('\x7f1\r');
    await terminal.until(/rma-1 +RMA /);
  });

  test('w wants a setting, and starts with one', async () => {
    const terminal = await on('net-1');
    terminal.press('w');
    await terminal.until('Net-reconfig net-1?');
    await terminal.until('Esc cancel');
    terminal.press('\x1b[C');
    await terminal.until('[> Net-reconfig <]');
    terminal.press('\r');
    await terminal.until('fill in at least one setting');
    terminal.press('198.51.100.7/24');
    await terminal.until(/address +198\.51\.100\.7\/24/);
    for (let field = 0; field < 5; field++) terminal.press('\r');
    await terminal.until('[> Cancel <]');
    terminal.press('\x1b[C');
    await terminal.until('[> Net-reconfig <]');
    terminal.press('\r');
    await terminal.until('net-reconfig on net-1 is done');
  });

  test('c says what is left behind; Esc keeps it running, y cancels it', async () => {
    const terminal = await onBusy('keep-1');
    terminal.press('c');
    await terminal.until(/Cancel run \w{8} on keep-1\?/);
    expect(terminal.text).toMatch(/at +repave-image, step 3 of 5/);
    expect(terminal.text).toContain('left half written');
    await terminal.until('y yes');
    terminal.press('\x1b');
    await terminal.until((shown) => !shown.includes('Keep it running'));
    expect(terminal.text).toMatch(/keep-1 +PROVISIONING/);
    terminal.press('c');
    await yes(terminal);
    await terminal.until(/run \w{8} canceled; keep-1 needs intervention/);
    await terminal.until(/keep-1 +MAINTENANCE/);
    await terminal.until(/CANCELED after .* by /);
  });

  test('t skips a back-off of ten minutes', async () => {
    await server.client.plans.createPlan({
      requestId: 'patient',
      reason: 'its back-off is longer than any test',
      source: {
        form: {
          case: 'plan',
          value: {
            planId: 'plan/patient',
            displayName: 'Patient',
            steps: [
              {
                name: 'restart',
                kind: { case: 'reboot', value: {} },
                maxRetries: 1,
                retry: { initial: { seconds: 600n }, cap: { seconds: 600n }, jitter: false },
              },
            ],
          },
        },
      },
    });
    await server.register('patient-1');
    await server.startRun('patient-1', 'plan/patient');
    const terminal = await server.consoleOn('patient-1', [], { columns: 200 });
    await terminal.until(/↻ restart .* attempt 2 of 2 in (9m|10m)/);
    await terminal.until('t retry now');
    terminal.press('t');
    await terminal.until(/run \w{8} tries again now/);
    await terminal.until(/✓ restart .* at attempt 2 of 2/);
    await terminal.until('SUCCEEDED after');
  });

  test('e takes a machine out of service for a reason, and puts it back', async () => {
    const terminal = await on('out-1');
    terminal.press('e');
    await terminal.until('Take out-1 out of service?');
    await terminal.until('Esc cancel');
    terminal.press('\x1b[C');
    await terminal.until('[> Take out <]');
    terminal.press('\r');
    await terminal.until('say the reason to go on');
    terminal.press('a fan is loud\r');
    await terminal.until(/out-1 +MAINTENANCE/);
    terminal.press('e');
    await terminal.until('Put out-1 back?');
    await terminal.until('Esc cancel');
    terminal.press('the fan is new\r');
    await terminal.until(/out-1 +FACTORY_READY/);
  });

  test('v says that somebody has looked; then a repave is not asked about twice', async () => {
    await server.register('broken-1');
    await server.carryOut('broken-1');
    const terminal = await server.consoleOn('broken-1', [], { columns: 200 });
    await terminal.until(/broken-1 +MAINTENANCE .*▲/);
    terminal.press('v');
    await terminal.until('Resolve broken-1?');
    await terminal.until('Esc cancel');
    terminal.press('the cable was loose\r');
    await terminal.until('broken-1 is MAINTENANCE');
    await terminal.until((shown) => !/broken-1 +MAINTENANCE .*▲/.test(shown));
    terminal.press('r');
    await terminal.until('Repave broken-1?');
    expect(terminal.text).not.toContain('Acknowledge');
  });

  test('v frees a machine that a call holds', async () => {
    const terminal = await onHeld('held-1');
    terminal.press('v');
    await terminal.until('Free held-1 by hand?');
    expect(terminal.text).toMatch(/if it still works .*\n.*on the hardware, two will/);
    await terminal.until('Esc cancel');
    terminal.press('its power is off\r');
    await terminal.until((shown) => !shown.includes('held by run'));
  });

  test('d puts new hardware under the old name', async () => {
    await server.register('new-1');
    await server.carryOut('new-1', 'plan/rma');
    const terminal = await server.consoleOn('new-1', [], { columns: 200 });
    await terminal.until(/new-1 +RMA /);
    terminal.press('d');
    await terminal.until('Complete the RMA of new-1?');
    await terminal.until('Esc cancel');
    terminal.press('memory replaced');
    await terminal.until(/reason +memory replaced/);
    terminal.press('\tSN-4711');
    await terminal.until(/serial +SN-4711/);
    terminal.press('\t\t\t\t');
    await terminal.until('[> Complete <]');
    terminal.press('\r');
    await terminal.until(/new-1 +FACTORY_READY/);
    await terminal.until('SN-4711');
  });
});

describe('what is not possible says why', () => {
  test('on a machine that is busy', async () => {
    const terminal = await onBusy('busy-1');
    await refuses(terminal, 'rbmuw', /busy-1 is busy with repave-join, run \w{8}: c cancels it/);
    await refuses(terminal, 'e', 'busy-1 is busy with repave-join: c cancels it');
    await refuses(terminal, 't', 'the run of busy-1 does not wait for another attempt');
    await refuses(terminal, 'v', 'busy-1 needs no intervention');
    await refuses(terminal, 'd', 'busy-1 is not in RMA: m begins one');
  });

  test('on a machine that has nothing to do', async () => {
    const terminal = await on('idle-1');
    await refuses(terminal, 'c', 'idle-1 has no run to cancel');
    await refuses(terminal, 't', 'idle-1 has no run that waits for another attempt');
    await refuses(terminal, 'v', 'idle-1 needs no intervention');
    await refuses(terminal, 'd', 'idle-1 is not in RMA: m begins one');
  });

  test('on a machine that a call holds', async () => {
    const terminal = await onHeld('held-2');
    await refuses(terminal, 'rbmuw', /held-2 is held: the last call of run \w{8} has not returned yet/);
    await refuses(terminal, 'e', /held-2 is held by the last call of run \w{8}: v frees it/);
    await refuses(terminal, 'c', 'held-2 has no run to cancel');
  });

  test('on a machine that needs intervention', async () => {
    await server.register('broken-2');
    await server.carryOut('broken-2');
    const terminal = await server.consoleOn('broken-2', [], { columns: 200 });
    await refuses(terminal, 'e', 'broken-2 needs intervention: v says that you have looked');
  });

  test('on a machine in RMA, and on one that is retired', async () => {
    await server.register('rma-3', 'old-1');
    await server.carryOut('rma-3', 'plan/rma');
    await server.client.machines.retireMachine({ machineId: 'old-1', requestId: 'old', reason: 'ten years' });
    const waiting = await server.consoleOn('rma-3', [], { columns: 200 });
    await refuses(waiting, 'rbmuw', 'rma-3 is in RMA: it waits for new hardware');
    await refuses(waiting, 'e', 'rma-3 is in RMA: it waits for new hardware, d says that it is there');
    const old = await server.consoleOn('old-1', [], { columns: 200 });
    await refuses(old, 'rbmuw', 'old-1 is retired: nothing runs on it');
    await refuses(old, 'e', 'old-1 is retired: it is out of service for good');
  });

  test('where there is no machine at all', async () => {
    const terminal = await startOnTerminal(OWN, { columns: 200 });
    await terminal.until('memory');
    terminal.press('r');
    await terminal.until('no machine is selected');
  });

  test('in a read-only console every one of them says so, and none is offered', async () => {
    await server.register('still-1');
    const terminal = await server.consoleOn('still-1', ['--read-only'], { columns: 200 });
    expect(terminal.rows[0]).toContain('read-only');
    expect(terminal.rows.at(-1)).not.toMatch(/repave|reboot|RMA|cancel|upgrade|mark|maintenance/);
    await refuses(terminal, 'rbmuwcevd', 'read-only: started with --read-only');
    terminal.press('?');
    await terminal.until('Esc closes');
    expect(terminal.text).not.toContain('write a fresh image');
  });
});
