import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import { isRefusal } from '../refusal.ts';
import {
  accepted,
  announced,
  applied,
  attempted,
  begun,
  builtIn,
  DONE,
  ended,
  FLAKED,
  later,
  machineOf,
  REFUSED,
  stepOf,
  T0,
  theRun,
  trueConditions,
} from '../testing.ts';
import { nextAction } from './attempt.ts';
import { decideCancel, decideRetryNow } from './cancel-run.ts';
import { decideFinish } from './finish.ts';
import { decideRepair } from './repair.ts';
import { decideStartRun } from './start-run.ts';

const RUN = 'run0000000000001';
const pending = accepted(builtIn('repave-join'));
const running = begun(pending);
const calling = announced(running);
const backingOff = ended(calling, FLAKED);

function cancel(aggregate: Aggregate, reason = '', runId = RUN) {
  return decideCancel(aggregate, { runId, by: 'bob', reason });
}

describe('CancelRun', () => {
  it('of an unknown run: NOT_FOUND', () => {
    expect(cancel(pending, '', 'none')).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'RUN_NOT_FOUND',
      metadata: { run_id: 'none' },
    });
  });

  it.each([
    ['PENDING', pending],
    ['RUNNING between steps', attempted(running, DONE)],
    ['in back-off', backingOff],
  ])('of a run that is %s: CANCELED at once, and nothing is held', (_, aggregate) => {
    const canceled = applied(aggregate, cancel(aggregate, 'wrong machine'));
    expect(theRun(canceled)).toMatchObject({ phase: 'CANCELED', canceledBy: 'bob', stopping: false });
    expect(theRun(canceled).finishedAt).not.toBeNull();
    expect(machineOf(canceled)).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null, stoppingRunId: null });
    expect(trueConditions(machineOf(canceled))).toEqual(['NeedsIntervention', 'OperationCanceled']);
  });

  it('in mid-call: CANCELED at once, and run and machine are held', () => {
    const canceled = applied(calling, cancel(calling));
    expect(theRun(canceled)).toMatchObject({ phase: 'CANCELED', stopping: true });
    expect(stepOf(canceled, 0)).toMatchObject({ state: 'CANCELED', intent: { fence: 1 } });
    expect(machineOf(canceled)).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null, stoppingRunId: RUN });
  });

  it('closes the steps: the one under way is CANCELED, those not reached are SKIPPED', () => {
    const second = announced(attempted(running, DONE));
    const canceled = applied(second, cancel(second, 'wrong machine'));
    expect(theRun(canceled).steps.map((step) => step.state)).toEqual([
      'SUCCEEDED',
      'CANCELED',
      'SKIPPED',
      'SKIPPED',
      'SKIPPED',
    ]);
    const told = `run ${RUN} canceled by bob in reboot-to-netboot: wrong machine`;
    expect(stepOf(canceled, 1)).toMatchObject({ message: told, finishedAt: T0 + 1_000 });
    const condition = machineOf(canceled).conditions.find((one) => one.type === 'NeedsIntervention');
    expect(condition).toMatchObject({ reason: 'RunCanceled', message: told });
  });

  it('ends a back-off: nothing is due any more', () => {
    const canceled = applied(backingOff, cancel(backingOff));
    expect(stepOf(canceled, 0).nextRetryAt).toBeNull();
    expect(nextAction({ run: theRun(canceled), plan: builtIn('repave-join') }, 1, T0 + 1e9)).toEqual({
      kind: 'nothing',
    });
  });

  it('again: the same run, and no event', () => {
    const canceled = applied(calling, cancel(calling));
    expect(cancel(canceled)).toEqual({ kind: 'decision', events: [], request: null });
  });

  it('again, while another run is active: no event', () => {
    const canceled = applied(pending, cancel(pending));
    const second = decideStartRun(canceled, {
      runId: 'run0000000000002',
      requestId: 'request-2',
      type: 'REBOOT',
      planId: 'plan/reboot',
      plan: builtIn('reboot'),
      params: {},
      reason: '',
      initiatedBy: 'alice',
      acknowledgeIntervention: true,
      acknowledgeCluster: false,
      controlPlane: null,
      previewToken: '',
      capabilitiesOf: () => new Set(['Power']),
    });
    if (second.kind === 'existing') throw new Error('a new request is known');
    const busy = applied(canceled, second);
    expect(machineOf(busy).activeRunId).toBe('run0000000000002');
    expect(cancel(busy)).toEqual({ kind: 'decision', events: [], request: null });
  });

  it('of a run that has succeeded: FAILED_PRECONDITION', () => {
    const done = attempted(begun(accepted(builtIn('reboot'))), DONE);
    const succeeded = applied(done, decideFinish(done, RUN));
    expect(cancel(succeeded)).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'RUN_FINISHED',
      message: `run ${RUN} has already succeeded; there is nothing to cancel`,
      metadata: { run_id: RUN, phase: 'SUCCEEDED' },
    });
  });

  it('of a run that has failed: FAILED_PRECONDITION', () => {
    expect(cancel(attempted(running, REFUSED))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'RUN_FINISHED',
      metadata: { run_id: RUN, phase: 'FAILED' },
    });
  });

  it('leaves a machine that is released by hand as it was', () => {
    const canceled = applied(calling, cancel(calling));
    const released = decideRepair(canceled, {
      method: 'ResolveIntervention',
      requestId: 'request-2',
      reason: 'pulled the plug',
      releaseStuck: true,
    });
    if (isRefusal(released) || released.kind === 'existing') throw new Error('not released');
    const free = applied(canceled, released);
    expect(cancel(free)).toEqual({ kind: 'decision', events: [], request: null });
  });
});

describe('RetryNow', () => {
  it('of an unknown run: NOT_FOUND', () => {
    expect(decideRetryNow(pending, 'none')).toMatchObject({ code: 'NOT_FOUND', reason: 'RUN_NOT_FOUND' });
  });

  it('in back-off: the next attempt is due at once', () => {
    const skipped = applied(backingOff, decideRetryNow(backingOff, RUN));
    expect(stepOf(skipped, 0)).toMatchObject({ attempt: 1, nextRetryAt: backingOff.now });
    expect(nextAction({ run: theRun(skipped), plan: builtIn('repave-join') }, 1, skipped.now)).toMatchObject({
      kind: 'attempt',
      attempt: 2,
    });
  });

  it.each([
    ['PENDING', pending],
    ['in mid-call', calling],
    ['between steps', attempted(running, DONE)],
    ['past its back-off', later(backingOff, 60_000)],
    ['already told to', applied(backingOff, decideRetryNow(backingOff, RUN))],
    ['CANCELED in back-off', applied(backingOff, cancel(backingOff))],
    ['FAILED', attempted(running, REFUSED)],
  ])('of a run that is %s: OK, and no event', (_, aggregate) => {
    expect(decideRetryNow(aggregate, RUN)).toEqual({ kind: 'decision', events: [], request: null });
  });
});
