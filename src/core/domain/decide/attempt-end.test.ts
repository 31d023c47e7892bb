import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import { DEFAULT_RETRY } from '../retry.ts';
import {
  accepted,
  announced,
  aPlanOf,
  applied,
  attempted,
  begun,
  CUT_OFF,
  DONE,
  due,
  ended,
  FLAKED,
  later,
  machineOf,
  REFUSED,
  stepOf,
  TIMED_OUT,
  theRun,
  trueConditions,
  UNKNOWN,
} from '../testing.ts';
import { decideBroken, decideInterrupted, decideOutcome, decideStopped, decideStuck } from './attempt.ts';
import { decideCancel } from './cancel-run.ts';

const RUN = 'run0000000000001';
const NOTHING = { kind: 'decision', events: [], request: null };
const NOT_DONE = { kind: 'probed-not-done', message: 'still off' } as const;
const PROBED_DONE = { kind: 'probed-done', message: 'it is on' } as const;
const CANNOT_TELL = { kind: 'cannot-tell', message: 'BMC away' } as const;

const NETBOOT = aPlanOf({}, {});
const REBOOT = aPlanOf({ action: { kind: 'reboot', force: false } }, {});

/** The server of the attempt under way is gone; the next one, with a higher fence, records it. */
function crashed(aggregate: Aggregate, fence: number): Aggregate {
  expect(due(aggregate, fence)).toMatchObject({ kind: 'record-interruption' });
  return applied(aggregate, decideInterrupted(aggregate, RUN, fence, 'its server went away'));
}

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
    const plan = aPlanOf({ maxRetries: 3, retry: { ...DEFAULT_RETRY, jitter: false } });
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
    const plan = aPlanOf({ maxRetries: 3 });
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
    expect(due(failed)).toMatchObject({ kind: 'wait' });
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
    expect(due(cut, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: true });
  });
});

describe('an attempt that was cut off', () => {
  it('is made again under its number, and costs no retry', () => {
    let aggregate = begun(accepted(NETBOOT));
    aggregate = crashed(announced(aggregate, 1), 2);
    expect(stepOf(aggregate, 0)).toMatchObject({ attempt: 1, interruptions: 1, intent: null, probe: 'none' });
    expect(due(aggregate, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
    aggregate = crashed(announced(aggregate, 2), 3);
    aggregate = attempted(aggregate, FLAKED, 3);
    expect(stepOf(aggregate, 0)).toMatchObject({ attempt: 1, interruptions: 0 });
    expect(due(later(aggregate, 60_000), 3)).toMatchObject({ attempt: 2, probe: false });
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
    const cut = crashed(announced(begun(accepted(aPlanOf({ action }))), 1), 2);
    expect(due(cut, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe });
  });

  it('and has taken effect, as the hardware says: SUCCEEDED', () => {
    const cut = crashed(announced(begun(accepted(REBOOT)), 1), 2);
    expect(stepOf(attempted(cut, PROBED_DONE, 2), 0)).toMatchObject({ state: 'SUCCEEDED', attempt: 1 });
  });

  it('and has not taken effect: it is made again under its number, and meanwhile nothing is under way', () => {
    const cut = crashed(announced(begun(accepted(REBOOT)), 1), 2);
    const asked = attempted(cut, NOT_DONE, 2);
    expect(stepOf(asked, 0)).toMatchObject({ attempt: 1, intent: null, interruptions: 1, probe: 'none' });
    expect(due(asked, 2)).toEqual({ kind: 'attempt', step: 0, attempt: 1, probe: false });
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
    let aggregate = begun(accepted(aPlanOf({ maxRetries: 5 })));
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
