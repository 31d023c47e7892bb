import { describe, expect, it } from 'vitest';
import type { MachineEvent } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import { MachineStatus_PhaseSchema } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { as, nameOf, startGrpc, Watched } from '../support/grpc.ts';

function watchingMachines({ machines }: Grpc, filter = '', afterCursor = ''): Watched<MachineEvent> {
  return new Watched((signal) => machines.watchMachines({ filter, afterCursor }, { signal }));
}

describe('WatchMachines', () => {
  it('opens with the machines that match, and tells every later change of them', async () => {
    const grpc = await startGrpc();
    for (const id of ['machine-1', 'machine-2']) await grpc.register(id, { spec: { provider: 'fake', rack: 'r1' } });
    const watched = watchingMachines(grpc, 'rack=r1');
    const opening = await watched.take(2);
    expect(opening.map(({ kind, cursor }) => [kind, cursor !== ''])).toEqual([
      ['SNAPSHOT', false],
      ['SNAPSHOT', true],
    ]);
    await grpc.register('machine-3', { spec: { provider: 'fake', rack: 'r2' } });
    await grpc.register('machine-4', { spec: { provider: 'fake', rack: 'r1' } });
    await grpc.machines.updateMachine(
      { machine: { machineId: 'machine-1', spec: { rack: 'r2' } }, updateMask: { paths: ['spec.rack'] } },
      as('carol'),
    );
    await grpc.machines.updateMachine({
      machine: { machineId: 'machine-1', spec: { rack: 'r3' } },
      updateMask: { paths: ['spec.rack'] },
    });
    await grpc.machines.deleteMachine({ machineId: 'machine-2', requestId: 'd', reason: 'sold' }, as('dora'));
    const events = await watched.take(3);
    expect(events.map(({ kind, actor, snapshot }) => [kind, actor, snapshot?.machineId, snapshot?.spec?.rack])).toEqual(
      [
        ['REGISTERED', 'anonymous', 'machine-4', 'r1'],
        ['LEFT', 'carol', 'machine-1', 'r2'],
        ['DELETED', 'dora', 'machine-2', 'r1'],
      ],
    );
    expect(events[2]).toMatchObject({ reason: 'sold', revision: 2n });
  });

  it('shows a repave pass PROVISIONING, READY and IN_SERVICE', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', { spec: { provider: 'fake', targetCluster: { clusterId: 'prod-a' } } });
    const watched = watchingMachines(grpc);
    const { cursor } = await watched.next();
    await grpc.start('machine-1', { planId: 'repave-join' });
    const events = await watched.until(({ kind }) => kind === 'REPAVED_AND_JOINED');
    const phases = events.map(({ snapshot }) => nameOf(MachineStatus_PhaseSchema, snapshot?.status?.phase));
    expect(phases).toEqual(['PROVISIONING', 'READY', 'IN_SERVICE']);
    expect(events.map(({ snapshot }) => nameOf(MachineStatus_PhaseSchema, snapshot?.status?.effectiveState))).toEqual([
      'PROVISIONING',
      'PROVISIONING',
      'IN_SERVICE',
    ]);
    expect(await watchingMachines(grpc, '', cursor).take(3)).toEqual(events);
  });
});
