import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import type { Step } from '../plan.ts';
import {
  accepted,
  announced,
  aPlanOf,
  applied,
  attempted,
  begun,
  DONE,
  due,
  later,
  machineOf,
  REFUSED,
  stepOf,
  theRun,
} from '../testing.ts';
import { runWaitsFor } from '../waiting.ts';
import type { Approve } from './approve-step.ts';
import { decideApprove, decideHold } from './approve-step.ts';
import { decideCancel, decideRetryNow } from './cancel-run.ts';
import { decideFinish } from './finish.ts';

const RUN = 'run0000000000001';
const NOTHING = { kind: 'decision', events: [], request: null };
const APPROVE: Approve = { runId: RUN, step: 'step-1', by: 'carol', reason: 'rack is free' };

/** A run whose second step waits for a person, at that step. */
function reached(...steps: readonly Partial<Step>[]): Aggregate {
  const plan = aPlanOf({ maxRetries: 0 }, { hold: 'Is the rack free?' }, ...steps);
  return attempted(begun(accepted(plan)), DONE);
}

function held(aggregate = reached()): Aggregate {
  return applied(aggregate, decideHold(aggregate, RUN, 1, 1));
}

function approved(aggregate = held(), with_: Partial<Approve> = {}): Aggregate {
  return applied(aggregate, decideApprove(aggregate, { ...APPROVE, ...with_ }));
}

describe('a step that waits for a person', () => {
  it('is not begun, and waiting is what its owner has to do', () => {
    expect(due(reached())).toEqual({ kind: 'hold', step: 1 });
    expect(() => announced(reached())).toThrow('due is hold');
  });

  it('waits, visibly and since then', () => {
    const waiting = held(later(reached(), 500));
    expect(theRun(waiting)).toMatchObject({ phase: 'RUNNING', currentStep: 1 });
    expect(stepOf(waiting, 1)).toMatchObject({
      state: 'WAITING',
      attempt: 0,
      heldSince: waiting.now,
      approval: null,
      message: 'Is the rack free?',
    });
    expect(decideHold(reached(), RUN, 1, 1).events[0]?.message).toBe('step-1 waits for approval: Is the rack free?');
    expect(runWaitsFor({ run: theRun(waiting), owned: false, queue: null }, waiting.now)).toMatchObject({
      kind: 'approval',
      detail: 'somebody to approve step-1: Is the rack free?',
      since: waiting.now,
      until: null,
      step: 'step-1',
    });
    expect(due(waiting)).toEqual({ kind: 'nothing' });
    expect(decideHold(waiting, RUN, 1, 1)).toEqual(NOTHING);
    expect(decideFinish(waiting, RUN)).toEqual(NOTHING);
    expect(decideRetryNow(waiting, RUN)).toEqual(NOTHING);
  });

  it.each([
    [0, 1],
    [2, 1],
    [1, 0],
  ])('is no other one than the next: step %i, of fence %i', (step, fence) => {
    const calling = fence === 0 ? announced(approved()) : reached({ hold: 'And now?' });
    expect(decideHold(calling, RUN, fence, step)).toEqual(NOTHING);
  });

  it('begins once somebody has said so, and keeps who and why', () => {
    const go = approved(later(held(), 60_000));
    expect(stepOf(go, 1)).toMatchObject({
      heldSince: null,
      approval: { actor: 'carol', reason: 'rack is free', at: go.now },
    });
    expect(due(go)).toEqual({ kind: 'attempt', step: 1, attempt: 1, probe: false });
    expect(runWaitsFor({ run: theRun(go), owned: false, queue: null }, go.now)).toMatchObject({
      kind: 'slot',
      scope: 'server',
      since: go.now,
    });
    const done = attempted(go, DONE);
    expect(stepOf(done, 1)).toMatchObject({ state: 'SUCCEEDED', approval: { actor: 'carol' } });
    expect(theRun(applied(done, decideFinish(done, RUN))).phase).toBe('SUCCEEDED');
  });

  it('is approved once: again is the same answer, whatever has become of the run', () => {
    const go = approved();
    expect(decideApprove(go, { ...APPROVE, by: 'dave', reason: 'me too' })).toEqual(NOTHING);
    const failed = attempted(go, REFUSED);
    expect(theRun(failed).phase).toBe('FAILED');
    expect(decideApprove(failed, APPROVE)).toEqual(NOTHING);
  });

  it('is asked for in each step that waits', () => {
    const second = attempted(approved(held(reached({ hold: 'And now?' }))), DONE);
    expect(due(second)).toEqual({ kind: 'hold', step: 2 });
  });

  it('is asked once, and not for each attempt', () => {
    const once = attempted(approved(), { kind: 'failed', terminal: false, code: 'FLAKED', message: '' });
    expect(due(once).kind).toBe('wait');
    expect(stepOf(announced(once), 1).attempt).toBe(2);
  });

  it('can be canceled, with nothing left to wait for', () => {
    const waiting = held();
    const canceled = applied(waiting, decideCancel(waiting, { runId: RUN, by: 'bob', reason: '' }));
    expect(theRun(canceled)).toMatchObject({ phase: 'CANCELED', stopping: false });
    expect(stepOf(canceled, 1)).toMatchObject({ state: 'SKIPPED', heldSince: null });
    expect(machineOf(canceled).stoppingRunId).toBeNull();
  });

  it('waits also in a run that has failed, where it is always done', () => {
    const failed = attempted(approved(held(reached({ always: true, hold: 'Is the medium out?' }))), REFUSED);
    expect(theRun(failed).failure).not.toBeNull();
    expect(due(failed)).toEqual({ kind: 'hold', step: 2 });
  });
});

describe('an approval is refused', () => {
  it.each<[string, Aggregate, Partial<Approve>, string]>([
    ['of a run that is not there', held(), { runId: 'none' }, 'RUN_NOT_FOUND'],
    ['of a step that the run does not have', held(), { step: 'step-9' }, 'INVALID_FIELD'],
    ['of a step that waits for nobody', held(), { step: 'step-0' }, 'STEP_NOT_HELD'],
    ['before the run has come to the step', begun(accepted(aPlanOf({}, { hold: 'now?' }))), {}, 'STEP_NOT_HELD'],
    ['of a run that has ended', canceled(held()), {}, 'RUN_FINISHED'],
  ])('%s', (_, aggregate, with_, reason) => {
    expect(decideApprove(aggregate, { ...APPROVE, ...with_ })).toMatchObject({ kind: 'refusal', reason });
  });

  it('with a sentence', () => {
    const say = (aggregate: Aggregate, step: string) => {
      const answer = decideApprove(aggregate, { ...APPROVE, step });
      return answer.kind === 'refusal' ? answer.message : '';
    };
    expect(say(held(), 'step-9')).toBe(`step: "step-9" is no step of run ${RUN}; there are step-0, step-1`);
    expect(say(held(), 'step-0')).toBe(`step-0 of run ${RUN} waits for nobody; there is nothing to approve`);
    expect(say(begun(accepted(aPlanOf({}, { hold: 'now?' }))), 'step-1')).toBe(
      `run ${RUN} has not come to step-1 yet; there is nothing to approve`,
    );
  });
});

function canceled(aggregate: Aggregate): Aggregate {
  return applied(aggregate, decideCancel(aggregate, { runId: RUN, by: 'bob', reason: '' }));
}
