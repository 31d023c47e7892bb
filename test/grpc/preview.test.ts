import { describe, expect, it, vi } from 'vitest';
import { decideUpdate } from '../../src/core/domain/decide/machine.ts';
import { transact } from '../../src/core/engine/transact.ts';
import { MachineStatus_Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import type { PreviewRunResponse } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { refusal, startGrpc } from '../support/grpc.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const CLUSTER = { targetCluster: { clusterId: 'prod-a' } };
const FAKE = { spec: { provider: 'fake', ...CLUSTER } };
const GATED = { spec: { provider: 'gated', ...CLUSTER } };
const REPAVE = { machineId: 'machine-1', type: 'REPAVE' };

const failing = ({ gates }: PreviewRunResponse) =>
  gates.filter((gate) => !gate.passed).map(({ reason, blocking }) => ({ reason, blocking }));

/** Brings about what stands against a run, one entry a gate. */
const GATES: readonly [string, (grpc: Grpc) => Promise<unknown>][] = [
  ['MACHINE_BUSY', ({ runs }) => runs.startRun({ machineId: 'machine-1', requestId: 'first', type: 'REBOOT' })],
  [
    'STOPPING',
    async ({ runs, gated }) => {
      const { runId } = await runs.startRun({ machineId: 'machine-1', requestId: 'first', type: 'REBOOT' });
      await gated.next();
      await runs.cancelRun({ runId });
    },
  ],
  [
    'IN_RMA',
    async ({ runs, gated, ended }) => {
      const { runId } = await runs.startRun({ machineId: 'machine-1', requestId: 'first', type: 'RMA' });
      for (let call = 0; call < 3; call += 1) (await gated.next()).finish();
      await ended(runId);
    },
  ],
  [
    'CAPABILITY_MISSING',
    ({ machines }) =>
      machines.updateMachine({ machine: { machineId: 'machine-1', spec: { provider: 'power-only', ...CLUSTER } } }),
  ],
  [
    'UNKNOWN_PROVIDER',
    // As on a server that has lost a provider: none lets anybody name what it does not have.
    ({ store }) => {
      const origin = { actor: 'lin', peer: '', requestId: '', reason: '', method: '', server: '' };
      return transact(store, { machineId: 'machine-1', origin }, (now) =>
        decideUpdate(now, ({ spec, labels }) => ({ spec: { ...spec, provider: 'lost' }, labels, etag: '' })),
      );
    },
  ],
  ['RETIRED', ({ machines }) => machines.retireMachine({ machineId: 'machine-1', requestId: 'first', reason: 'old' })],
  [
    'NEEDS_INTERVENTION',
    async ({ runs, gated, ended }) => {
      const { runId } = await runs.startRun({ machineId: 'machine-1', requestId: 'first', type: 'REBOOT' });
      const call = await gated.next();
      await runs.cancelRun({ runId });
      call.finish();
      await ended(runId);
    },
  ],
];

describe('PreviewRun', () => {
  it('says what would happen, step by step, and writes nothing', async () => {
    const { register, runs } = await startGrpc();
    await register('machine-1', FAKE);
    const preview = await runs.previewRun({ ...REPAVE, params: { image_ref: 'debian:13' } });
    expect(preview.allowed).toBe(true);
    expect(preview.plan?.planId).toBe('plan/repave-join');
    expect(preview.params).toMatchObject({ image_ref: 'debian:13', cluster_id: 'prod-a' });
    expect(preview.steps.map((step) => [step.name, step.destroys])).toEqual([
      ['set-netboot', ''],
      ['reboot-to-netboot', ''],
      ['repave-image', 'everything on the disk'],
      ['join-cluster', ''],
      ['verify-in-cluster', ''],
    ]);
    expect(preview.phaseBefore).toBe(MachineStatus_Phase.FACTORY_READY);
    expect(preview.phaseAfter).toBe(MachineStatus_Phase.IN_SERVICE);
    expect(preview.estimate).toBeUndefined();
    expect((await runs.listRuns({})).runs).toEqual([]);
  });

  it.each(GATES)('names the gate %s, and StartRun is refused by it', async (reason, bringAbout) => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    await bringAbout(grpc);
    const preview = await grpc.runs.previewRun(REPAVE);
    expect(preview.allowed).toBe(false);
    expect(failing(preview)).toContainEqual({ reason, blocking: true });
    const told = await refusal(grpc.runs.startRun({ ...REPAVE, requestId: 'second' }));
    expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason });
    expect(preview.gates.map(({ message }) => message)).toContain(told.message);
  });

  it('shows intervention as acknowledged where the request acknowledges it', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    await GATES.find(([reason]) => reason === 'NEEDS_INTERVENTION')?.[1](grpc);
    const preview = await grpc.runs.previewRun({ ...REPAVE, acknowledgeIntervention: true });
    expect(preview.allowed).toBe(true);
    expect(preview.gates.map(({ message }) => message)).toContain('it needs intervention, which is acknowledged');
  });

  describe('of a machine of a control plane', () => {
    const REBOOT = { machineId: 'machine-1', type: 'REBOOT' };

    /** Three members, so many of them in service. */
    async function controlPlane(serving: number): Promise<Grpc> {
      const grpc = await startGrpc();
      const ids = ['machine-1', 'machine-2', 'machine-3'];
      for (const id of ids) await grpc.register(id, { ...FAKE, labels: { role: 'control-plane' } });
      const runs = await Promise.all(ids.slice(0, serving).map((id) => grpc.start(id, { type: 'REPAVE' })));
      for (const { runId } of runs) await grpc.ended(runId);
      return grpc;
    }

    it('names the loss of its majority, and StartRun is refused by it', async () => {
      const { runs } = await controlPlane(2);
      const preview = await runs.previewRun(REBOOT);
      expect(preview.allowed).toBe(false);
      expect(failing(preview)).toEqual([{ reason: 'CONTROL_PLANE', blocking: true }]);
      const told = await refusal(runs.startRun({ ...REBOOT, requestId: 'second' }));
      expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason: 'CONTROL_PLANE' });
      expect(told.message).toContain('is 1 of 3 control-plane machines of prod-a, and 1 of the other 2 is in service');
      expect(preview.gates.at(-1)?.message).toBe(told.message);
    });

    it('is not lost to two runs that are decided in the same instant', async () => {
      const { runs, machines, store } = await controlPlane(3);
      const ids = ['machine-1', 'machine-2'];
      // Their calls do not return, so that neither of them is back in service before the other one is decided.
      for (const machineId of ids) await machines.updateMachine({ machine: { machineId, ...GATED } });
      const commit = store.commit.bind(store);
      const both = Promise.withResolvers<void>();
      let arrived = 0;
      vi.spyOn(store, 'commit').mockImplementation(async (change) => {
        if (change.request?.requestId === 'at-once') arrived += 1;
        if (arrived === 2) both.resolve();
        if (arrived > 0) await both.promise;
        return commit(change);
      });
      const started = ids.map((machineId) => runs.startRun({ machineId, requestId: 'at-once', type: 'REBOOT' }));
      const settled = await Promise.allSettled(started);
      expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const lost = started[settled.findIndex(({ status }) => status === 'rejected')];
      expect(await refusal(lost ?? expect.unreachable())).toMatchObject({ reason: 'CONTROL_PLANE' });
    });

    it('warns where that is acknowledged, and the run starts', async () => {
      const { runs } = await controlPlane(2);
      const preview = await runs.previewRun({ ...REBOOT, acknowledgeCluster: true });
      expect(preview.allowed).toBe(true);
      expect(failing(preview)).toEqual([{ reason: 'CONTROL_PLANE', blocking: false }]);
      const order = { ...REBOOT, requestId: 'second', acknowledgeCluster: true, previewToken: preview.previewToken };
      expect((await runs.startRun(order)).runId).toMatch(/^[0-9a-z]{16}$/);
    });

    it('stands against nothing where the others are a majority, or it does not serve itself', async () => {
      const all = await controlPlane(3);
      expect(failing(await all.runs.previewRun(REBOOT))).toEqual([]);
      const none = await controlPlane(0);
      expect(failing(await none.runs.previewRun(REPAVE))).toEqual([]);
    });

    it('has changed where its other members have', async () => {
      const { runs, machines } = await controlPlane(3);
      const { previewToken } = await runs.previewRun(REBOOT);
      await machines.enterMaintenance({ machineId: 'machine-2', requestId: 'm', reason: 'fan' });
      const told = await refusal(runs.startRun({ ...REBOOT, requestId: 'second', previewToken }));
      expect(told).toMatchObject({ codeName: 'ABORTED', reason: 'PREVIEW_STALE' });
      expect(told.message).toContain('its control plane changed');
    });
  });

  it('says how long it took before', async () => {
    const { register, start, runs, ended } = await startGrpc();
    await register('machine-1', FAKE);
    const { runId } = await start('machine-1', { planId: 'reboot' });
    await ended(runId);
    const preview = await runs.previewRun({ machineId: 'machine-1', type: 'REBOOT' });
    expect(preview.estimate).toMatchObject({ samples: 1, model: '' });
    expect(preview.steps[0]?.estimate?.samples).toBe(1);
  });

  it('answers the run that the same request has started before', async () => {
    const { register, runs } = await startGrpc();
    await register('machine-1', GATED);
    const run = await runs.startRun({ ...REPAVE, requestId: 'same' });
    const preview = await runs.previewRun({ ...REPAVE, requestId: 'same' });
    expect(preview.existingRun?.runId).toBe(run.runId);
    expect(preview.allowed).toBe(true);
  });

  it('refuses what StartRun refuses before it looks at the gates', async () => {
    const { register, runs } = await startGrpc();
    expect(await refusal(runs.previewRun(REPAVE))).toMatchObject({ reason: 'MACHINE_NOT_FOUND' });
    await register('machine-1', FAKE);
    const param = { ...REPAVE, params: { colour: 'red' } };
    expect((await refusal(runs.previewRun(param))).fieldViolations[0]?.field).toBe('params.colour');
    expect(await refusal(runs.previewRun({ machineId: 'machine-1', planId: 'none' }))).toMatchObject({
      reason: 'PLAN_NOT_FOUND',
    });
  });
});

describe('a preview token', () => {
  it('starts what was shown', async () => {
    const { register, runs } = await startGrpc();
    await register('machine-1', FAKE);
    const { previewToken } = await runs.previewRun(REPAVE);
    const run = await runs.startRun({ ...REPAVE, requestId: 'r', previewToken });
    expect(run.planId).toBe('plan/repave-join');
  });

  it.each([
    ['the machine has changed', 'machine machine-1', {}],
    ['the params are others', 'params', { params: { image_ref: 'other' } }],
    ['the plan is another', 'plan', { type: 'REBOOT' }],
  ])('is refused with ABORTED where %s', async (_, what, change) => {
    const { register, runs, machines } = await startGrpc();
    await register('machine-1', FAKE);
    const { previewToken } = await runs.previewRun(REPAVE);
    if (Object.keys(change).length === 0) {
      await machines.updateMachine({ machine: { machineId: 'machine-1', labels: { a: 'b' } } });
    }
    const told = await refusal(runs.startRun({ ...REPAVE, ...change, requestId: 'r', previewToken }));
    expect(told).toMatchObject({ codeName: 'ABORTED', reason: 'PREVIEW_STALE' });
    expect(told.message).toContain(what);
    expect((await runs.listRuns({})).runs).toEqual([]);
  });

  it('is refused where another machine, or another plan, has come to the name', async () => {
    // Nothing that is counted tells them apart, so time has to pass between them.
    const clock = new VirtualClock(Date.now());
    const { register, runs, machines, plans } = await startGrpc({ clock });
    const why = (requestId: string) => ({ requestId, reason: 'test' });
    const create = (profile: string) => {
      const steps = [{ name: 'boot', kind: { case: 'netboot' as const, value: { profile } } }];
      const source = { form: { case: 'plan' as const, value: { planId: 'own', steps } } };
      return plans.createPlan({ source, ...why(profile) });
    };
    await register('machine-1', FAKE);
    await create('a');
    const { previewToken } = await runs.previewRun({ machineId: 'machine-1', planId: 'own' });
    const start = () => runs.startRun({ machineId: 'machine-1', planId: 'own', requestId: 'r', previewToken });
    await clock.advance(1);
    await plans.deletePlan({ planId: 'own', ...why('d') });
    await create('b');
    expect((await refusal(start())).message).toContain('plan plan/own changed');
    await machines.deleteMachine({ machineId: 'machine-1', ...why('d') });
    await register('machine-1', FAKE);
    expect((await refusal(start())).message).toContain('machine machine-1');
  });

  it('can be pasted into a shell as it is', async () => {
    const { register, runs } = await startGrpc();
    await register('machine-1', FAKE);
    const { previewToken } = await runs.previewRun({ ...REPAVE, params: { image_ref: "it's (a) *~!$`;|&<>" } });
    expect(previewToken).toMatch(/^[\w.:%-]+$/);
  });

  it('that nobody gave is refused', async () => {
    const { register, runs } = await startGrpc();
    await register('machine-1', FAKE);
    const told = await refusal(runs.startRun({ ...REPAVE, requestId: 'r', previewToken: 'abc' }));
    expect(told).toMatchObject({ codeName: 'ABORTED', reason: 'PREVIEW_STALE' });
    expect(told.message).toBe('that is no preview token; look at a new preview and start with that');
  });
});
