import { fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import type { StepAction } from '../../core/domain/plan.ts';
import { BUILT_IN_PLANS } from '../../core/domain/plans/built-in.ts';
import { refuse, refuseFields } from '../../core/domain/refusal.ts';
import {
  accepted,
  aMachine,
  announced,
  aPlanOf,
  attempted,
  begun,
  builtIn,
  conditions,
  DONE,
  FLAKED,
  REFUSED,
  T0,
  theRun,
} from '../../core/domain/testing.ts';
import { describeError } from '../errors.ts';
import { MachineSchema, MachineStatus_Phase } from '../gen/baremetal/v1/machine_pb.ts';
import { PlanSchema } from '../gen/baremetal/v1/plan_pb.ts';
import { Run_Phase, RunSchema, StepStatus_State } from '../gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../gen/baremetal/v1/waiting_pb.ts';
import { runEventToWire } from './event.ts';
import { logToWire } from './log.ts';
import { machineFromWire, machineToWire } from './machine.ts';
import { planToWire } from './plan.ts';
import { refusalToRpcError } from './refusal.ts';
import { runPlanOf, runRemainsToWire, runToWire } from './run.ts';

describe('machines', () => {
  it('go out with all that clients see, and what was declared comes back as it was', () => {
    const machine = aMachine({
      labels: { tier: 'gold' },
      phase: 'MAINTENANCE',
      conditions: conditions('NeedsIntervention'),
      stoppingRunId: 'run0000000000001',
      lastSeenAt: T0 + 1,
    });
    const bytes = toBinary(MachineSchema, machineToWire(machine, null));
    const sent = fromBinary(MachineSchema, bytes);
    expect(toJson(MachineSchema, sent)).toMatchObject({
      machineId: 'machine-1',
      status: {
        phase: 'MAINTENANCE',
        effectiveState: 'MAINTENANCE',
        stoppingRunId: 'run0000000000001',
        conditions: [{ type: 'NeedsIntervention', status: true, reason: 'Test' }],
        lastSeen: '2026-01-01T00:00:00.001Z',
        phaseSince: '2026-01-01T00:00:00Z',
      },
      labels: { tier: 'gold' },
      createdAt: '2026-01-01T00:00:00Z',
    });
    const { spec, labels, machineId, etag } = machineFromWire(sent);
    expect({ ...spec, targetCluster: { ...spec?.targetCluster } }).toMatchObject(machine.spec);
    expect({ labels, machineId }).toEqual({ labels: machine.labels, machineId: machine.id });
    expect(etag).not.toBe('');
  });

  it('leave out what is not there', () => {
    const { status } = machineToWire(aMachine({ spec: { ...aMachine().spec, targetCluster: null } }), null);
    expect(status).toMatchObject({ phase: MachineStatus_Phase.FACTORY_READY, activeRunId: '', stoppingRunId: '' });
    expect(status?.lastSeen).toBeUndefined();
    expect(status?.waitingFor).toBeUndefined();
  });
});

describe('runs', () => {
  const plan = builtIn('repave-join');
  const told = (run = theRun(accepted(plan)), at = T0) => runToWire(run, { plan: runPlanOf(plan), progress: null, at });

  it('list their steps with kind and attempts from the beginning', () => {
    const run = told();
    expect(run).toMatchObject({ phase: Run_Phase.PENDING, currentStep: '', planVersion: 1 });
    expect(run.startedAt).toBeUndefined();
    expect(run.steps.map(({ name, kind, state, maxAttempts }) => [name, kind, state, maxAttempts])[0]).toEqual([
      'set-netboot',
      'netboot',
      StepStatus_State.WAITING,
      3,
    ]);
  });

  it('show the attempt under way with its deadline, and count retries', () => {
    const first = announced(begun(accepted(plan)));
    expect(told(theRun(first))).toMatchObject({
      phase: Run_Phase.RUNNING,
      currentStep: 'set-netboot',
      waitingFor: { kind: WaitingFor_Kind.PROVIDER, step: 'set-netboot', attempt: 1, maxAttempts: 3 },
    });
    expect(told(theRun(first)).steps[0]).toMatchObject({ state: StepStatus_State.RUNNING, retryCount: 0 });
    const deadline = theRun(first).steps[0]?.intent?.deadline ?? 0;
    expect(told(theRun(first)).steps[0]?.deadline).toEqual(timestampFromMs(deadline));
    const failed = attempted(begun(accepted(plan)), FLAKED);
    const waiting = told(theRun(failed));
    expect(waiting.waitingFor?.kind).toBe(WaitingFor_Kind.BACK_OFF);
    expect(waiting.steps[0]?.nextRetryAt).toBeDefined();
    expect(waiting.steps[0]?.deadline).toBeUndefined();
    const second = theRun(announced(failed));
    expect(told(second).steps[0]).toMatchObject({ retryCount: 1 });
  });

  it('show progress of the attempt under way, and of no other', () => {
    const run = theRun(announced(begun(accepted(plan))));
    const progress = { step: 0, attempt: 1, current: 34, total: 100, unit: '%', note: 'writing' };
    const shown = (changed: object) =>
      runToWire(run, { plan: runPlanOf(plan), progress: { ...progress, ...changed }, at: T0 }).steps[0]?.progress;
    expect(shown({})).toMatchObject({ current: 34, total: 100, unit: '%', note: 'writing' });
    for (const other of [{ step: 1 }, { attempt: 2 }]) expect(shown(other)).toBeUndefined();
    const over = theRun(attempted(begun(accepted(plan)), DONE));
    expect(runToWire(over, { plan: runPlanOf(plan), progress, at: T0 }).steps[0]?.progress).toBeUndefined();
  });

  it('tell why they failed', () => {
    const run = told(theRun(attempted(begun(accepted(plan)), REFUSED)));
    expect(run).toMatchObject({
      phase: Run_Phase.FAILED,
      error: { code: 'STEP_FAILED', retryable: false, details: { step: 'set-netboot' } },
    });
    expect(run.steps.map(({ state }) => state)).toEqual([
      StepStatus_State.FAILED,
      ...Array.from({ length: 4 }, () => StepStatus_State.SKIPPED),
    ]);
  });

  it('are their ids, phase and times once they were swept', () => {
    const run = theRun(attempted(begun(accepted(plan)), REFUSED));
    const remains = runRemainsToWire(run);
    expect(remains).toMatchObject({ runId: run.id, phase: Run_Phase.FAILED, type: run.type, steps: [] });
    expect(fromBinary(RunSchema, toBinary(RunSchema, remains))).toEqual(remains);
  });
});

describe('plans', () => {
  it('are the five built-in ones, each the default of its type, without a time', () => {
    const plans = BUILT_IN_PLANS.map(planToWire);
    expect(
      plans.map(({ planId, defaultForType, builtIn: own, createdAt }) => [planId, defaultForType, own, createdAt]),
    ).toEqual([
      ['plan/repave-join', 'REPAVE', true, undefined],
      ['plan/rma', 'RMA', true, undefined],
      ['plan/reboot', 'REBOOT', true, undefined],
      ['plan/upgrade', 'UPGRADE', true, undefined],
      ['plan/net-reconfig', 'NET_RECONFIG', true, undefined],
    ]);
  });

  it('say what a param takes, and tell no default from an empty one', () => {
    const params = planToWire(builtIn('net-reconfig')).params;
    expect(params.map(({ name, type, defaultValue }) => [name, type, defaultValue])).toEqual([
      ['address', 1, ''],
      ['gateway', 1, ''],
      ['dns', 1, ''],
      ['vlan', 2, undefined],
      ['mtu', 2, undefined],
    ]);
  });

  const cluster = { clusterId: 'c', kubeconfigSecretRef: 'env:K' };
  it.each<[StepAction, string, object]>([
    [
      { kind: 'ssh', scriptRef: 's', args: { a: 'b' }, restartable: true },
      'ssh',
      { scriptRef: 's', args: { a: 'b' }, restartable: true },
    ],
    [{ kind: 'reboot', force: true }, 'reboot', { force: true }],
    [{ kind: 'netboot', profile: 'p' }, 'netboot', { profile: 'p' }],
    [{ kind: 'repave', imageRef: 'i', cloudInitRef: 'c' }, 'repave', { imageRef: 'i', cloudInitRef: 'c' }],
    [{ kind: 'join', targetCluster: cluster }, 'join', { targetCluster: cluster }],
    [{ kind: 'verify', targetCluster: cluster }, 'verify', { targetCluster: cluster }],
    [{ kind: 'net', params: { mtu: '9000' } }, 'net', { params: { mtu: '9000' } }],
    [{ kind: 'rma', reason: 'fan' }, 'rma', { reason: 'fan' }],
    [{ kind: 'drain' }, 'drain', {}],
    [{ kind: 'power_off' }, 'powerOff', {}],
  ])('have a step %j', (action, name, value) => {
    const message = planToWire(aPlanOf({ action, timeoutSeconds: 7, maxRetries: 2 }));
    const [step] = fromBinary(PlanSchema, toBinary(PlanSchema, message)).steps;
    expect(step).toMatchObject({ kind: { case: name, value }, timeoutSeconds: 7, maxRetries: 2 });
    expect(step?.retry).toMatchObject({ initial: { seconds: 1n }, multiplier: 2, cap: { seconds: 30n }, jitter: true });
  });
});

describe('events and log lines', () => {
  it('name step and attempt where they are about a step', () => {
    const plan = builtIn('reboot');
    const run = theRun(announced(begun(accepted(plan))));
    const note = { at: T0, message: 'm', cursor: 'c', actor: 'alice', reason: 'why', revision: 3 };
    const snapshot = runToWire(run, { plan: runPlanOf(plan), progress: null, at: T0 });
    expect(runEventToWire({ ...note, kind: 'ATTEMPT_STARTED' }, run, snapshot)).toMatchObject({
      message: 'm',
      cursor: 'c',
      actor: 'alice',
      reason: 'why',
      revision: 3n,
      step: 'reboot',
      attempt: 1,
      snapshot: { runId: run.id },
    });
    expect(runEventToWire({ ...note, kind: 'CANCELED' }, run, snapshot)).toMatchObject({ step: '', attempt: 0 });
  });

  it('keep the bytes of a line', () => {
    const data = Uint8Array.of(0xff, 0x00, 0x41);
    const line = { at: T0, stream: 'stderr', data, step: 'reboot', attempt: 2, sequence: 5 } as const;
    expect(logToWire('run', line)).toMatchObject({ runId: 'run', stream: 'stderr', data, sequence: 5n, attempt: 2 });
  });
});

describe('refusals', () => {
  it.each([
    [
      refuse('FAILED_PRECONDITION', 'MACHINE_BUSY', 'busy', { machine_id: 'm', run_id: 'r' }),
      { preconditions: [{ type: 'MACHINE_BUSY', subject: 'runs/r', description: 'busy' }], metadata: { run_id: 'r' } },
    ],
    [
      refuse('FAILED_PRECONDITION', 'IN_RMA', 'in RMA', { machine_id: 'm' }),
      { preconditions: [{ type: 'IN_RMA', subject: 'machines/m' }] },
    ],
    [refuse('NOT_FOUND', 'RUN_NOT_FOUND', 'no run', { run_id: 'r' }), { resource: { type: 'run', name: 'r' } }],
    [
      refuse('NOT_FOUND', 'PLAN_NOT_FOUND', 'no plan', { plan_id: 'plan/x' }),
      { resource: { type: 'plan', name: 'plan/x' } },
    ],
    [
      refuse('ALREADY_EXISTS', 'IDENTITY_TAKEN', 'taken', { machine_id: 'm' }),
      { resource: { type: 'machine', name: 'm' } },
    ],
    [refuse('ABORTED', 'CONTENTION', 'contention'), { retryAfterMs: 200 }],
    [refuse('ABORTED', 'STALE_ETAG', 'stale', { machine_id: 'm' }), { retryAfterMs: null }],
    [refuse('UNAVAILABLE', 'STORE_UNAVAILABLE', 'away'), { retryAfterMs: 200 }],
    [refuse('OUT_OF_RANGE', 'CURSOR_EXPIRED', 'expired'), { resource: null, preconditions: [] }],
    [
      refuseFields([
        { field: 'a', description: 'is bad' },
        { field: 'b', description: 'is worse' },
      ]),
      { fieldViolations: [{ field: 'a' }, { field: 'b' }], message: 'a: is bad; b: is worse' },
    ],
  ])('%j', (refusal, told) => {
    expect(describeError(refusalToRpcError(refusal))).toMatchObject({
      codeName: refusal.code,
      reason: refusal.reason,
      message: refusal.message,
      ...told,
    });
  });
});
