import { expect, it } from 'vitest';
import { WaitingFor_Kind } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import { Fleet } from '../support/fleet.ts';
import { startGrpc } from '../support/grpc.ts';

it('a run that its server has left is told as recovering until another takes it up', async () => {
  const { register, start, store, gated, info, machines, runs, ended } = await startGrpc({ maxRuns: 1 });
  await register('machine-1', { spec: { provider: 'gated' } });
  const first = await start('machine-1');
  const call = await gated.next();
  // The server is full, so that it leaves this run to another one; which then goes.
  const fleet = new Fleet(store);
  await fleet.register('machine-2', { provider: 'gated' });
  const held = await fleet.startAndBegin('machine-2', { runId: 'left0000behind00' }, 'another');
  await fleet.announce(held);
  await store.release(held, 'another');

  const { recoveringRuns } = await recovered(info, 1);
  expect(recoveringRuns).toBe(1);
  const waitingFor = { kind: WaitingFor_Kind.RECOVERY, runId: held.runId, step: 'reboot' };
  expect(await runs.getRun({ runId: held.runId })).toMatchObject({ waitingFor });
  const list = await machines.listMachines({ filter: 'machine_id=machine-2' });
  expect(list.machines).toMatchObject([{ status: { waitingFor } }]);

  call.finish();
  await ended(first.runId);
  gated.release();
  await ended(held.runId);
  expect(await recovered(info, 0)).toMatchObject({ recoveringRuns: 0 });
});

/** What the server says of itself once it counts so many; the count may be half a second old. */
async function recovered(info: Awaited<ReturnType<typeof startGrpc>>['info'], count: number) {
  for (;;) {
    const about = await info.getServerInfo({});
    if (about.recoveringRuns === count) return about;
  }
}
