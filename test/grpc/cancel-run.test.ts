import { describe, expect, it } from 'vitest';
import { MachineStatus_Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { Run_Phase, StepStatus_State } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import { as, refusal, startGrpc, Watched } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };

describe('CancelRun', () => {
  it('of an unknown run: NOT_FOUND; without an id: INVALID_ARGUMENT', async () => {
    const { runs } = await startGrpc();
    expect(await refusal(runs.cancelRun({ runId: 'no-such-run' }))).toMatchObject({
      codeName: 'NOT_FOUND',
      reason: 'RUN_NOT_FOUND',
      resource: { type: 'run', name: 'no-such-run' },
    });
    const told = await refusal(runs.cancelRun({ runId: '' }));
    expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', fieldViolations: [{ field: 'run_id' }] });
  });

  it('of a RUNNING run answers CANCELED at once; the machine is in MAINTENANCE, needs intervention, and is held', async () => {
    const { register, start, runs, machines, gated, ended } = await startGrpc();
    await register('machine-1', GATED);
    const { runId } = await start('machine-1');
    const call = await gated.next();
    const busy = (await machines.getMachine({ machineId: 'machine-1' })).status;
    expect(busy?.waitingFor).toMatchObject({ kind: WaitingFor_Kind.PROVIDER, runId, step: 'reboot', attempt: 1 });
    const canceled = await runs.cancelRun({ runId, reason: 'wrong machine' }, as('carol'));
    expect(canceled).toMatchObject({ phase: Run_Phase.CANCELED, canceledBy: 'carol', stopping: true });
    expect(canceled.steps[0]).toMatchObject({ state: StepStatus_State.CANCELED });
    const held = (await machines.getMachine({ machineId: 'machine-1' })).status;
    expect(held).toMatchObject({ phase: MachineStatus_Phase.MAINTENANCE, activeRunId: '', stoppingRunId: runId });
    expect(held?.conditions.filter(({ status }) => status).map(({ type }) => type)).toEqual([
      'NeedsIntervention',
      'OperationCanceled',
    ]);
    expect([held?.waitingFor?.kind, held?.waitingFor?.runId]).toEqual([WaitingFor_Kind.STOPPING, runId]);
    expect((await runs.getRun({ runId })).waitingFor?.kind).toBe(WaitingFor_Kind.STOPPING);
    call.finish();
    expect((await ended(runId)).phase).toBe(Run_Phase.CANCELED);
    const [freed] = (await machines.listMachines({})).machines;
    expect(freed?.status?.waitingFor).toMatchObject({ kind: WaitingFor_Kind.INTERVENTION });
    expect(freed?.status?.waitingFor?.detail).toContain('wrong machine');
    expect((await machines.getMachine({ machineId: 'machine-1' })).status?.stoppingRunId).toBe('');
  });

  it('of a PENDING run holds nothing', async () => {
    const { register, start, runs, machines } = await startGrpc({ maxRuns: 1 });
    await register('machine-1', GATED);
    await register('machine-2', GATED);
    await start('machine-1');
    const { runId, phase } = await start('machine-2');
    expect(phase).toBe(Run_Phase.PENDING);
    expect(await runs.cancelRun({ runId })).toMatchObject({ phase: Run_Phase.CANCELED, stopping: false });
    const status = (await machines.getMachine({ machineId: 'machine-2' })).status;
    expect(status).toMatchObject({ activeRunId: '', stoppingRunId: '', phase: MachineStatus_Phase.MAINTENANCE });
  });

  it('of a CANCELED run: the same run, no event, no touch of the machine, also while another run is active', async () => {
    const { register, start, runs, machines, gated, ended } = await startGrpc();
    await register('machine-1', GATED);
    const { runId } = await start('machine-1');
    const call = await gated.next();
    await runs.cancelRun({ runId });
    call.finish();
    const first = await ended(runId);
    const second = await start('machine-1', { requestId: 'again', acknowledgeIntervention: true });
    await gated.next();
    const watched = new Watched((signal) => runs.watchRuns({ filter: 'machine_id=machine-1' }, { signal }));
    const snapshot = await watched.next();
    const before = await machines.getMachine({ machineId: 'machine-1' });
    expect(await runs.cancelRun({ runId, reason: 'once more' })).toEqual(first);
    expect(await machines.getMachine({ machineId: 'machine-1' })).toEqual(before);
    await runs.cancelRun({ runId: second.runId });
    // The very next event is the second run's: the second cancel of the first one made none.
    expect(await watched.next()).toMatchObject({
      kind: 'CANCELED',
      snapshot: { runId: second.runId },
      revision: snapshot.revision + 1n,
    });
  });

  it('of a SUCCEEDED and of a FAILED run: FAILED_PRECONDITION', async () => {
    const { register, start, runs, gated, ended } = await startGrpc();
    await register('machine-1');
    await register('machine-2', GATED);
    const good = await ended((await start('machine-1')).runId);
    const { runId } = await start('machine-2');
    (await gated.next()).finish({ kind: 'failed', terminal: true, code: 'BROKEN', message: 'no power' });
    const bad = await ended(runId);
    expect([good.phase, bad.phase]).toEqual([Run_Phase.SUCCEEDED, Run_Phase.FAILED]);
    for (const run of [good, bad]) {
      expect(await refusal(runs.cancelRun({ runId: run.runId }))).toMatchObject({
        codeName: 'FAILED_PRECONDITION',
        reason: 'RUN_FINISHED',
        preconditions: [{ type: 'RUN_FINISHED', subject: `runs/${run.runId}` }],
      });
    }
  });

  it('of a run that was swept answers by what remains of it', async () => {
    const { register, start, runs, gated, ended } = await startGrpc({ limits: { finishedRuns: 1 } });
    await register('machine-1', GATED);
    await register('machine-2');
    const { runId } = await start('machine-1');
    const call = await gated.next();
    await runs.cancelRun({ runId });
    call.finish();
    await ended(runId);
    const other = await ended((await start('machine-2')).runId);
    await ended((await start('machine-2', { requestId: 'r2' })).runId);
    expect(await runs.cancelRun({ runId })).toMatchObject({ runId, phase: Run_Phase.CANCELED, steps: [] });
    expect(await refusal(runs.cancelRun({ runId: other.runId }))).toMatchObject({ reason: 'RUN_FINISHED' });
  });
});

describe('RetryNow', () => {
  it('skips the back-off; without one: OK and no event; unknown: NOT_FOUND', async () => {
    const { register, start, runs, gated } = await startGrpc();
    await register('machine-1', GATED);
    const { runId } = await start('machine-1');
    const first = await gated.next();
    const before = await runs.getRun({ runId });
    expect(await runs.retryNow({ runId })).toEqual(before);
    const watched = new Watched((signal) => runs.watchRuns({ filter: `run_id=${runId}` }, { signal }));
    await watched.next();
    first.finish({ kind: 'failed', terminal: false, code: 'BUSY', message: 'BMC is busy' });
    expect((await watched.next()).kind).toBe('ATTEMPT_FAILED');
    const skipped = await runs.retryNow({ runId, reason: 'it is back' }, as('dora'));
    expect(skipped.phase).toBe(Run_Phase.RUNNING);
    expect((await gated.next()).attempt).toBe(2);
    const [event] = await watched.until(({ kind }) => kind === 'ATTEMPT_STARTED');
    // The jitter may have made the wait nothing; then there was nothing to skip.
    if (event?.kind !== 'ATTEMPT_STARTED') {
      expect(event).toMatchObject({ kind: 'BACK_OFF_SKIPPED', actor: 'dora', reason: 'it is back', step: 'reboot' });
    }
    expect(await refusal(runs.retryNow({ runId: 'no-such-run' }))).toMatchObject({ codeName: 'NOT_FOUND' });
  });
});
