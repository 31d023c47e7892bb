import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/ports/clock.ts';
import { systemClock } from '../../src/server/clock.ts';
import { MachineStatus_Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { WaitingFor_Kind } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { refusal, startGrpc } from '../support/grpc.ts';

/** The system's clock, but for the hours that a test lets pass at once. */
class Hours implements Clock {
  #passed = 0;
  readonly monotonic = systemClock.monotonic;
  readonly after = systemClock.after;

  now(): number {
    return systemClock.now() + this.#passed;
  }

  pass(hours: number): void {
    this.#passed += hours * 3_600_000;
  }
}

async function opened(limits = {}): Promise<{ grpc: Grpc; clock: Hours }> {
  const clock = new Hours();
  return { grpc: await startGrpc({ clock, limits }), clock };
}

describe('ListMachines with as_of', () => {
  it('shows the fleet as it was', async () => {
    const { grpc, clock } = await opened();
    const spec = { provider: 'gated', rack: 'r1' };
    for (const id of ['machine-1', 'machine-2']) await grpc.register(id, { spec });
    const first = timestampFromMs(clock.now());
    clock.pass(1);
    const { runId } = await grpc.start('machine-1');
    await grpc.gated.next();
    const second = timestampFromMs(clock.now());
    clock.pass(1);
    await grpc.machines.deleteMachine({ machineId: 'machine-2', requestId: 'd', reason: 'sold' });
    grpc.gated.release();
    await grpc.ended(runId);
    await grpc.register('machine-3', { spec });

    const then = await grpc.machines.listMachines({ asOf: first });
    expect(then.machines.map(({ machineId, status }) => [machineId, status?.effectiveState])).toEqual([
      ['machine-1', MachineStatus_Phase.FACTORY_READY],
      ['machine-2', MachineStatus_Phase.FACTORY_READY],
    ]);
    expect(then.totalSize).toBe(2);
    const busy = await grpc.machines.listMachines({ asOf: second, filter: 'effective_state=PROVISIONING' });
    expect(busy.machines).toMatchObject([
      {
        machineId: 'machine-1',
        status: { activeRunId: runId, waitingFor: { kind: WaitingFor_Kind.PROVIDER, step: 'reboot' } },
      },
    ]);
    const now = await grpc.machines.listMachines({ asOf: timestampFromMs(clock.now()) });
    expect(now.machines).toEqual((await grpc.machines.listMachines({})).machines);
  });

  it('comes in pages that are of one time', async () => {
    const { grpc, clock } = await opened();
    for (const n of [1, 2, 3]) await grpc.register(`machine-${n}`);
    const asOf = timestampFromMs(clock.now());
    clock.pass(1);
    for (const n of [1, 2, 3]) await grpc.register(`machine-${n}`, { spec: { provider: 'fake', rack: 'r9' } });
    const first = await grpc.machines.listMachines({ asOf, pageSize: 2, orderBy: 'machine_id desc' });
    expect(first).toMatchObject({ machines: [{ machineId: 'machine-3' }, { machineId: 'machine-2' }], totalSize: 3 });
    const pageToken = first.nextPageToken;
    const second = await grpc.machines.listMachines({ asOf, pageSize: 2, orderBy: 'machine_id desc', pageToken });
    expect(second).toMatchObject({ machines: [{ machineId: 'machine-1', spec: { rack: '' } }], nextPageToken: '' });
    const other = grpc.machines.listMachines({ pageSize: 2, orderBy: 'machine_id desc', pageToken });
    expect((await refusal(other)).fieldViolations[0]?.field).toBe('page_token');
  });

  it('names the earliest time that is known, in the refusal and in GetServerInfo', async () => {
    const { grpc, clock } = await opened({ events: 2 });
    await grpc.register('machine-1');
    const early = timestampFromMs(clock.now());
    clock.pass(1);
    for (const n of [2, 3, 4]) await grpc.register(`machine-${n}`);
    const told = await refusal(grpc.machines.listMachines({ asOf: early }));
    expect(told).toMatchObject({ codeName: 'OUT_OF_RANGE', reason: 'BEFORE_HISTORY' });
    const earliest = (await grpc.info.getServerInfo({})).limits?.earliestEvent;
    expect(told.metadata.earliest).toBe(
      new Date(Number(earliest?.seconds) * 1_000 + (earliest?.nanos ?? 0) / 1e6).toISOString(),
    );
    expect(told.message).toContain(told.metadata.earliest);
    expect((await grpc.machines.listMachines({ asOf: earliest })).machines.length).toBeGreaterThan(0);
  });

  it('refuses the future, and what is no time', async () => {
    const { grpc, clock } = await opened();
    for (const asOf of [timestampFromMs(clock.now() + 3_600_000), { seconds: 1n << 60n }]) {
      const told = await refusal(grpc.machines.listMachines({ asOf }));
      expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', fieldViolations: [{ field: 'as_of' }] });
    }
  });
});
