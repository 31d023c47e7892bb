import { describe, expect, it } from 'vitest';
import {
  accepted,
  aMachine,
  announced,
  aPlanOf,
  applied,
  attempted,
  begun,
  builtIn,
  CUT_OFF,
  conditions,
  DONE,
  due,
  ended,
  FLAKED,
  later,
  machineOf,
  REFUSED,
  stepOf,
  T0,
  TIMED_OUT,
  theRun,
  trueConditions,
  UNKNOWN,
} from '../testing.ts';
import type { Announce } from './attempt.ts';
import { decideBegin, decideIntent, decideOutcome, decideStopped } from './attempt.ts';
import { decideCancel } from './cancel-run.ts';
import { decideFinish } from './finish.ts';

const RUN = 'run0000000000001';
const NOTHING = { kind: 'decision', events: [], request: null };
const PROBED_DONE = { kind: 'probed-done', message: 'it is on' } as const;

const NETBOOT = aPlanOf({}, {});

describe('what the owner of a run does next', () => {
  it('begins a PENDING run', () => {
    expect(due(accepted(NETBOOT))).toEqual({ kind: 'start' });
  });

  it('makes the first attempt of the first step', () => {
    expect(due(begun(accepted(NETBOOT)))).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
  });

  it('makes the same attempt again where its intent has become stale', () => {
    const calling = announced(begun(accepted(NETBOOT)));
    expect(due(calling)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
    expect(stepOf(announced(calling), 0)).toMatchObject({ attempt: 1, intent: { fence: 1 } });
  });

  it('records the interruption first where the intent is of an owner that is gone', () => {
    expect(due(announced(begun(accepted(NETBOOT))), 2)).toEqual({ kind: 'record-interruption', step: 0 });
  });

  it('goes to the next step once the one before it has succeeded', () => {
    expect(due(attempted(begun(accepted(NETBOOT)), DONE))).toEqual({
      kind: 'attempt',
      step: 1,
      attempt: 1,
      probe: false,
    });
  });

  it('waits in back-off, and makes the next attempt when it is over', () => {
    const failed = attempted(begun(accepted(NETBOOT)), FLAKED);
    const until = failed.now + 500;
    expect(due(failed)).toEqual({ kind: 'wait', until });
    expect(due(failed, 1, until - 1)).toEqual({ kind: 'wait', until });
    expect(due(failed, 1, until)).toEqual({ kind: 'attempt', step: 0, attempt: 2, probe: false });
  });

  it('asks the hardware first where nobody knows what happened', () => {
    expect(due(attempted(begun(accepted(NETBOOT)), UNKNOWN))).toEqual({
      kind: 'attempt',
      step: 0,
      attempt: 1,
      probe: true,
    });
  });

  it('ends the run once every step has succeeded', () => {
    expect(due(attempted(attempted(begun(accepted(NETBOOT)), DONE), DONE))).toEqual({ kind: 'finish' });
  });

  it('lets go of the machine where the run has ended and no call of its own is under way', () => {
    const calling = announced(begun(accepted(NETBOOT)));
    const canceled = applied(calling, decideCancel(calling, { runId: RUN, by: 'bob', reason: '' }));
    expect(due(canceled)).toEqual({ kind: 'record-stop' });
    expect(due(canceled, 2)).toEqual({ kind: 'record-stop' });
    expect(due(applied(canceled, decideStopped(canceled, RUN)))).toEqual({ kind: 'nothing' });
  });

  it('does nothing for a run that has ended and holds nothing', () => {
    expect(due(attempted(begun(accepted(NETBOOT)), REFUSED))).toEqual({ kind: 'nothing' });
  });
});

describe('the beginning of a run', () => {
  it('makes it RUNNING, once', () => {
    const running = begun(later(accepted(NETBOOT), 5));
    expect(theRun(running)).toMatchObject({ phase: 'RUNNING', startedAt: T0 + 1_005, currentStep: -1 });
    expect(decideBegin(running, RUN)).toEqual(NOTHING);
  });
});

describe('an intent', () => {
  const running = begun(accepted(NETBOOT));
  const announce: Announce = { runId: RUN, step: 0, attempt: 1, probe: false, fence: 1 };

  it('is step, attempt, fence and deadline, before the call is made', () => {
    const calling = applied(later(running, 10), decideIntent(later(running, 10), announce));
    expect(theRun(calling)).toMatchObject({ phase: 'RUNNING', currentStep: 0 });
    expect(stepOf(calling, 0)).toMatchObject({
      state: 'RUNNING',
      attempt: 1,
      startedAt: T0 + 1_010,
      intent: { fence: 1, deadline: T0 + 1_010 + 60_000, probe: false },
    });
    expect(decideIntent(running, announce).events).toMatchObject([{ message: 'step-0 begins, attempt 1 of 2' }]);
  });

  it('keeps the time at which the step began, over all its attempts', () => {
    const second = announced(attempted(running, FLAKED));
    expect(stepOf(second, 0)).toMatchObject({ attempt: 2, startedAt: T0 + 1_000, nextRetryAt: null });
  });

  it.each<[string, Partial<Announce>]>([
    ['a step whose predecessor has not succeeded', { step: 1 }],
    ['a step that the plan does not have', { step: 2 }],
    ['an attempt that is not the next one', { attempt: 2 }],
    ['a probe that nothing asks for', { probe: true }],
  ])('is not given for %s', (_, wrong) => {
    expect(decideIntent(running, { ...announce, ...wrong })).toEqual(NOTHING);
  });

  it('is not given for a step that has succeeded', () => {
    expect(decideIntent(attempted(running, DONE), announce)).toEqual(NOTHING);
    expect(decideIntent(attempted(running, DONE), { ...announce, attempt: 2 })).toEqual(NOTHING);
  });

  it('is not given without the probe that is due', () => {
    expect(decideIntent(attempted(running, UNKNOWN), announce)).toEqual(NOTHING);
  });

  it('is not given over the intent of an owner that is gone: that one is recorded first', () => {
    const calling = announced(running);
    expect(decideIntent(calling, { ...announce, fence: 2 })).toEqual(NOTHING);
  });

  it('is not given for a run that is not RUNNING', () => {
    const canceled = applied(running, decideCancel(running, { runId: RUN, by: 'bob', reason: '' }));
    expect(decideIntent(accepted(NETBOOT), announce)).toEqual(NOTHING);
    expect(decideIntent(canceled, announce)).toEqual(NOTHING);
    expect(decideIntent(running, { ...announce, runId: 'none' })).toEqual(NOTHING);
  });
});

describe('a step that is done', () => {
  it('is SUCCEEDED, and tells what the provider told', () => {
    const done = attempted(begun(accepted(NETBOOT)), { kind: 'done', message: 'pxe is set' });
    expect(stepOf(done, 0)).toMatchObject({
      state: 'SUCCEEDED',
      message: 'pxe is set',
      intent: null,
      finishedAt: T0 + 1_000,
    });
    expect(stepOf(done, 1).state).toBe('WAITING');
  });

  it('is never told with an empty event', () => {
    const calling = announced(begun(accepted(NETBOOT)));
    for (const outcome of [DONE, FLAKED, REFUSED, UNKNOWN, TIMED_OUT, CUT_OFF]) {
      const mute = { ...outcome, message: '' };
      const { events } = decideOutcome(calling, { runId: RUN, fence: 1, outcome: mute }, 0.5);
      expect(events[0]?.message).toMatch(/^step-0: .*\w$/);
    }
  });
});

describe('the good end of a run', () => {
  const done = attempted(attempted(begun(accepted(NETBOOT)), DONE), DONE);

  it('is SUCCEEDED, and gives the machine back', () => {
    const succeeded = applied(done, decideFinish(done, RUN));
    expect(theRun(succeeded)).toMatchObject({ phase: 'SUCCEEDED', error: null, stopping: false });
    expect(machineOf(succeeded)).toMatchObject({ phase: 'FACTORY_READY', activeRunId: null, lastSeenAt: T0 + 1_000 });
  });

  it('is not decided before every step has succeeded', () => {
    const half = attempted(begun(accepted(NETBOOT)), DONE);
    expect(decideFinish(half, RUN)).toEqual(NOTHING);
    expect(decideFinish(announced(half), RUN)).toEqual(NOTHING);
    expect(decideFinish(accepted(NETBOOT), RUN)).toEqual(NOTHING);
  });

  it('is decided once', () => {
    expect(decideFinish(applied(done, decideFinish(done, RUN)), RUN)).toEqual(NOTHING);
  });

  it.each([
    ['repave-join', 'IN_SERVICE', ['InCustomerCluster', 'Provisioned']],
    ['rma', 'RMA', ['RMA']],
    ['reboot', 'FACTORY_READY', []],
  ] as const)('of %s leaves the machine in %s', (name, phase, set) => {
    let aggregate = begun(accepted(builtIn(name)));
    while (due(aggregate).kind === 'attempt') aggregate = attempted(aggregate, DONE);
    aggregate = applied(aggregate, decideFinish(aggregate, RUN));
    expect(machineOf(aggregate).phase).toBe(phase);
    expect(trueConditions(machineOf(aggregate))).toEqual(set);
  });

  it('of rma says why: the param, else the reason of the run', () => {
    const ending = (reason: string) => {
      let aggregate = begun(accepted(aPlanOf({ action: { kind: 'rma', reason } })));
      aggregate = attempted(aggregate, DONE);
      return machineOf(applied(aggregate, decideFinish(aggregate, RUN))).conditions;
    };
    expect(ending('bad fan')).toMatchObject([{ type: 'RMA', reason: 'MarkedForRma', message: 'bad fan' }]);
    expect(ending('')).toMatchObject([{ type: 'RMA', message: 'no reason given' }]);
  });
});

describe('the image', () => {
  const machine = aMachine({ phase: 'IN_SERVICE', conditions: conditions('Provisioned', 'InCustomerCluster') });
  const plan = aPlanOf({ action: { kind: 'repave', imageRef: 'i', cloudInitRef: 'c' } });
  const running = begun(accepted(plan, machine));

  it('takes Provisioned and InCustomerCluster away as it begins', () => {
    const calling = announced(running);
    expect(trueConditions(machineOf(calling))).toEqual([]);
    expect(machineOf(calling)).toMatchObject({ phase: 'PROVISIONING', activeRunId: RUN });
  });

  it('says so once, however many attempts it takes', () => {
    const again = announced(attempted(running, FLAKED));
    expect(again.machine?.revision).toBe(announced(running).machine?.revision);
  });

  it('makes the machine READY, for watchers to see, as it is done', () => {
    const done = attempted(running, DONE);
    expect(machineOf(done)).toMatchObject({ phase: 'READY', activeRunId: RUN, lastSeenAt: T0 + 1_000 });
    expect(trueConditions(machineOf(done))).toEqual(['Provisioned']);
  });

  it('makes it READY also where only a probe found out', () => {
    const probing = announced(attempted(running, UNKNOWN));
    expect(machineOf(ended(probing, PROBED_DONE)).phase).toBe('READY');
  });
});
