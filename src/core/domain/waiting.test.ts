import { describe, expect, it } from 'vitest';
import type { Aggregate } from './aggregate.ts';
import { decideStuck } from './decide/attempt.ts';
import { decideCancel, decideRetryNow } from './decide/cancel-run.ts';
import { decideFinish } from './decide/finish.ts';
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
  FLAKED,
  later,
  machineOf,
  REFUSED,
  T0,
  theRun,
  UNKNOWN,
} from './testing.ts';
import type { RunSituation } from './waiting.ts';
import { machineWaitsFor, runWaitsFor } from './waiting.ts';

const RUN = 'run0000000000001';
const NOW = T0 + 1_000;

const pending = accepted(builtIn('repave-join'));
const running = begun(pending);
const calling = announced(running);
const failed = attempted(running, FLAKED);
const between = attempted(running, DONE);
const canceled = applied(calling, decideCancel(calling, { runId: RUN, by: 'bob', reason: '' }));

function waits(aggregate: Aggregate, with_: Partial<RunSituation> = {}, now = aggregate.now) {
  return runWaitsFor({ run: theRun(aggregate), owned: true, queue: null, ...with_ }, now);
}

/** A machine with its run, the one that is active or still stopping. */
function machineWaits(aggregate: Aggregate, with_: Partial<RunSituation> = {}) {
  const machine = machineOf(aggregate);
  const id = machine.activeRunId ?? machine.stoppingRunId;
  const situation = id === null ? null : { run: theRun(aggregate, id), owned: true, queue: null, ...with_ };
  return machineWaitsFor(machine, situation, aggregate.now);
}

describe('what a run waits for', () => {
  it('in mid-call: the provider, until its deadline', () => {
    expect(waits(calling)).toEqual({
      kind: 'provider',
      detail: 'the provider to finish set-netboot, attempt 1 of 3',
      since: NOW,
      until: NOW + 60_000,
      runId: RUN,
      step: 'set-netboot',
      attempt: 1,
      maxAttempts: 3,
      scope: '',
      queuePosition: 0,
    });
  });

  it('in doubt: the hardware, to tell what became of it', () => {
    expect(waits(announced(attempted(running, UNKNOWN)))).toMatchObject({
      kind: 'provider',
      detail: 'the hardware to tell what became of set-netboot, attempt 1 of 3',
    });
  });

  it('in back-off: the next attempt, since when and until when', () => {
    expect(waits(failed, {}, failed.now + 499)).toMatchObject({
      kind: 'back-off',
      detail: 'attempt 2 of 3 of set-netboot, because attempt 1 of 3 failed: no answer',
      since: failed.now,
      until: failed.now + 500,
      attempt: 2,
      maxAttempts: 3,
    });
    expect(waits(failed, { owned: false })).toMatchObject({ kind: 'back-off' });
  });

  it.each([
    ['over', later(failed, 500)],
    ['skipped', applied(failed, decideRetryNow(failed, RUN))],
  ])('with its back-off %s: a server with room, or nothing where one has it', (_, aggregate) => {
    expect(waits(aggregate, { owned: false })).toMatchObject({ kind: 'slot', scope: 'server', queuePosition: 0 });
    expect(waits(aggregate, { owned: true })).toBeNull();
    expect(waits(aggregate, { owned: null })).toBeNull();
  });

  it('accepted and not claimed: a server with room, since it was accepted', () => {
    expect(waits(pending, { owned: false })).toMatchObject({
      kind: 'slot',
      detail: 'a server with room for it',
      since: NOW,
      until: null,
      scope: 'server',
      runId: RUN,
      step: '',
    });
  });

  it('accepted where a scope is full: its place in the queue', () => {
    expect(waits(pending, { owned: false, queue: [{ scope: 'rack=r1', position: 4 }] })).toMatchObject({
      kind: 'slot',
      detail: 'a place in rack=r1, 3 before it',
      scope: 'rack=r1',
      queuePosition: 4,
    });
    const first = waits(pending, { owned: false, queue: [{ scope: 'rack=r1', position: 1 }] });
    expect(first?.detail).toBe('a place in rack=r1');
  });

  it('accepted where several scopes are full: its place in each of them', () => {
    const queue = [
      { scope: 'cluster=prod-a', position: 1 },
      { scope: 'rack=r1', position: 3 },
    ];
    expect(waits(pending, { owned: false, queue })).toMatchObject({
      detail: 'a place in cluster=prod-a, and in rack=r1, 2 before it',
      scope: 'cluster=prod-a',
      queuePosition: 1,
    });
  });

  it('with its back-off over, where others are due longer: its place among them', () => {
    const queue = [{ scope: 'server', position: 3 }];
    expect(waits(later(failed, 500), { owned: false, queue })).toMatchObject({
      detail: 'a server with room for it, 2 before it',
      since: failed.now + 500,
      queuePosition: 3,
    });
  });

  it.each([
    // Nobody has written down when the server was lost.
    ['in mid-call', calling, 'set-netboot', 1, null],
    ['between two steps', between, 'reboot-to-netboot', 1, NOW],
    ['with its attempt cut off', attempted(running, CUT_OFF), 'set-netboot', 1, NOW],
    ['before its first step', running, 'set-netboot', 1, NOW],
  ] as const)('without a server, %s: a server to take it up again', (_, aggregate, step, attempt, since) => {
    expect(waits(aggregate, { owned: false })).toMatchObject({
      kind: 'recovery',
      detail: `a server to take run ${RUN} up again, at ${step}`,
      since,
      step,
      attempt,
    });
  });

  it.each([
    ['about to begin', pending],
    ['before its first step', running],
    ['between two steps', between],
    ['about to ask the hardware', attempted(running, UNKNOWN)],
  ])('with a server, %s: nothing', (_, aggregate) => {
    expect(waits(aggregate)).toBeNull();
    expect(waits(aggregate, { owned: null })).toBeNull();
  });

  it('ended and still held: its last call', () => {
    expect(waits(canceled)).toMatchObject({
      kind: 'stopping',
      detail: `the last call of run ${RUN} to return, in set-netboot`,
      since: NOW,
      until: null,
      step: 'set-netboot',
    });
    const stuck = applied(calling, decideStuck(calling, RUN, 10_000));
    expect(waits(stuck, { owned: false })).toMatchObject({ kind: 'stopping' });
  });

  it('ended: nothing', () => {
    const done = attempted(begun(accepted(builtIn('reboot'))), DONE);
    expect(waits(applied(done, decideFinish(done, RUN)))).toBeNull();
    expect(waits(attempted(running, REFUSED), { owned: false })).toBeNull();
  });
});

describe('what a machine waits for', () => {
  it('with a run: what the run waits for', () => {
    expect(machineWaits(calling)).toEqual(waits(calling));
    expect(machineWaits(between)).toBeNull();
  });

  it('with an acknowledged run between two steps: nothing, whatever needed intervention before', () => {
    const machine = aMachine({ phase: 'MAINTENANCE', conditions: conditions('NeedsIntervention') });
    expect(machineWaits(begun(accepted(builtIn('reboot'), machine)))).toBeNull();
  });

  it('held: the last call, before anybody has to look', () => {
    expect(machineWaits(canceled)).toMatchObject({ kind: 'stopping', runId: RUN });
  });

  it('after a failure: somebody to look, with the reason and since when', () => {
    expect(machineWaits(attempted(later(running, 5), REFUSED))).toEqual({
      kind: 'intervention',
      detail: 'somebody to look: plan/repave-join failed in set-netboot: no such image',
      since: NOW + 5,
      until: null,
      runId: '',
      step: '',
      attempt: 0,
      maxAttempts: 0,
      scope: '',
      queuePosition: 0,
    });
  });

  it('in RMA: its hardware to be replaced', () => {
    const machine = aMachine({ phase: 'RMA', conditions: conditions('RMA', 'NeedsIntervention') });
    expect(machineWaitsFor(machine, null, NOW)).toMatchObject({
      kind: 'replacement',
      detail: 'its hardware to be replaced: RMA by the test',
      since: T0,
    });
  });

  it.each(['FACTORY_READY', 'READY', 'IN_SERVICE', 'MAINTENANCE'] as const)('in %s without more: nothing', (phase) => {
    expect(machineWaitsFor(aMachine({ phase, conditions: conditions('OperatorMaintenance') }), null, NOW)).toBeNull();
  });

  it('RETIRED: nothing, whatever needed intervention before', () => {
    const machine = aMachine({ phase: 'RETIRED', conditions: conditions('NeedsIntervention', 'Retired') });
    expect(machineWaitsFor(machine, null, NOW)).toBeNull();
  });
});
