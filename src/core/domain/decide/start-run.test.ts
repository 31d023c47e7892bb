import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import type { Capability } from '../plan.ts';
import { isRefusal } from '../refusal.ts';
import {
  accepted,
  aMachine,
  anAggregate,
  applied,
  aSpec,
  aStart,
  asked,
  attempted,
  begun,
  builtIn,
  conditions,
  machineOf,
  stepOf,
  T0,
  theRun,
  trueConditions,
} from '../testing.ts';
import { decideCancel } from './cancel-run.ts';
import type { StartRun } from './start-run.ts';
import { decideStartRun } from './start-run.ts';

/** What StartRun answers, in short: the run that is there, a new one, or code and reason of the refusal. */
function answer(aggregate: Aggregate, command: StartRun): string {
  const decision = decideStartRun(aggregate, command);
  if (isRefusal(decision)) return `${decision.code} ${decision.reason}`;
  return decision.kind === 'existing' ? `existing ${decision.runId}` : 'new';
}

function started(aggregate: Aggregate, command: StartRun) {
  const decision = decideStartRun(aggregate, command);
  if (isRefusal(decision) || decision.kind === 'existing') throw new Error('no new run');
  return decision;
}

function refusal(aggregate: Aggregate, command: StartRun) {
  const decision = decideStartRun(aggregate, command);
  if (!isRefusal(decision)) throw new Error('not refused');
  return decision;
}

const FIRST = started(anAggregate(aMachine()), aStart('repave-join', { params: { image_ref: 'debian:13' } }));

const ONLY_POWER = () => new Set<Capability>(['Power']);

/** Everything that can be wrong at once, from the first check to the last; each is mended in turn. */
const everythingWrong: StartRun = aStart('reboot', { planId: 'plan/none', plan: null, params: { colour: 'red' } });
const troubled = aMachine({
  phase: 'RMA',
  activeRunId: 'run-9',
  stoppingRunId: 'run-8',
  conditions: conditions('NeedsIntervention'),
});

describe('StartRun checks, in the order of the contract', () => {
  it('the request id with the same content: the existing run, whatever else is wrong by now', () => {
    const aggregate = asked(anAggregate(null), FIRST.request);
    expect(answer(aggregate, aStart('repave-join', { plan: null, params: { image_ref: 'debian:13' } }))).toBe(
      `existing ${FIRST.runId}`,
    );
  });

  it('the request id with other content: ALREADY_EXISTS, before anything else', () => {
    const aggregate = asked(anAggregate(null), FIRST.request);
    expect(answer(aggregate, everythingWrong)).toBe('ALREADY_EXISTS REQUEST_ID_REUSED');
  });

  it('an unknown plan: NOT_FOUND', () => {
    expect(answer(anAggregate(null), everythingWrong)).toBe('NOT_FOUND PLAN_NOT_FOUND');
    expect(answer(anAggregate(troubled), everythingWrong)).toBe('NOT_FOUND PLAN_NOT_FOUND');
  });

  it('an unknown machine: NOT_FOUND', () => {
    expect(answer(anAggregate(null), aStart('reboot', { params: { colour: 'red' } }))).toBe(
      'NOT_FOUND MACHINE_NOT_FOUND',
    );
  });

  it('params that do not fit: INVALID_ARGUMENT, also on a machine that is busy', () => {
    const command = aStart('reboot', { params: { colour: 'red' } });
    expect(answer(anAggregate(troubled), command)).toBe('INVALID_ARGUMENT INVALID_FIELD');
    expect(refusal(anAggregate(troubled), command).violations).toEqual([
      { field: 'params.colour', description: 'plan/reboot does not take it; it takes: none' },
    ]);
  });

  it('a busy machine: FAILED_PRECONDITION, naming the run', () => {
    const command = aStart('reboot');
    expect(answer(anAggregate(troubled), command)).toBe('FAILED_PRECONDITION MACHINE_BUSY');
    const busy = accepted(builtIn('repave-join'));
    expect(refusal(busy, aStart('reboot', { requestId: 'request-2' }))).toMatchObject({
      message: `machine machine-1 is busy with CUSTOM run ${FIRST.runId}; wait for its end or cancel it`,
      metadata: { machine_id: 'machine-1', run_id: FIRST.runId },
    });
  });

  it('a held machine: FAILED_PRECONDITION, naming the run whose call has not stopped', () => {
    const held = anAggregate({ ...troubled, activeRunId: null });
    expect(answer(held, aStart('reboot'))).toBe('FAILED_PRECONDITION STOPPING');
    expect(refusal(held, aStart('reboot')).metadata).toEqual({ machine_id: 'machine-1', run_id: 'run-8' });
  });

  it.each([
    ['RMA', 'IN_RMA'],
    ['RETIRED', 'RETIRED'],
  ] as const)('a machine in %s: FAILED_PRECONDITION, also for plan/rma', (phase, reason) => {
    const machine = aMachine({ phase, conditions: conditions('NeedsIntervention') });
    for (const plan of ['reboot', 'rma']) {
      const command = aStart(plan, { capabilitiesOf: ONLY_POWER, acknowledgeIntervention: true });
      expect(answer(anAggregate(machine), command)).toBe(`FAILED_PRECONDITION ${reason}`);
    }
  });

  it('a provider that this server does not have: FAILED_PRECONDITION', () => {
    const machine = aMachine({ phase: 'MAINTENANCE', conditions: conditions('NeedsIntervention') });
    expect(answer(anAggregate(machine), aStart('reboot', { capabilitiesOf: () => null }))).toBe(
      'FAILED_PRECONDITION UNKNOWN_PROVIDER',
    );
  });

  it('a provider without a capability that a step needs: FAILED_PRECONDITION, naming what is missing', () => {
    const machine = aMachine({ phase: 'MAINTENANCE', conditions: conditions('NeedsIntervention') });
    const command = aStart('repave-join', { capabilitiesOf: ONLY_POWER });
    expect(refusal(anAggregate(machine), command)).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'CAPABILITY_MISSING',
      message: 'provider "fake" of machine machine-1 lacks BootDevice, Imaging, Cluster, which plan/repave-join needs',
      metadata: { machine_id: 'machine-1', provider: 'fake', missing: 'BootDevice,Imaging,Cluster' },
    });
    expect(answer(anAggregate(aMachine()), aStart('reboot', { capabilitiesOf: ONLY_POWER }))).toBe('new');
  });

  it('NeedsIntervention without acknowledgement: FAILED_PRECONDITION, saying why it was set and how to go on', () => {
    const machine = aMachine({ phase: 'MAINTENANCE', conditions: conditions('NeedsIntervention') });
    expect(refusal(anAggregate(machine), aStart('reboot'))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'NEEDS_INTERVENTION',
      message:
        'machine machine-1 needs intervention: NeedsIntervention by the test; ' +
        'look into it, then resolve it or start with acknowledge_intervention',
      metadata: { machine_id: 'machine-1', condition_reason: 'Test' },
    });
    expect(answer(anAggregate(machine), aStart('reboot', { acknowledgeIntervention: true }))).toBe('new');
    expect(answer(anAggregate(machine), aStart('rma'))).toBe('new');
  });

  it.each(['FACTORY_READY', 'READY', 'IN_SERVICE', 'MAINTENANCE'] as const)('else a machine in %s: OK', (phase) => {
    expect(answer(anAggregate(aMachine({ phase })), aStart('repave-join'))).toBe('new');
  });
});

describe('the same request again', () => {
  const busy = asked(applied(anAggregate(aMachine()), FIRST), FIRST.request);
  const again = aStart('repave-join', { runId: 'run0000000000002', params: { image_ref: 'debian:13' } });

  it('is the run of the first, while it is active and after its end', () => {
    expect(answer(busy, again)).toBe(`existing ${FIRST.runId}`);
    const canceled = applied(busy, decideCancel(busy, { runId: FIRST.runId, by: 'bob', reason: '' }));
    expect(answer(canceled, again)).toBe(`existing ${FIRST.runId}`);
  });

  it('is the same whatever else than plan and params is sent', () => {
    const other = { type: 'REPAVE', reason: 'again', initiatedBy: 'bob', acknowledgeIntervention: true } as const;
    expect(answer(busy, { ...again, ...other })).toBe(`existing ${FIRST.runId}`);
  });

  it('is another one with the default written out: params count as they are sent', () => {
    const params = { image_ref: 'debian:13', cloud_init_ref: 'cloud-init/worker-node' };
    expect(answer(busy, { ...again, params })).toBe('ALREADY_EXISTS REQUEST_ID_REUSED');
  });

  it('is refused where the request id was another method', () => {
    const request = { requestId: 'request-1', method: 'EnterMaintenance', fingerprint: '{}', runId: null } as const;
    expect(answer(asked(anAggregate(aMachine()), request), again)).toBe('ALREADY_EXISTS REQUEST_ID_REUSED');
  });
});

describe('a run that was accepted', () => {
  const machine = aMachine({ phase: 'IN_SERVICE', conditions: conditions('Provisioned', 'InCustomerCluster') });
  const command = aStart('repave-join', { type: 'REPAVE', reason: 'kernel', params: { image_ref: 'debian:13' } });
  const decision = started(anAggregate(machine), command);
  const aggregate = applied(anAggregate(machine), decision);

  it('is PENDING with every step WAITING, and keeps the phase it came from', () => {
    expect(theRun(aggregate)).toMatchObject({
      machineId: 'machine-1',
      requestId: 'request-1',
      type: 'REPAVE',
      planId: 'plan/repave-join',
      reason: 'kernel',
      initiatedBy: 'alice',
      phase: 'PENDING',
      originPhase: 'IN_SERVICE',
      createdAt: T0 + 1_000,
      startedAt: null,
      currentStep: -1,
      stopping: false,
      revision: 1,
    });
    expect(theRun(aggregate).steps.map((step) => [step.name, step.state, step.attempt, step.maxAttempts])).toEqual([
      ['set-netboot', 'WAITING', 0, 3],
      ['reboot-to-netboot', 'WAITING', 0, 2],
      ['repave-image', 'WAITING', 0, 2],
      ['join-cluster', 'WAITING', 0, 3],
      ['verify-in-cluster', 'WAITING', 0, 4],
    ]);
  });

  it('has its params, defaults included, and its own copy of the plan with them filled in', () => {
    expect(theRun(aggregate).params).toEqual({
      image_ref: 'debian:13',
      cloud_init_ref: 'cloud-init/worker-node',
      cluster_id: 'prod-a',
    });
    expect(aggregate.runs[0]?.plan.steps[2]?.action).toMatchObject({ kind: 'repave', imageRef: 'debian:13' });
  });

  it('makes its machine PROVISIONING, conditions kept', () => {
    expect(machineOf(aggregate)).toMatchObject({
      phase: 'PROVISIONING',
      phaseSince: T0 + 1_000,
      activeRunId: decision.runId,
      revision: 2,
      specRevision: 1,
    });
    expect(trueConditions(machineOf(aggregate))).toEqual(['InCustomerCluster', 'Provisioned']);
  });

  it('uses up its request id with its method, its content and its run', () => {
    expect(decision.request).toMatchObject({ requestId: 'request-1', method: 'StartRun', runId: decision.runId });
  });

  it('never happens before the last event of its machine, whatever the clock says', () => {
    const behind = anAggregate(aMachine(), { now: T0 - 60_000, lastEventAt: T0 + 7 });
    expect(theRun(applied(behind, started(behind, command))).createdAt).toBe(T0 + 7);
  });

  it('leaves runs before it as they are', () => {
    const first = attempted(begun(accepted(builtIn('reboot'))), { kind: 'done', message: '' });
    expect(stepOf(first, 0).state).toBe('SUCCEEDED');
  });
});

describe('a machine without a cluster', () => {
  it('is refused a repave that names none, at the param', () => {
    const machine = aMachine({ spec: aSpec({ targetCluster: null }) });
    expect(refusal(anAggregate(machine), aStart('repave-join')).violations).toEqual([
      { field: 'params.cluster_id', description: 'required, because the machine has no target cluster' },
    ]);
  });
});
