import { describe, expect, it } from 'vitest';
import { Run_Phase, StepStatus_State } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { as, refusal, startGrpc, Watched } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };

/** A server with a plan whose second step waits for a person. */
async function withHeldPlan(): Promise<Grpc> {
  const grpc = await startGrpc();
  const reboot = { kind: { case: 'reboot' as const, value: {} } };
  const steps = [
    { name: 'first', ...reboot },
    { name: 'second', ...reboot, hold: { prompt: 'Is the rack free?' } },
  ];
  const source = { form: { case: 'plan' as const, value: { planId: 'careful', steps } } };
  await grpc.plans.createPlan({ source, requestId: 'p', reason: 'test' });
  await grpc.register('machine-1', GATED);
  return grpc;
}

/** A run of it that waits. */
async function held(grpc: Grpc): Promise<string> {
  const { runId } = await grpc.start('machine-1', { planId: 'careful' });
  const watch = new Watched((signal) => grpc.runs.watchRuns({ filter: `run_id=${runId}` }, { signal }));
  await watch.next();
  (await grpc.gated.next()).finish();
  const events = await watch.until(({ kind }) => kind === 'STEP_HELD');
  expect(events.at(-1)).toMatchObject({ message: 'second waits for approval: Is the rack free?', step: 'second' });
  return runId;
}

describe('ApproveStep', () => {
  it('lets the step begin that the run waits with, and keeps who and why', async () => {
    const grpc = await withHeldPlan();
    const runId = await held(grpc);
    const { runs, machines, gated, ended } = grpc;
    const waiting = await runs.getRun({ runId });
    expect(waiting).toMatchObject({
      phase: Run_Phase.RUNNING,
      currentStep: 'second',
      waitingFor: {
        kind: WaitingFor_Kind.APPROVAL,
        step: 'second',
        detail: expect.stringContaining('Is the rack free?'),
      },
    });
    expect(waiting.steps[1]).toMatchObject({ state: StepStatus_State.WAITING });
    const machine = await machines.getMachine({ machineId: 'machine-1' });
    expect(machine.status?.waitingFor?.kind).toBe(WaitingFor_Kind.APPROVAL);
    const approved = await runs.approveStep({ runId, step: 'second', reason: 'rack is free' }, as('carol'));
    expect(approved.steps[1]?.approval).toMatchObject({ actor: 'carol', reason: 'rack is free' });
    expect(approved.waitingFor?.kind).not.toBe(WaitingFor_Kind.APPROVAL);
    (await gated.next()).finish();
    expect(await ended(runId)).toMatchObject({ phase: Run_Phase.SUCCEEDED });
    const again = await runs.approveStep({ runId, step: 'second', reason: 'me too' }, as('dave'));
    expect(again.steps[1]?.approval).toMatchObject({ actor: 'carol', reason: 'rack is free' });
    const { events } = await grpc.events.listEvents({ filter: `run_id=${runId} AND kind=STEP_APPROVED` });
    expect(events).toMatchObject([
      { actor: 'carol', reason: 'rack is free', step: 'second', method: 'RunService/ApproveStep' },
    ]);
  });

  it.each([
    ['nothing', {}, ['run_id', 'step', 'reason']],
    ['no reason', { runId: 'x', step: 'second', reason: ' ' }, ['reason']],
    ['a step that is too long', { runId: 'x', step: 's'.repeat(129), reason: 'y' }, ['step']],
  ])('with %s: INVALID_ARGUMENT', async (_, request, fields) => {
    const { runs } = await startGrpc();
    const told = await refusal(runs.approveStep(request));
    expect(told.codeName).toBe('INVALID_ARGUMENT');
    expect(told.fieldViolations.map(({ field }) => field)).toEqual(fields);
  });

  it('is refused where nothing waits', async () => {
    const grpc = await withHeldPlan();
    const { runs, gated, ended } = grpc;
    const why = { reason: 'why' };
    expect(await refusal(runs.approveStep({ runId: 'no-such-run', step: 'second', ...why }))).toMatchObject({
      codeName: 'NOT_FOUND',
      reason: 'RUN_NOT_FOUND',
    });
    const { runId } = await grpc.start('machine-1', { planId: 'careful' });
    const call = await gated.next();
    expect(await refusal(runs.approveStep({ runId, step: 'second', ...why }))).toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'STEP_NOT_HELD',
      preconditions: [{ type: 'STEP_NOT_HELD', subject: `runs/${runId}` }],
    });
    expect(await refusal(runs.approveStep({ runId, step: 'third', ...why }))).toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      fieldViolations: [{ field: 'step', description: expect.stringContaining('there are first, second') }],
    });
    await runs.cancelRun({ runId });
    call.finish();
    await ended(runId);
    expect(await refusal(runs.approveStep({ runId, step: 'second', ...why }))).toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'RUN_FINISHED',
    });
  });
});
