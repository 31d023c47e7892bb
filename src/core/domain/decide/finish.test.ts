import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import { findCondition } from '../condition.ts';
import type { Step } from '../plan.ts';
import {
  accepted,
  aMachine,
  announced,
  aPlanOf,
  applied,
  attempted,
  begun,
  CUT_OFF,
  DONE,
  due,
  FLAKED,
  machineOf,
  REFUSED,
  theRun,
  UNKNOWN,
} from '../testing.ts';
import type { Outcome } from './attempt.ts';
import { decideBroken, decideStuck } from './attempt.ts';
import { decideCancel } from './cancel-run.ts';
import { decideFinish } from './finish.ts';

const RUN = 'run0000000000001';
const NOTHING = { kind: 'decision', events: [], request: null };

const PLAIN: Partial<Step> = { maxRetries: 0 };
const PASSED_OVER: Partial<Step> = { ...PLAIN, onFailure: 'continue' };
const ALWAYS: Partial<Step> = { ...PLAIN, always: true };

function running(...steps: readonly Partial<Step>[]): Aggregate {
  return begun(accepted(aPlanOf(...steps), aMachine({ phase: 'IN_SERVICE' })));
}

/** The run after calls that ended so, one after the other. */
function ranInto(aggregate: Aggregate, ...outcomes: readonly Outcome[]): Aggregate {
  return outcomes.reduce((now, outcome) => attempted(now, outcome), aggregate);
}

function finished(aggregate: Aggregate): Aggregate {
  return applied(aggregate, decideFinish(aggregate, RUN));
}

function states(aggregate: Aggregate): readonly string[] {
  return theRun(aggregate).steps.map(({ state }) => state);
}

/** What a machine that needs somebody says about it. */
function need(aggregate: Aggregate): string {
  return findCondition(machineOf(aggregate).conditions, 'NeedsIntervention')?.message ?? '';
}

describe('a step that may fail', () => {
  it('is passed over: the run goes on, and ends well', () => {
    const failed = ranInto(running(PASSED_OVER, PLAIN), REFUSED);
    expect(theRun(failed)).toMatchObject({ phase: 'RUNNING', failure: null, error: null });
    expect(states(failed)).toEqual(['FAILED', 'WAITING']);
    expect(due(failed)).toEqual({ kind: 'attempt', step: 1, attempt: 1, probe: false });
    const done = finished(ranInto(failed, DONE));
    expect(theRun(done)).toMatchObject({ phase: 'SUCCEEDED', error: null });
    expect(states(done)).toEqual(['FAILED', 'SUCCEEDED']);
    expect(machineOf(done)).toMatchObject({ phase: 'IN_SERVICE', activeRunId: null });
  });

  it('says so in the message of the run', () => {
    const failed = ranInto(running(PASSED_OVER, PLAIN), REFUSED, DONE);
    expect(decideFinish(failed, RUN).events[0]?.message).toBe(`run ${RUN} succeeded: plan/own, although step-0 failed`);
  });

  it('has its attempts first', () => {
    const once = ranInto(running({ ...PASSED_OVER, maxRetries: 1 }, PLAIN), FLAKED);
    expect(states(once)).toEqual(['RUNNING', 'WAITING']);
    expect(states(ranInto(once, FLAKED))).toEqual(['FAILED', 'WAITING']);
  });

  it.each<[string, (aggregate: Aggregate) => Aggregate]>([
    ['does not return', (now) => applied(announced(now), decideStuck(announced(now), RUN, 10_000))],
    ['meets a fault of this program', (now) => applied(announced(now), decideBroken(announced(now), RUN, 'bug'))],
  ])('ends the run all the same where it %s', (_, ends) => {
    const ended = ends(running(PASSED_OVER, PLAIN));
    expect(theRun(ended).phase).toBe('FAILED');
    expect(states(ended)).toEqual(['FAILED', 'SKIPPED']);
  });

  it('may be the last one', () => {
    expect(theRun(finished(ranInto(running(PLAIN, PASSED_OVER), DONE, REFUSED))).phase).toBe('SUCCEEDED');
  });
});

describe('a step that is always done', () => {
  it('is done in its turn where all goes well', () => {
    const done = finished(ranInto(running(PLAIN, ALWAYS), DONE, DONE));
    expect(theRun(done).phase).toBe('SUCCEEDED');
    expect(states(done)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  it('is done before the run fails; the steps between are skipped at once', () => {
    const failed = ranInto(running(PLAIN, PLAIN, ALWAYS, PLAIN, ALWAYS), REFUSED);
    expect(states(failed)).toEqual(['FAILED', 'SKIPPED', 'WAITING', 'SKIPPED', 'WAITING']);
    expect(theRun(failed)).toMatchObject({
      phase: 'RUNNING',
      error: null,
      failure: { code: 'STEP_FAILED', message: 'step-0: no such image', details: { step: 'step-0', attempt: '1' } },
    });
    expect(machineOf(failed)).toMatchObject({ phase: 'PROVISIONING', activeRunId: RUN });
    expect(due(failed)).toEqual({ kind: 'attempt', step: 2, attempt: 1, probe: false });
    expect(decideFinish(failed, RUN)).toEqual(NOTHING);
    const cleaned = ranInto(failed, DONE, DONE);
    expect(due(cleaned)).toEqual({ kind: 'finish' });
    const ended = finished(cleaned);
    expect(theRun(ended)).toMatchObject({
      phase: 'FAILED',
      failure: null,
      error: theRun(failed).failure,
      stopping: false,
      finishedAt: ended.now,
    });
    expect(states(ended)).toEqual(['FAILED', 'SKIPPED', 'SUCCEEDED', 'SKIPPED', 'SUCCEEDED']);
    expect(machineOf(ended)).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null });
    expect(need(ended)).toBe('plan/own failed in step-0: no such image');
    expect(decideFinish(ended, RUN)).toEqual(NOTHING);
  });

  it.each<[string, readonly Outcome[], string]>([
    ['was cut off for good', [CUT_OFF, CUT_OFF, CUT_OFF], 'INTERRUPTED'],
    ['timed out', [{ kind: 'timeout', message: '' }], 'STEP_TIMEOUT'],
  ])('is done also where the step before it %s', (_, outcomes, code) => {
    const failed = ranInto(running(PLAIN, ALWAYS), ...outcomes);
    expect(theRun(failed).failure?.code).toBe(code);
    expect(due(failed)).toMatchObject({ kind: 'attempt', step: 1 });
  });

  it('is done also where nobody can tell what became of the step before it', () => {
    const unknown = ranInto(running(PLAIN, ALWAYS), UNKNOWN);
    const failed = attempted(unknown, { kind: 'cannot-tell', message: '' });
    expect(theRun(failed).failure?.code).toBe('OUTCOME_UNKNOWN');
    expect(due(failed)).toEqual({ kind: 'attempt', step: 1, attempt: 1, probe: false });
  });

  it('fails the run where it fails itself, once those after it are done', () => {
    const failed = ranInto(running(PLAIN, ALWAYS, PLAIN, ALWAYS), DONE, REFUSED);
    expect(states(failed)).toEqual(['SUCCEEDED', 'FAILED', 'SKIPPED', 'WAITING']);
    expect(theRun(finished(ranInto(failed, DONE)))).toMatchObject({
      phase: 'FAILED',
      error: { details: { step: 'step-1' } },
    });
  });

  it('ends the run where it is the last one and fails; what failed first stays the reason', () => {
    const failed = ranInto(running(PLAIN, ALWAYS), REFUSED, { ...REFUSED, message: 'the tray is stuck' });
    expect(theRun(failed)).toMatchObject({
      phase: 'FAILED',
      failure: null,
      error: { message: 'step-0: no such image' },
    });
    expect(states(failed)).toEqual(['FAILED', 'FAILED']);
    expect(need(failed)).toBe('plan/own failed in step-0: no such image');
  });

  it('passes no failure of its own on where it may fail, too', () => {
    const failed = ranInto(running(PLAIN, { ...ALWAYS, onFailure: 'continue' }), REFUSED, REFUSED);
    expect(theRun(failed)).toMatchObject({ phase: 'RUNNING', failure: { message: 'step-0: no such image' } });
    expect(theRun(finished(failed))).toMatchObject({ phase: 'FAILED', error: { message: 'step-0: no such image' } });
    const alone = ranInto(running(PLAIN, { ...ALWAYS, onFailure: 'continue' }), DONE, REFUSED);
    expect(theRun(finished(alone)).phase).toBe('SUCCEEDED');
  });

  it('is not done while the machine is held, and is named to who looks at it', () => {
    const calling = announced(running(PLAIN, PLAIN, ALWAYS, ALWAYS));
    const stuck = applied(calling, decideStuck(calling, RUN, 10_000));
    expect(theRun(stuck)).toMatchObject({ phase: 'FAILED', stopping: true, error: { code: 'STEP_STUCK' } });
    expect(states(stuck)).toEqual(['FAILED', 'SKIPPED', 'SKIPPED', 'SKIPPED']);
    expect(need(stuck)).toMatch(/has not returned within 10 s; left undone: step-2, step-3$/);
  });

  it('that does not return ends the run with what failed it first, and the machine is held', () => {
    const calling = announced(ranInto(running(PLAIN, ALWAYS, ALWAYS), REFUSED));
    const stuck = applied(calling, decideStuck(calling, RUN, 10_000));
    expect(theRun(stuck)).toMatchObject({
      phase: 'FAILED',
      stopping: true,
      error: { message: 'step-0: no such image' },
    });
    expect(machineOf(stuck).stoppingRunId).toBe(RUN);
    expect(need(stuck)).toBe('plan/own failed in step-0: no such image; left undone: step-2');
  });

  it('is not done after a cancel: the run has ended with the answer', () => {
    const calling = announced(running(PLAIN, PLAIN, ALWAYS));
    const canceled = applied(calling, decideCancel(calling, { runId: RUN, by: 'bob', reason: 'wrong rack' }));
    expect(theRun(canceled).phase).toBe('CANCELED');
    expect(states(canceled)).toEqual(['CANCELED', 'SKIPPED', 'SKIPPED']);
    expect(need(canceled)).toBe(`run ${RUN} canceled by bob in step-0: wrong rack; left undone: step-2`);
  });

  it('is given up where the run is canceled while it cleans up', () => {
    const cleaning = announced(ranInto(running(PLAIN, ALWAYS, ALWAYS), REFUSED));
    const canceled = applied(cleaning, decideCancel(cleaning, { runId: RUN, by: 'bob', reason: '' }));
    expect(theRun(canceled)).toMatchObject({ phase: 'CANCELED', failure: null, error: null, stopping: true });
    expect(states(canceled)).toEqual(['FAILED', 'CANCELED', 'SKIPPED']);
  });
});
