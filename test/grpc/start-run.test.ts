import { describe, expect, it } from 'vitest';
import { MachineStatus_Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { Run_Phase, StepStatus_State } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { as, refusal, startGrpc } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };

describe('StartRun judges the request alone', () => {
  it.each([
    ['no machine_id', { machineId: '' }, ['machine_id']],
    ['a malformed machine_id', { machineId: 'Machine_1' }, ['machine_id']],
    ['a machine_id that is too long', { machineId: 'm'.repeat(64) }, ['machine_id']],
    ['no request_id', { requestId: '' }, ['request_id']],
    ['a request_id that is too long', { requestId: 'r'.repeat(129) }, ['request_id']],
    ['neither type nor plan', { type: '' }, ['type']],
    ['an unknown type', { type: 'POLISH' }, ['type']],
    ["a type with another type's plan", { type: 'REBOOT', planId: 'repave-join' }, ['plan_id']],
    ['a plan id that is too long', { planId: 'p'.repeat(129) }, ['plan_id']],
    ['a reason that is too long', { reason: 'x'.repeat(1_025) }, ['reason']],
    ['a param that is too long', { params: { image_ref: 'x'.repeat(4_097) } }, ['params.image_ref']],
    ['everything at once', { machineId: '', requestId: '', type: 'POLISH' }, ['machine_id', 'request_id', 'type']],
  ])('%s: INVALID_ARGUMENT', async (_, fields, violations) => {
    const { runs } = await startGrpc();
    const told = await refusal(runs.startRun({ machineId: 'm', requestId: 'r', type: 'REBOOT', ...fields }));
    expect(told.codeName).toBe('INVALID_ARGUMENT');
    expect(told.reason).toBe('INVALID_FIELD');
    expect(told.fieldViolations.map(({ field }) => field)).toEqual(violations);
  });
});

describe('StartRun and a request id that is known', () => {
  it('answers the same run whatever its phase, and whatever has changed since', async () => {
    const { register, runs, gated, ended, machines } = await startGrpc();
    await register('machine-1', GATED);
    const request = { machineId: 'machine-1', requestId: 'r', planId: 'reboot', reason: 'first' };
    const first = await runs.startRun(request);
    expect(first.phase).toBe(Run_Phase.PENDING);
    const call = await gated.next();
    const second = await runs.startRun(
      { ...request, planId: 'plan/reboot', type: 'REBOOT', reason: 'other' },
      as('bob'),
    );
    expect(second.runId).toBe(first.runId);
    expect(second.phase).toBe(Run_Phase.RUNNING);
    call.finish();
    await ended(first.runId);
    await machines.updateMachine({ machine: { machineId: 'machine-1', spec: { provider: 'fake', rack: 'r9' } } });
    const third = await runs.startRun(request);
    expect(third.runId).toBe(first.runId);
    expect(third.phase).toBe(Run_Phase.SUCCEEDED);
    expect(third.reason).toBe('first');
  });

  it('counts the params as sent: other ones are ALREADY_EXISTS, naming run and difference', async () => {
    const { register, runs, start } = await startGrpc();
    await register('machine-1');
    const first = await start('machine-1', { planId: 'rma', params: { reason: 'fan' } });
    const told = await refusal(
      runs.startRun({ machineId: 'machine-1', requestId: 'machine-1', planId: 'rma', params: { reason: 'disk' } }),
    );
    expect(told).toMatchObject({ codeName: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
    expect(told.metadata).toMatchObject({ run_id: first.runId, request_id: 'machine-1' });
    expect(told.message).toContain('params.reason was "fan", is "disk"');
    expect(told.resource).toMatchObject({ type: 'run', name: first.runId });
  });

  it('refuses the id of another method', async () => {
    const { register, runs, machines } = await startGrpc();
    await register('machine-1');
    await machines.enterMaintenance({ machineId: 'machine-1', requestId: 'r', reason: 'fan' });
    const told = await refusal(runs.startRun({ machineId: 'machine-1', requestId: 'r', type: 'REBOOT' }));
    expect(told).toMatchObject({ codeName: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
    expect(told.message).toContain('EnterMaintenance');
  });

  it('comes before the look at plan and machine: a deleted machine still answers', async () => {
    const { register, runs, start, ended, machines } = await startGrpc();
    await register('machine-1');
    const run = await start('machine-1');
    await ended(run.runId);
    await machines.deleteMachine({ machineId: 'machine-1', requestId: 'd', reason: 'gone' });
    const again = await runs.startRun({ machineId: 'machine-1', requestId: 'machine-1', type: 'REBOOT' });
    expect(again.runId).toBe(run.runId);
    const other = await refusal(runs.startRun({ machineId: 'machine-1', requestId: 'new', type: 'REBOOT' }));
    expect(other).toMatchObject({ codeName: 'NOT_FOUND', reason: 'MACHINE_NOT_FOUND' });
  });

  it('answers what remains of a run that was swept', async () => {
    const { register, runs, start, ended } = await startGrpc({ limits: { finishedRuns: 1 } });
    await register('machine-1');
    const swept = await start('machine-1', { requestId: 'r0' });
    await ended(swept.runId);
    for (const requestId of ['r1', 'r2']) await ended((await start('machine-1', { requestId })).runId);
    const again = await runs.startRun({ machineId: 'machine-1', requestId: 'r0', type: 'REBOOT' });
    expect(again).toMatchObject({ runId: swept.runId, phase: Run_Phase.SUCCEEDED, requestId: 'r0', steps: [] });
    expect(again.finishedAt).toBeDefined();
    expect(await runs.getRun({ runId: swept.runId })).toEqual(again);
    const log = await refusal(runs.streamRunLogs({ runId: swept.runId }));
    expect(log).toMatchObject({ codeName: 'NOT_FOUND', reason: 'RUN_NOT_FOUND' });
    expect(log.message).toContain('swept');
  });

  it('makes one run of the same request sent 100 times at once', async () => {
    const { register, runs } = await startGrpc();
    await register('machine-1', GATED);
    const request = { machineId: 'machine-1', requestId: 'r', type: 'REPAVE', params: { cluster_id: 'prod-a' } };
    const answers = await Promise.all(Array.from({ length: 100 }, () => runs.startRun(request)));
    expect(new Set(answers.map((run) => run.runId)).size).toBe(1);
    expect((await runs.listRuns({})).runs).toHaveLength(1);
  });
});

describe('StartRun looks at plan and machine', () => {
  it.each([
    ['an unknown plan', { planId: 'polish' }, 'PLAN_NOT_FOUND'],
    ['an unknown machine', { machineId: 'machine-9' }, 'MACHINE_NOT_FOUND'],
  ])('%s: NOT_FOUND', async (_, fields, reason) => {
    const { register, start } = await startGrpc();
    await register('machine-1');
    const told = await refusal(start('machine-1', { requestId: 'r', ...fields }));
    expect(told).toMatchObject({ codeName: 'NOT_FOUND', reason });
    expect(told.resource).not.toBeNull();
  });

  it.each([
    ['one that the plan does not take', { polish: 'yes', cluster_id: 'c' }, 'params.polish'],
    ['one that is missing', {}, 'params.cluster_id'],
  ])('a param: %s: INVALID_ARGUMENT', async (_, params, field) => {
    const { register, start } = await startGrpc();
    await register('machine-1');
    const told = await refusal(start('machine-1', { planId: 'repave-join', params }));
    expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' });
    expect(told.fieldViolations.map((violation) => violation.field)).toEqual([field]);
  });

  it('refuses a bad value of a param', async () => {
    const { register, start } = await startGrpc();
    await register('machine-1');
    const told = await refusal(start('machine-1', { planId: 'net-reconfig', params: { mtu: 'many' } }));
    expect(told.fieldViolations).toEqual([{ field: 'params.mtu', description: 'must be a whole number' }]);
  });

  it('refuses a machine that is busy, naming the run', async () => {
    const { register, start } = await startGrpc();
    await register('machine-1', GATED);
    const run = await start('machine-1');
    const told = await refusal(start('machine-1', { requestId: 'other' }));
    expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason: 'MACHINE_BUSY' });
    expect(told.preconditions).toMatchObject([{ type: 'MACHINE_BUSY', subject: `runs/${run.runId}` }]);
    expect(told.metadata).toMatchObject({ run_id: run.runId });
  });

  it('refuses a machine that a canceled call still holds, until the call has returned', async () => {
    const { register, start, runs, gated, ended } = await startGrpc();
    await register('machine-1', GATED);
    const run = await start('machine-1');
    const call = await gated.next();
    expect((await runs.cancelRun({ runId: run.runId })).stopping).toBe(true);
    const again = { requestId: 'again', acknowledgeIntervention: true };
    const told = await refusal(start('machine-1', again));
    expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason: 'STOPPING' });
    expect(told.preconditions).toMatchObject([{ type: 'STOPPING', subject: `runs/${run.runId}` }]);
    call.finish();
    await ended(run.runId);
    expect((await start('machine-1', again)).phase).toBe(Run_Phase.PENDING);
  });

  it('refuses a machine in RMA, and one that is retired', async () => {
    const { register, start, ended, machines } = await startGrpc();
    await register('machine-1');
    await ended((await start('machine-1', { planId: 'rma', params: { reason: 'fan' } })).runId);
    expect(await refusal(start('machine-1', { requestId: 'r' }))).toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'IN_RMA',
    });
    await machines.retireMachine({ machineId: 'machine-1', requestId: 'out', reason: 'scrapped' });
    expect(await refusal(start('machine-1', { requestId: 'r' }))).toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'RETIRED',
    });
  });

  it('refuses a provider that lacks what a step needs', async () => {
    const { register, start } = await startGrpc();
    await register('machine-1', { spec: { provider: 'power-only' } });
    const told = await refusal(start('machine-1', { planId: 'rma', requestId: 'r' }));
    expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason: 'CAPABILITY_MISSING' });
    expect(told.metadata).toMatchObject({ missing: 'Cluster,Inventory' });
  });

  it('refuses a machine that needs intervention unless that is acknowledged; rma is exempt', async () => {
    const { register, start, ended, runs, gated } = await startGrpc();
    await register('machine-1', GATED);
    await register('machine-2', GATED);
    for (const id of ['machine-1', 'machine-2']) {
      const run = await start(id);
      const call = await gated.next();
      await runs.cancelRun({ runId: run.runId, reason: 'wrong machine' });
      call.finish();
      await ended(run.runId);
    }
    const told = await refusal(start('machine-1', { requestId: 'r' }));
    expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason: 'NEEDS_INTERVENTION' });
    expect(told.message).toContain('wrong machine');
    expect(told.message).toContain('acknowledge_intervention');
    await start('machine-1', { requestId: 'r', acknowledgeIntervention: true });
    await start('machine-2', { requestId: 'r', planId: 'rma' });
  });
});

describe('StartRun accepts', () => {
  it('and lists every step as WAITING, with who, why, params and where the machine came from', async () => {
    const { register, runs } = await startGrpc();
    await register('machine-1', { spec: { provider: 'gated', targetCluster: { clusterId: 'prod-a' } } });
    const run = await runs.startRun(
      { machineId: 'machine-1', requestId: 'r', type: 'repave', reason: 'monthly' },
      as('alice'),
    );
    expect(run).toMatchObject({
      machineId: 'machine-1',
      phase: Run_Phase.PENDING,
      requestId: 'r',
      type: 'REPAVE',
      planId: 'plan/repave-join',
      initiatedBy: 'alice',
      reason: 'monthly',
      originPhase: MachineStatus_Phase.FACTORY_READY,
      currentStep: '',
      planVersion: 1,
      params: { cluster_id: 'prod-a', image_ref: 'ubuntu:22.04-k8s', cloud_init_ref: 'cloud-init/worker-node' },
    });
    expect(run.runId).toMatch(/^[0-9a-z]{16}$/);
    expect(run.steps.map(({ name, kind, state, maxAttempts }) => [name, kind, state, maxAttempts])).toEqual([
      ['set-netboot', 'netboot', StepStatus_State.WAITING, 3],
      ['reboot-to-netboot', 'reboot', StepStatus_State.WAITING, 2],
      ['repave-image', 'repave', StepStatus_State.WAITING, 2],
      ['join-cluster', 'join', StepStatus_State.WAITING, 3],
      ['verify-in-cluster', 'verify', StepStatus_State.WAITING, 4],
    ]);
  });

  it.each([
    ['REPAVE', 'plan/repave-join'],
    ['RMA', 'plan/rma'],
    ['REBOOT', 'plan/reboot'],
    ['UPGRADE', 'plan/upgrade'],
    ['NET_RECONFIG', 'plan/net-reconfig'],
    ['net-reconfig', 'plan/net-reconfig'],
  ])('type %s with its default plan %s, and the plan alone with its type', async (type, planId) => {
    const { register, runs } = await startGrpc();
    const spec = { provider: 'gated', targetCluster: { clusterId: 'prod-a' } };
    await register('machine-1', { spec });
    await register('machine-2', { spec });
    const byType = await runs.startRun({ machineId: 'machine-1', requestId: 'r', type });
    const byPlan = await runs.startRun({ machineId: 'machine-2', requestId: 'r', planId: planId.slice(5) });
    expect([byType.type, byType.planId]).toEqual([byPlan.type, byPlan.planId]);
    expect(byType.planId).toBe(planId);
  });
});
