import { describe, expect, it } from 'vitest';
import type { Machine } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { as, refusal, startGrpc } from '../support/grpc.ts';

const SPEC = { provider: 'fake', serial: 'SN-1', macAddresses: ['02:00:00:00:00:01'], bmcAddress: '198.51.100.1' };

interface Request {
  readonly machineId: string;
  readonly requestId: string;
  readonly reason: string;
}

/** A repair: how a machine comes to where it is possible, and the call, once as it is meant and once with other content. */
interface Repair {
  readonly name: string;
  readonly before: (grpc: Grpc) => Promise<unknown>;
  readonly call: (grpc: Grpc, request: Request) => Promise<Machine>;
  readonly otherwise: (grpc: Grpc, request: Request) => Promise<Machine>;
  readonly differs: string;
  readonly kinds: readonly string[];
}

const nothing = async () => {};
const enter = ({ machines }: Grpc, request: Request) => machines.enterMaintenance(request, as('erin'));
const exit = ({ machines }: Grpc, request: Request) => machines.exitMaintenance(request, as('erin'));
const resolve = ({ machines }: Grpc, request: Request) => machines.resolveIntervention(request, as('erin'));
const retire = ({ machines }: Grpc, request: Request) => machines.retireMachine(request, as('erin'));
const before = (call: Repair['call']) => (grpc: Grpc) =>
  call(grpc, { machineId: 'machine-1', requestId: 'before', reason: 'before' });

const REPAIRS: readonly Repair[] = [
  {
    name: 'EnterMaintenance',
    before: nothing,
    call: enter,
    otherwise: exit,
    differs: 'it was EnterMaintenance',
    kinds: ['MAINTENANCE_ENTERED'],
  },
  {
    name: 'ExitMaintenance',
    before: before(enter),
    call: exit,
    otherwise: enter,
    differs: 'it was ExitMaintenance',
    kinds: ['MAINTENANCE_EXITED'],
  },
  {
    name: 'ResolveIntervention',
    before: async ({ start, runs, gated, ended }) => {
      const { runId } = await start('machine-1');
      const call = await gated.next();
      await runs.cancelRun({ runId });
      call.finish();
      await ended(runId);
    },
    call: resolve,
    otherwise: ({ machines }, request) => machines.resolveIntervention({ ...request, releaseStuck: true }),
    differs: 'release_stuck was false, is true',
    kinds: ['INTERVENTION_RESOLVED'],
  },
  {
    name: 'CompleteRma',
    before: async ({ start, ended, gated }) => {
      const { runId } = await start('machine-1', { planId: 'rma', params: { reason: 'fan' } });
      for (let step = 0; step < 3; step += 1) (await gated.next()).finish();
      await ended(runId);
    },
    call: ({ machines }, request) => machines.completeRma({ ...request, serial: 'SN-2' }, as('erin')),
    otherwise: ({ machines }, request) => machines.completeRma({ ...request, serial: 'SN-3' }),
    differs: 'serial was "SN-2", is "SN-3"',
    kinds: ['RMA_COMPLETED'],
  },
  {
    name: 'RetireMachine',
    before: nothing,
    call: retire,
    otherwise: ({ machines }, request) => machines.retireMachine({ ...request, source: 'cmdb' }),
    differs: 'source was not given, is "cmdb"',
    kinds: ['MACHINE_RETIRED'],
  },
  {
    name: 'DeleteMachine',
    before: nothing,
    call: ({ machines }, request) => machines.deleteMachine(request, as('erin')),
    otherwise: retire,
    differs: 'it was DeleteMachine',
    kinds: ['DELETED'],
  },
];

describe.each(REPAIRS)('$name', ({ before: prepare, call, otherwise, differs, kinds }) => {
  const request = { machineId: 'machine-1', requestId: 'r', reason: 'the fan is bad' };
  const open = async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', { spec: { ...SPEC, provider: 'gated' } });
    await prepare(grpc);
    return grpc;
  };
  const eventsOf = async ({ events }: Grpc) => (await events.listEvents({ filter: 'machine_id=machine-1' })).events;

  it.each([
    ['request_id', { ...request, requestId: '' }],
    ['reason', { ...request, reason: '' }],
    ['reason', { ...request, reason: '  ' }],
    ['machine_id', { ...request, machineId: '' }],
  ])('needs a %s', async (field, wrong) => {
    const grpc = await open();
    const told = await refusal(call(grpc, wrong));
    expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', fieldViolations: [{ field }] });
  });

  it('is in the audit trail with who and why; the same request once more gives the same answer and nothing else', async () => {
    const grpc = await open();
    const past = (await eventsOf(grpc)).length;
    const first = await call(grpc, request);
    const trail = await eventsOf(grpc);
    expect(trail.slice(past).map(({ kind, actor, reason, requestId }) => ({ kind, actor, reason, requestId }))).toEqual(
      kinds.map((kind) => ({ kind, actor: 'erin', reason: request.reason, requestId: 'r' })),
    );
    const again = await call(grpc, request);
    if (kinds.includes('DELETED')) expect(again.machineId).toBe('machine-1');
    else expect(again).toEqual(first);
    expect(await eventsOf(grpc)).toEqual(trail);
  });

  it('is refused with the same request id and another content, saying what differs; nothing happens', async () => {
    const grpc = await open();
    await call(grpc, request);
    const trail = await eventsOf(grpc);
    const told = await refusal(otherwise(grpc, request));
    expect(told).toMatchObject({ codeName: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
    expect(told.message).toContain(differs);
    expect(await eventsOf(grpc)).toEqual(trail);
  });
});

describe('repairs', () => {
  it('ResolveIntervention with release_stuck frees a held machine, and the old call can write no more', async () => {
    const { register, start, runs, machines, gated } = await startGrpc();
    await register('machine-1', { spec: { provider: 'gated' } });
    const { runId } = await start('machine-1');
    const call = await gated.next();
    await runs.cancelRun({ runId });
    const request = { machineId: 'machine-1', requestId: 'r', reason: 'pulled the plug' };
    const seen = await machines.resolveIntervention(request);
    expect(seen.status).toMatchObject({ stoppingRunId: runId, phase: MachineStatus_Phase.MAINTENANCE });
    expect(await refusal(start('machine-1', { requestId: 'next' }))).toMatchObject({ reason: 'STOPPING' });
    const free = await machines.resolveIntervention({ ...request, requestId: 'r2', releaseStuck: true });
    expect(free.status).toMatchObject({ stoppingRunId: '', phase: MachineStatus_Phase.MAINTENANCE });
    expect(free.status?.conditions.filter(({ status }) => status)).toEqual([]);
    const next = await start('machine-1', { requestId: 'next' });
    expect((await gated.next()).runId).toBe(next.runId);
    const before = await runs.getRun({ runId });
    call.finish();
    await runs.cancelRun({ runId: next.runId });
    expect(await runs.getRun({ runId })).toEqual(before);
  });

  it('CompleteRma puts new hardware under the old name', async () => {
    const { register, start, ended, machines } = await startGrpc();
    await register('machine-1', { spec: SPEC });
    await ended((await start('machine-1', { planId: 'rma', params: { reason: 'fan' } })).runId);
    const back = await machines.completeRma({
      machineId: 'machine-1',
      requestId: 'r',
      reason: 'board replaced',
      serial: 'SN-2',
    });
    expect(back.status?.phase).toBe(MachineStatus_Phase.FACTORY_READY);
    expect(back.spec).toMatchObject({ ...SPEC, serial: 'SN-2' });
    // The old serial is free again.
    await machines.registerMachine({ machine: { spec: { provider: 'fake', serial: 'SN-1' } } });
  });

  it('CompleteRma refuses an address that is none', async () => {
    const { register, machines } = await startGrpc();
    await register('machine-1');
    const request = { machineId: 'machine-1', requestId: 'r', reason: 'board', macAddresses: ['02:00'] };
    const told = await refusal(machines.completeRma(request));
    expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', fieldViolations: [{ field: 'mac_addresses[0]' }] });
  });

  it('DeleteMachine forgets it and answers it as it was; repeated, it answers its name', async () => {
    const { register, machines } = await startGrpc();
    const machine = await register('machine-1', { spec: SPEC });
    const request = { machineId: 'machine-1', requestId: 'r', reason: 'sold' };
    expect(await machines.deleteMachine(request)).toEqual(machine);
    expect(await refusal(machines.getMachine({ machineId: 'machine-1' }))).toMatchObject({ codeName: 'NOT_FOUND' });
    expect((await machines.deleteMachine(request)).machineId).toBe('machine-1');
  });
});
