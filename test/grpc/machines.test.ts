import { describe, expect, it } from 'vitest';
import { MachineStatus_Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { refusal, startGrpc, Watched } from '../support/grpc.ts';

const SPEC = {
  provider: 'fake',
  macAddresses: ['02:00:00:00:00:01'],
  serial: 'SN-1',
  sshEndpoint: '192.0.2.1:22',
  bmcAddress: '198.51.100.1',
  rack: 'r1',
  bmcCredentialsRef: 'env:BMC_1',
  model: 'R650',
  targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: 'file:/etc/kube' },
};

describe('RegisterMachine', () => {
  it('registers: FACTORY_READY, everything declared kept, an etag, times', async () => {
    const { machines } = await startGrpc();
    const machine = await machines.registerMachine({
      machine: { machineId: 'machine-1', spec: SPEC, labels: { tier: 'gold' } },
    });
    expect(machine).toMatchObject({ machineId: 'machine-1', spec: SPEC, labels: { tier: 'gold' } });
    expect(machine.status).toMatchObject({
      phase: MachineStatus_Phase.FACTORY_READY,
      effectiveState: MachineStatus_Phase.FACTORY_READY,
      conditions: [],
      activeRunId: '',
    });
    expect(machine.etag).not.toBe('');
    expect(machine.createdAt).toEqual(machine.updatedAt);
    expect(await machines.getMachine({ machineId: 'machine-1' })).toEqual(machine);
  });

  it('makes an id where there is none', async () => {
    const { machines } = await startGrpc();
    const machine = await machines.registerMachine({ machine: { spec: { provider: 'fake' } } });
    expect(machine.machineId).toMatch(/^[a-z0-9.-]{1,63}$/);
    expect((await machines.listMachines({})).machines).toHaveLength(1);
  });

  it('ignores status and times of a client, and takes what it gave back as it came', async () => {
    const { machines } = await startGrpc();
    const first = await machines.registerMachine({
      machine: {
        machineId: 'machine-1',
        spec: SPEC,
        status: { phase: MachineStatus_Phase.IN_SERVICE, activeRunId: 'run' },
        createdAt: { seconds: 1n },
      },
    });
    expect(first.status).toMatchObject({ phase: MachineStatus_Phase.FACTORY_READY, activeRunId: '' });
    expect(first.createdAt?.seconds).toBeGreaterThan(1n);
    expect(await machines.registerMachine({ machine: first })).toEqual(first);
    expect(await machines.updateMachine({ machine: first })).toEqual(first);
  });

  it('updates spec and labels of a known one, and never its status; unchanged: no event', async () => {
    const { machines } = await startGrpc();
    await machines.registerMachine({ machine: { machineId: 'machine-1', spec: SPEC } });
    const maintained = await machines.enterMaintenance({ machineId: 'machine-1', requestId: 'r', reason: 'fan' });
    const watched = new Watched((signal) => machines.watchMachines({}, { signal }));
    await watched.next();
    const machine = { machineId: 'machine-1', spec: { ...SPEC, rack: 'r2' } };
    const updated = await machines.registerMachine({ machine });
    expect(updated.spec?.rack).toBe('r2');
    expect(updated.status).toEqual(maintained.status);
    expect(updated.etag).not.toBe(maintained.etag);
    expect(await machines.registerMachine({ machine })).toEqual(updated);
    await machines.registerMachine({ machine: { ...machine, labels: { tier: 'gold' } } });
    const events = await watched.take(2);
    expect(events.map(({ kind, message }) => [kind, message])).toEqual([
      ['UPDATED', 'machine machine-1 updated: spec.rack'],
      ['UPDATED', 'machine machine-1 updated: labels'],
    ]);
  });

  it('refuses a stale etag, and an etag covers spec and labels alone', async () => {
    const { machines } = await startGrpc();
    const first = await machines.registerMachine({ machine: { machineId: 'machine-1', spec: SPEC } });
    const maintained = await machines.enterMaintenance({ machineId: 'machine-1', requestId: 'r', reason: 'fan' });
    expect(maintained.etag).toBe(first.etag);
    const change = { machineId: 'machine-1', spec: { ...SPEC, rack: 'r2' }, etag: first.etag };
    await machines.registerMachine({ machine: change });
    const again = { ...change, spec: { ...SPEC, rack: 'r3' } };
    for (const call of [machines.registerMachine({ machine: again }), machines.updateMachine({ machine: again })]) {
      expect(await refusal(call)).toMatchObject({ codeName: 'ABORTED', reason: 'STALE_ETAG' });
    }
  });

  it.each([
    ['MAC address', { macAddresses: ['02-00-00-00-00-01'] }],
    ['serial', { serial: 'sn-1' }],
    ['BMC address', { bmcAddress: '198.51.100.1' }],
  ])('refuses a %s that another machine holds, naming it', async (name, identity) => {
    const { machines } = await startGrpc();
    await machines.registerMachine({ machine: { machineId: 'machine-1', spec: SPEC } });
    const told = await refusal(
      machines.registerMachine({ machine: { machineId: 'machine-2', spec: { provider: 'fake', ...identity } } }),
    );
    expect(told).toMatchObject({ codeName: 'ALREADY_EXISTS', reason: 'IDENTITY_TAKEN' });
    expect(told.metadata).toMatchObject({ machine_id: 'machine-1' });
    expect(told.message).toContain(name);
    expect((await machines.listMachines({})).machines).toHaveLength(1);
  });

  it('refuses an unknown provider, naming those that there are', async () => {
    const { machines } = await startGrpc();
    const told = await refusal(machines.registerMachine({ machine: { spec: { provider: 'redfish' } } }));
    expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' });
    expect(told.fieldViolations.map(({ field }) => field)).toEqual(['machine.spec.provider']);
    expect(told.message).toContain('fake');
  });

  it('takes no provider for the first one that the server has', async () => {
    const { machines } = await startGrpc();
    const machine = { machineId: 'machine-1', spec: { rack: 'r1' } };
    const first = await machines.registerMachine({ machine });
    expect(first.spec?.provider).toBe('fake');
    expect(await machines.registerMachine({ machine })).toEqual(first);
  });

  it.each([
    ['no machine', {}, ['machine']],
    [
      'everything that is wrong at once',
      { machine: { machineId: '-', spec: { macAddresses: ['xx'], rack: 'r\n1' }, labels: { '': 'x' } } },
      ['machine.machine_id', 'machine.spec.mac_addresses[0]', 'machine.spec.rack', 'machine.labels.'],
    ],
    ['a malformed id', { machine: { machineId: 'Machine 1', spec: SPEC } }, ['machine.machine_id']],
  ])('refuses %s', async (_, request, fields) => {
    const { machines } = await startGrpc();
    const told = await refusal(machines.registerMachine(request));
    expect(told.codeName).toBe('INVALID_ARGUMENT');
    expect(told.fieldViolations.map(({ field }) => field)).toEqual(fields);
  });

  it('keeps provider and identities of a machine that is busy; labels and the rest may change', async () => {
    const { machines, start } = await startGrpc();
    const machine = { machineId: 'machine-1', spec: { ...SPEC, provider: 'gated' } };
    await machines.registerMachine({ machine });
    await start('machine-1');
    const told = await refusal(
      machines.registerMachine({ machine: { ...machine, spec: { ...machine.spec, serial: 'SN-2' } } }),
    );
    expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason: 'MACHINE_BUSY' });
    const moved = await machines.registerMachine({ machine: { ...machine, spec: { ...machine.spec, rack: 'r2' } } });
    expect(moved.spec?.rack).toBe('r2');
  });
});

describe('UpdateMachine', () => {
  const labels = { tier: 'gold', 'app.example/role': 'db' };

  async function withMachine() {
    const grpc = await startGrpc();
    await grpc.machines.registerMachine({ machine: { machineId: 'machine-1', spec: SPEC, labels } });
    const update = (machine: object, paths?: string[]) =>
      grpc.machines.updateMachine({
        machine: { machineId: 'machine-1', ...machine },
        ...(paths === undefined ? {} : { updateMask: { paths } }),
      });
    return { ...grpc, update };
  }

  it('without a mask replaces spec and labels whole, each if present', async () => {
    const { update } = await withMachine();
    const bySpec = await update({ spec: { provider: 'fake', rack: 'r7' } });
    expect(bySpec.spec).toMatchObject({ rack: 'r7', serial: '', macAddresses: [] });
    expect(bySpec.labels).toEqual(labels);
    const byLabels = await update({ labels: { only: 'this' } });
    expect(byLabels.labels).toEqual({ only: 'this' });
    expect(byLabels.spec).toEqual(bySpec.spec);
  });

  it('with a mask changes what it names and nothing else', async () => {
    const { update } = await withMachine();
    const machine = { spec: { rack: 'r8', serial: 'SN-9', targetCluster: { clusterId: 'prod-b' } } };
    const racked = await update(machine, ['spec.rack', 'spec.target_cluster.cluster_id']);
    expect(racked.spec).toMatchObject({
      ...SPEC,
      rack: 'r8',
      targetCluster: { clusterId: 'prod-b', kubeconfigSecretRef: 'file:/etc/kube' },
    });
    const labelled = await update({ labels: { 'app.example/role': 'web' } }, [
      'labels.app.example/role',
      'labels.tier',
    ]);
    expect(labelled.labels).toEqual({ 'app.example/role': 'web' });
    const cleared = await update({}, ['labels', 'spec.target_cluster']);
    expect(cleared.labels).toEqual({});
    expect(cleared.spec?.targetCluster).toBeUndefined();
  });

  it('takes a mask that names output fields, and nothing comes of them', async () => {
    const { update, machines } = await withMachine();
    const before = await machines.getMachine({ machineId: 'machine-1' });
    const status = { phase: MachineStatus_Phase.RETIRED };
    expect(await update({ status }, ['status.phase', 'etag', 'created_at'])).toEqual(before);
  });

  it.each([[['rack']], [['spec.colour']], [['spec.rack.row']], [['labels.']]])(
    'refuses a mask of %j',
    async (paths) => {
      const { update } = await withMachine();
      const told = await refusal(update({}, paths));
      expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', fieldViolations: [{ field: 'update_mask' }] });
      expect(told.message).toContain(paths[0]);
    },
  );

  it('refuses a machine that is not there, and a result that would be wrong', async () => {
    const { update, machines } = await withMachine();
    expect(await refusal(machines.updateMachine({ machine: { machineId: 'machine-9' } }))).toMatchObject({
      codeName: 'NOT_FOUND',
      reason: 'MACHINE_NOT_FOUND',
    });
    for (const [spec, path, field] of [
      [{ provider: 'redfish' }, 'spec.provider', 'machine.spec.provider'],
      [{ macAddresses: ['xx'] }, 'spec.mac_addresses', 'machine.spec.mac_addresses[0]'],
    ] as const) {
      const told = await refusal(update({ spec }, [path]));
      expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', fieldViolations: [{ field }] });
    }
  });
});
