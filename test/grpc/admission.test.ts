import { describe, expect, it } from 'vitest';
import { Run_Phase } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import { startGrpc } from '../support/grpc.ts';

const LIMIT = 20;
const RACKS = 5;
const MACHINES = 500;
const CLIENTS = 10;

const admission = [{ kind: 'rack', name: '', most: LIMIT }] as const;

describe('limits by rack', () => {
  it('hold for bursts of starts from many clients: never more than so many in a rack, and all come to their end', async () => {
    const { register, runs, events, info } = await startGrpc({ admission });
    const machines = Array.from({ length: MACHINES }, (_, at) => ({ id: `machine-${at}`, rack: `r${at % RACKS}` }));
    await Promise.all(machines.map(({ id, rack }) => register(id, { spec: { provider: 'fake', rack } })));
    const rackOf = new Map(machines.map(({ id, rack }) => [id, rack]));
    const burst = async (client: number) => {
      for (const [at, { id }] of machines.entries()) {
        if (at % CLIENTS === client) await runs.startRun({ machineId: id, requestId: 'burst', type: 'REBOOT' });
      }
    };
    const { cursor } = await events.listEvents({ pageSize: 1 });
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => burst(client)));
    const under = new Map<string, number>();
    const most = new Map<string, number>();
    let ended = 0;
    for await (const { event } of events.watchEvents({ filter: 'subject=run', afterCursor: cursor })) {
      const rack = rackOf.get(event?.machineId ?? '') ?? '';
      if (event?.kind === 'STARTED') {
        const now = (under.get(rack) ?? 0) + 1;
        under.set(rack, now);
        most.set(rack, Math.max(now, most.get(rack) ?? 0));
      }
      if (event?.kind === 'SUCCEEDED') {
        under.set(rack, (under.get(rack) ?? 0) - 1);
        ended += 1;
      }
      if (ended === MACHINES) break;
    }
    expect(Math.max(...most.values())).toBeLessThanOrEqual(LIMIT);
    expect(most.size).toBe(RACKS);
    expect((await info.getCounts({})).scopes).toEqual([expect.objectContaining({ scope: 'server' })]);
  });

  it('leave who waits PENDING, with its place and what is full, until a place is free', async () => {
    const { register, runs, machines, info, gated, ended } = await startGrpc({
      admission: [{ kind: 'rack', name: 'r1', most: 1 }],
    });
    for (const id of ['a', 'b', 'c']) await register(id, { spec: { provider: 'gated', rack: 'r1' } });
    const start = async (machineId: string) =>
      (await runs.startRun({ machineId, requestId: 'one', type: 'REBOOT' })).runId;
    const first = await start('a');
    const before = await gated.next();
    const accepted = [await start('b'), await start('c')];
    const { runs: pending } = await runs.listRuns({ filter: 'phase=PENDING' });
    // Which of two of the same millisecond comes first is for the queue to say.
    const place = ({ waitingFor }: (typeof pending)[number]) => waitingFor?.queuePosition ?? 0;
    const inOrder = pending.toSorted((a, b) => place(a) - place(b));
    const [second, third] = inOrder.map(({ runId }) => runId);
    if (second === undefined || third === undefined) throw new Error('both should wait');
    expect(new Set([second, third])).toEqual(new Set(accepted));
    const waiting = async (runId: string) => (await runs.getRun({ runId })).waitingFor;
    expect(await waiting(third)).toMatchObject({ kind: WaitingFor_Kind.SLOT, scope: 'rack=r1', queuePosition: 2 });
    expect(inOrder.map(place)).toEqual([1, 2]);
    const machine = await machines.getMachine({ machineId: inOrder[0]?.machineId ?? '' });
    expect(machine.status?.waitingFor).toMatchObject({ kind: WaitingFor_Kind.SLOT, detail: 'a place in rack=r1' });
    expect((await info.getCounts({})).scopes.at(-1)).toMatchObject({ scope: 'rack=r1', limit: 1, used: 1, waiting: 2 });
    before.finish();
    await ended(first);
    const call = await gated.next();
    expect((await runs.getRun({ runId: second })).phase).toBe(Run_Phase.RUNNING);
    expect(await waiting(third)).toMatchObject({ kind: WaitingFor_Kind.SLOT, queuePosition: 1 });
    // A cancel that holds nothing lets the next one in as well.
    await runs.cancelRun({ runId: third });
    call.finish();
    await ended(second);
  });
});
