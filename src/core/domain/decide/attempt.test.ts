import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import type { Plan, Step } from '../plan.ts';
import { DEFAULT_RETRY } from '../retry.ts';
import {
  accepted,
  aMachine,
  announced,
  applied,
  attempted,
  begun,
  builtIn,
  CUT_OFF,
  conditions,
  DONE,
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
import type { Announce, NextAction } from './attempt.ts';
import {
  decideBegin,
  decideBroken,
  decideIntent,
  decideInterrupted,
  decideOutcome,
  decideStopped,
  decideStuck,
  decideSucceed,
  nextAction,
} from './attempt.ts';
import { decideCancel } from './cancel-run.ts';

const RUN = 'run0000000000001';
const NOTHING = { kind: 'decision', events: [], request: null };
const NOT_DONE = { kind: 'probed-not-done', message: 'still off' } as const;
const PROBED_DONE = { kind: 'probed-done', message: 'it is on' } as const;
const CANNOT_TELL = { kind: 'cannot-tell', message: 'BMC away' } as const;

/** What the owner with this fence has to do next. */
function next(aggregate: Aggregate, fence = 1, now = decisionTime(aggregate)): NextAction {
  const planned = runOf(aggregate, RUN);
  if (planned === null) throw new Error('there is no run');
  return nextAction(planned, fence, now);
}

/** A plan of its own with steps of these kinds. */
function planOf(...steps: readonly Partial<Step>[]): Plan {
  const base = { timeoutSeconds: 60, maxRetries: 1, retry: DEFAULT_RETRY };
  return {
    ...builtIn('reboot'),
    id: 'plan/own',
    steps: steps.map((step, index) => ({
      name: `step-${index}`,
      action: { kind: 'netboot', profile: 'pxe' },
      ...base,
      ...step,
    })),
  };
}

const NETBOOT = planOf({}, {});
const REBOOT = planOf({ action: { kind: 'reboot', force: false } }, {});

/** The server of the attempt under way is gone; the next one, with a higher fence, records it. */
function crashed(aggregate: Aggregate, fence: number): Aggregate {
  expect(next(aggregate, fence)).toMatchObject({ kind: 'record-interruption' });
  return applied(aggregate, decideInterrupted(aggregate, RUN, fence, 'its server went away'));
}

describe('what the owner of a run does next', () => {
  it('begins a PENDING run', () => {
    expect(next(accepted(NETBOOT))).toEqual({ kind: 'start' });
  });

  it('makes the first attempt of the first step', () => {
    expect(next(begun(accepted(NETBOOT)))).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
  });

  it('makes the same attempt again where its intent has become stale', () => {
    const calling = announced(begun(accepted(NETBOOT)));
    expect(next(calling)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
    expect(stepOf(announced(calling), 0)).toMatchObject({ attempt: 1, intent: { fence: 1 } });
  });

  it('records the interruption first where the intent is of an owner that is gone', () => {
    expect(next(announced(begun(accepted(NETBOOT))), 2)).toEqual({ kind: 'record-interruption', step: 0 });
  });

  it('goes to the next step once the one before it has succeeded', () => {
    expect(next(attempted(begun(accepted(NETBOOT)), DONE))).toEqual({
      kind: 'attempt',
      step: 1,
      attempt: 1,
      probe: false,
    });
  });

  it('waits in back-off, and makes the next attempt when it is over', () => {
    const failed = attempted(begun(accepted(NETBOOT)), FLAKED);
    const until = failed.now + 500;
    expect(next(failed)).toEqual({ kind: 'wait', until });
    expect(next(failed, 1, until - 1)).toEqual({ kind: 'wait', until });
    expect(next(failed, 1, until)).toEqual({ kind: 'attempt', step: 0, attempt: 2, probe: false });
  });

  it('asks the hardware first where nobody knows what happened', () => {
    expect(next(attempted(begun(accepted(NETBOOT)), UNKNOWN))).toEqual({
      kind: 'attempt',
      step: 0,
      attempt: 1,
      probe: true,
    });
  });

  it('ends the run once every step has succeeded', () => {
    expect(next(attempted(attempted(begun(accepted(NETBOOT)), DONE), DONE))).toEqual({ kind: 'succeed' });
  });

  it('lets go of the machine where the run has ended and no call of its own is under way', () => {
    const calling = announced(begun(accepted(NETBOOT)));
    const canceled = applied(calling, decideCancel(calling, { runId: RUN, by: 'bob', reason: '' }));
    expect(next(canceled)).toEqual({ kind: 'record-stop' });
    expect(next(canceled, 2)).toEqual({ kind: 'record-stop' });
    expect(next(applied(canceled, decideStopped(canceled, RUN)))).toEqual({ kind: 'nothing' });
  });

  it('does nothing for a run that has ended and holds nothing', () => {
    expect(next(attempted(begun(accepted(NETBOOT)), REFUSED))).toEqual({ kind: 'nothing' });
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
    const succeeded = applied(done, decideSucceed(done, RUN));
    expect(theRun(succeeded)).toMatchObject({ phase: 'SUCCEEDED', error: null, stopping: false });
    expect(machineOf(succeeded)).toMatchObject({ phase: 'FACTORY_READY', activeRunId: null, lastSeenAt: T0 + 1_000 });
  });

  it('is not decided before every step has succeeded', () => {
    const half = attempted(begun(accepted(NETBOOT)), DONE);
    expect(decideSucceed(half, RUN)).toEqual(NOTHING);
    expect(decideSucceed(announced(half), RUN)).toEqual(NOTHING);
    expect(decideSucceed(accepted(NETBOOT), RUN)).toEqual(NOTHING);
  });

  it('is decided once', () => {
    expect(decideSucceed(applied(done, decideSucceed(done, RUN)), RUN)).toEqual(NOTHING);
  });

  it.each([
    ['repave-join', 'IN_SERVICE', ['InCustomerCluster', 'Provisioned']],
    ['rma', 'RMA', ['RMA']],
    ['reboot', 'FACTORY_READY', []],
  ] as const)('of %s leaves the machine in %s', (name, phase, set) => {
    let aggregate = begun(accepted(builtIn(name)));
    while (next(aggregate).kind === 'attempt') aggregate = attempted(aggregate, DONE);
    aggregate = applied(aggregate, decideSucceed(aggregate, RUN));
    expect(machineOf(aggregate).phase).toBe(phase);
    expect(trueConditions(machineOf(aggregate))).toEqual(set);
  });

  it('of rma says why: the param, else the reason of the run', () => {
    const ending = (reason: string) => {
      let aggregate = begun(accepted(planOf({ action: { kind: 'rma', reason } })));
      aggregate = attempted(aggregate, DONE);
      return machineOf(applied(aggregate, decideSucceed(aggregate, RUN))).conditions;
    };
    expect(ending('bad fan')).toMatchObject([{ type: 'RMA', reason: 'MarkedForRma', message: 'bad fan' }]);
    expect(ending('')).toMatchObject([{ type: 'RMA', message: 'no reason given' }]);
  });
});

describe('the image', () => {
  const machine = aMachine({ phase: 'IN_SERVICE', conditions: conditions('Provisioned', 'InCustomerCluster') });
  const plan = planOf({ action: { kind: 'repave', imageRef: 'i', cloudInitRef: 'c' } });
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

describe('an attempt that failed', () => {
  it('is followed by the next one, after the back-off of its policy', () => {
    const failed = attempted(begun(accepted(NETBOOT)), FLAKED);
    expect(theRun(failed).phase).toBe('RUNNING');
    expect(stepOf(failed, 0)).toMatchObject({
      state: 'RUNNING',
      attempt: 1,
      intent: null,
      nextRetryAt: failed.now + 500,
      message: 'attempt 1 of 2 failed: no answer',
    });
  });

  it('waits longer each time', () => {
    const plan = planOf({ maxRetries: 3, retry: { ...DEFAULT_RETRY, jitter: false } });
    let aggregate = begun(accepted(plan));
    const waits: number[] = [];
    for (const _ of [1, 2, 3]) {
      aggregate = attempted(aggregate, TIMED_OUT);
      waits.push((stepOf(aggregate, 0).nextRetryAt ?? 0) - aggregate.now);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });

  it.each([
    ['a failure', FLAKED, 'STEP_FAILED', 'FLAKED', 'no answer', true],
    ['a timeout', TIMED_OUT, 'STEP_TIMEOUT', 'TIMEOUT', 'timed out', true],
  ] as const)('for good, by %s: the run fails once its attempts are used up', (_, outcome, code, cause, why, again) => {
    const failed = attempted(attempted(begun(accepted(NETBOOT)), outcome), outcome);
    expect(theRun(failed)).toMatchObject({ phase: 'FAILED', stopping: false });
    expect(theRun(failed).error).toEqual({
      code,
      message: `step-0: ${why}`,
      retryable: again,
      details: { step: 'step-0', attempt: '2', code: cause },
    });
    expect(theRun(failed).steps.map((step) => step.state)).toEqual(['FAILED', 'SKIPPED']);
    expect(machineOf(failed)).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null, stoppingRunId: null });
    expect(machineOf(failed).conditions).toMatchObject([
      { type: 'NeedsIntervention', reason: 'RunFailed', message: `plan/own failed in step-0: ${why}` },
    ]);
  });

  it('terminally is not tried again', () => {
    const failed = attempted(begun(accepted(NETBOOT)), REFUSED);
    expect(theRun(failed)).toMatchObject({
      phase: 'FAILED',
      error: { code: 'STEP_FAILED', message: 'step-0: no such image', retryable: false },
    });
  });

  it('without a word is told by its code', () => {
    const failed = attempted(begun(accepted(NETBOOT)), { ...REFUSED, message: '' });
    expect(theRun(failed).error?.message).toBe('step-0: failed with REFUSED');
  });

  it('twice, and passes the third time: SUCCEEDED', () => {
    const plan = planOf({ maxRetries: 3 });
    const passed = attempted(attempted(attempted(begun(accepted(plan)), FLAKED), FLAKED), DONE);
    expect(stepOf(passed, 0)).toMatchObject({ state: 'SUCCEEDED', attempt: 3 });
  });
});

describe('an outcome that nobody knows', () => {
  const doubtful = attempted(begun(accepted(REBOOT)), UNKNOWN);

  it('is asked after under the same attempt', () => {
    const probing = announced(doubtful);
    expect(stepOf(probing, 0)).toMatchObject({ attempt: 1, probe: 'after-unknown', intent: { probe: true } });
  });

  it('was good: the step is SUCCEEDED', () => {
    expect(stepOf(attempted(doubtful, PROBED_DONE), 0)).toMatchObject({
      state: 'SUCCEEDED',
      attempt: 1,
      message: 'it is on',
      probe: 'none',
    });
  });

  it('was none: the attempt is used up', () => {
    const failed = attempted(doubtful, NOT_DONE);
    expect(stepOf(failed, 0)).toMatchObject({ attempt: 1, probe: 'none', intent: null });
    expect(next(failed)).toMatchObject({ kind: 'wait' });
    const second = attempted(announced(failed), UNKNOWN);
    expect(theRun(attempted(second, NOT_DONE))).toMatchObject({ phase: 'FAILED', error: { code: 'STEP_FAILED' } });
  });

  it.each([
    ['cannot be told by the hardware either', CANNOT_TELL],
    ['is not found out because the probe times out', TIMED_OUT],
    ['is not found out because the probe fails', FLAKED],
    ['is as unknown after the probe', UNKNOWN],
  ])('%s: the run fails, and the step is not made a second time', (_, outcome) => {
    const failed = attempted(doubtful, outcome);
    expect(theRun(failed)).toMatchObject({
      phase: 'FAILED',
      error: { code: 'OUTCOME_UNKNOWN', retryable: false },
    });
    expect(machineOf(failed)).toMatchObject({ phase: 'MAINTENANCE', stoppingRunId: null });
  });

  it('is still asked after where the probe itself was cut off', () => {
    const cut = crashed(announced(doubtful), 2);
    expect(next(cut, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: true });
  });
});

describe('an attempt that was cut off', () => {
  it('is made again under its number, and costs no retry', () => {
    let aggregate = begun(accepted(NETBOOT));
    aggregate = crashed(announced(aggregate, 1), 2);
    expect(stepOf(aggregate, 0)).toMatchObject({ attempt: 1, interruptions: 1, intent: null, probe: 'none' });
    expect(next(aggregate, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
    aggregate = crashed(announced(aggregate, 2), 3);
    aggregate = attempted(aggregate, FLAKED, 3);
    expect(stepOf(aggregate, 0)).toMatchObject({ attempt: 1, interruptions: 0 });
    expect(next(later(aggregate, 60_000), 3)).toMatchObject({ attempt: 2, probe: false });
  });

  it.each([
    ['netboot', { kind: 'netboot', profile: 'p' }, false],
    ['image', { kind: 'repave', imageRef: 'i', cloudInitRef: 'c' }, false],
    ['verify', { kind: 'verify', targetCluster: { clusterId: 'c', kubeconfigSecretRef: '' } }, false],
    ['net', { kind: 'net', params: {} }, false],
    ['drain', { kind: 'drain' }, false],
    ['rma', { kind: 'rma', reason: '' }, false],
    ['a script that says it may run twice', { kind: 'ssh', scriptRef: 's', args: {}, restartable: true }, false],
    ['reboot', { kind: 'reboot', force: false }, true],
    ['power-off', { kind: 'power_off' }, true],
    ['join', { kind: 'join', targetCluster: { clusterId: 'c', kubeconfigSecretRef: '' } }, true],
    ['a script', { kind: 'ssh', scriptRef: 's', args: {}, restartable: false }, true],
  ] as const)('in %s: asks the hardware first: %s', (_, action, probe) => {
    const cut = crashed(announced(begun(accepted(planOf({ action }))), 1), 2);
    expect(next(cut, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe });
  });

  it('and has taken effect, as the hardware says: SUCCEEDED', () => {
    const cut = crashed(announced(begun(accepted(REBOOT)), 1), 2);
    expect(stepOf(attempted(cut, PROBED_DONE, 2), 0)).toMatchObject({ state: 'SUCCEEDED', attempt: 1 });
  });

  it('and has not taken effect: it is made again under its number, and meanwhile nothing is under way', () => {
    const cut = crashed(announced(begun(accepted(REBOOT)), 1), 2);
    const asked = attempted(cut, NOT_DONE, 2);
    expect(stepOf(asked, 0)).toMatchObject({ attempt: 1, intent: null, interruptions: 1, probe: 'none' });
    expect(next(asked, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
    const canceled = applied(asked, decideCancel(asked, { runId: RUN, by: 'bob', reason: '' }));
    expect(theRun(canceled).stopping).toBe(false);
    expect(machineOf(canceled).stoppingRunId).toBeNull();
  });

  it.each([
    ['cannot be told', CANNOT_TELL],
    ['is not told in time', TIMED_OUT],
  ])('and what became of it %s: the run fails', (_, outcome) => {
    const cut = crashed(announced(begun(accepted(REBOOT)), 1), 2);
    expect(theRun(attempted(cut, outcome, 2)).error).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  it('three times without an outcome fails its run', () => {
    let aggregate = begun(accepted(NETBOOT));
    for (const fence of [1, 2]) aggregate = crashed(announced(aggregate, fence), fence + 1);
    const last = announced(aggregate, 3);
    const failed = applied(last, decideInterrupted(last, RUN, 4, 'its server went away'));
    expect(theRun(failed)).toMatchObject({ phase: 'FAILED', stopping: false });
    expect(theRun(failed).error).toEqual({
      code: 'INTERRUPTED',
      message: 'step-0: cut off 3 times without an outcome; the last time: its server went away',
      retryable: true,
      details: { step: 'step-0', attempt: '1', code: 'INTERRUPTED' },
    });
  });

  it('three times counts probes, and those between which the hardware said not done', () => {
    let aggregate = crashed(announced(begun(accepted(REBOOT)), 1), 2);
    aggregate = attempted(aggregate, NOT_DONE, 2);
    aggregate = crashed(announced(aggregate, 2), 3);
    const probing = announced(aggregate, 3);
    expect(stepOf(probing, 0)).toMatchObject({ interruptions: 2, intent: { probe: true } });
    expect(theRun(ended(probing, CUT_OFF, 3)).error).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('three times, but each in an attempt of its own, is no such thing', () => {
    let aggregate = begun(accepted(planOf({ maxRetries: 5 })));
    for (const fence of [1, 2, 3, 4]) {
      aggregate = crashed(announced(aggregate, fence), fence + 1);
      aggregate = attempted(aggregate, FLAKED, fence + 1);
    }
    expect(theRun(aggregate).phase).toBe('RUNNING');
    expect(stepOf(aggregate, 0).attempt).toBe(4);
  });

  it('by its own server, which stops: the same', () => {
    const cut = attempted(begun(accepted(NETBOOT)), CUT_OFF);
    expect(stepOf(cut, 0)).toMatchObject({ attempt: 1, interruptions: 1, intent: null });
  });

  it('is recorded by a newer owner only', () => {
    const calling = announced(begun(accepted(NETBOOT)), 3);
    expect(decideInterrupted(calling, RUN, 3, 'x')).toEqual(NOTHING);
    expect(decideInterrupted(calling, RUN, 2, 'x')).toEqual(NOTHING);
    expect(decideInterrupted(begun(accepted(NETBOOT)), RUN, 9, 'x')).toEqual(NOTHING);
  });
});

describe('a call that does not return', () => {
  const calling = announced(begun(accepted(NETBOOT)));
  const stuck = applied(calling, decideStuck(calling, RUN, 10_000));

  it('after its timeout and the grace: STEP_STUCK, run and machine are held', () => {
    expect(theRun(stuck)).toMatchObject({ phase: 'FAILED', stopping: true });
    expect(theRun(stuck).error).toMatchObject({
      code: 'STEP_STUCK',
      message: 'step-0: timed out, was aborted, and has not returned within 10 s',
    });
    expect(stepOf(stuck, 0)).toMatchObject({ state: 'FAILED', intent: { fence: 1 } });
    expect(machineOf(stuck)).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null, stoppingRunId: RUN });
  });

  it('and returns late: the hold is gone, whatever the answer is, and nothing else has changed', () => {
    for (const outcome of [DONE, FLAKED, UNKNOWN, CUT_OFF]) {
      const free = ended(stuck, outcome);
      expect(machineOf(free)).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null, stoppingRunId: null });
      expect(trueConditions(machineOf(free))).toEqual(['NeedsIntervention']);
      const before = theRun(stuck);
      expect(theRun(free)).toEqual({
        ...before,
        stopping: false,
        revision: before.revision + 1,
        steps: before.steps.map((step, index) => (index === 0 ? { ...step, intent: null } : step)),
      });
    }
  });

  it('and is released: the late answer changes nothing any more', () => {
    const free = applied(stuck, decideStopped(stuck, RUN));
    expect(decideOutcome(free, { runId: RUN, fence: 1, outcome: DONE }, 0)).toEqual(NOTHING);
    expect(decideStopped(free, RUN)).toEqual(NOTHING);
  });

  it('is not stuck once its run has ended or it has returned', () => {
    const canceled = applied(calling, decideCancel(calling, { runId: RUN, by: 'bob', reason: '' }));
    expect(decideStuck(canceled, RUN, 10_000)).toEqual(NOTHING);
    expect(decideStuck(ended(calling, DONE), RUN, 10_000)).toEqual(NOTHING);
  });
});

describe('a late result', () => {
  const calling = announced(begun(accepted(NETBOOT)), 1);

  it('under an old fence changes nothing', () => {
    const taken = announced(crashed(calling, 2), 2);
    expect(decideOutcome(taken, { runId: RUN, fence: 1, outcome: DONE }, 0)).toEqual(NOTHING);
  });

  it('of a call that has an outcome already changes nothing', () => {
    const done = ended(calling, DONE);
    expect(decideOutcome(done, { runId: RUN, fence: 1, outcome: REFUSED }, 0)).toEqual(NOTHING);
    expect(decideOutcome(done, { runId: 'none', fence: 1, outcome: REFUSED }, 0)).toEqual(NOTHING);
  });

  it('of a canceled run only takes the hold away', () => {
    const canceled = applied(calling, decideCancel(calling, { runId: RUN, by: 'bob', reason: '' }));
    const { events } = decideOutcome(canceled, { runId: RUN, fence: 1, outcome: DONE }, 0);
    expect(events.map((event) => event.kind)).toEqual(['STOPPED', 'CALL_STOPPED']);
    expect(theRun(ended(canceled, DONE))).toMatchObject({ phase: 'CANCELED', stopping: false });
    expect(stepOf(ended(canceled, DONE), 0)).toMatchObject({ state: 'CANCELED', intent: null });
  });
});

describe('a fault of our own', () => {
  it('fails the run with INTERNAL, wherever it was', () => {
    for (const aggregate of [accepted(NETBOOT), begun(accepted(NETBOOT)), announced(begun(accepted(NETBOOT)))]) {
      const broken = applied(aggregate, decideBroken(aggregate, RUN, 'unexpected'));
      expect(theRun(broken)).toMatchObject({ phase: 'FAILED', stopping: false, error: { code: 'INTERNAL' } });
      expect(machineOf(broken)).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null, stoppingRunId: null });
      expect(decideBroken(broken, RUN, 'again')).toEqual(NOTHING);
    }
  });
});
