import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/ports/store.ts';
import { describeError } from '../../src/wire/errors.ts';
import type { RegisterMachinesResponse } from '../../src/wire/gen/baremetal/v1/machine_service_pb.ts';
import { RegisterMachinesResult_OutcomeSchema } from '../../src/wire/gen/baremetal/v1/machine_service_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { nameOf, refusal, startGrpc } from '../support/grpc.ts';

/** A machine as it is sent; its serial, MAC and BMC are made of its number. */
function machine(n: number, spec: object = {}) {
  const mac = `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
  return {
    machineId: `m${n}`,
    spec: { provider: 'fake', macAddresses: [mac], serial: `SN-${n}`, bmcAddress: `bmc-${n}.example`, ...spec },
  };
}

/** `m1 CREATED`, with the fields that changed, or the sentence of the refusal. */
function told({ results }: RegisterMachinesResponse): string[] {
  return results.map(({ machineId, outcome, changedFields, error }) => {
    const why = [...changedFields, error?.message ?? ''].join(' ').trim();
    return `${machineId} ${nameOf(RegisterMachinesResult_OutcomeSchema, outcome).replace('OUTCOME_', '')} ${why}`.trim();
  });
}

async function idsOf({ machines }: Grpc): Promise<string[]> {
  return (await machines.listMachines({})).machines.map(({ machineId }) => machineId);
}

describe('RegisterMachines', () => {
  it('answers each on its own: created, updated with its fields, unchanged', async () => {
    const { machines, store } = await startGrpc();
    const first = await machines.registerMachines({ machines: [machine(1), machine(2)] });
    expect(told(first)).toEqual(['m1 CREATED', 'm2 CREATED']);
    const again = await machines.registerMachines({
      machines: [machine(3), machine(1), { ...machine(2, { rack: 'r2', model: 'R650' }), labels: { tier: 'gold' } }],
    });
    expect(told(again)).toEqual(['m3 CREATED', 'm1 UNCHANGED', 'm2 UPDATED spec.rack spec.model labels']);
    expect(again).toMatchObject({ created: 1, updated: 1, unchanged: 1, refused: 0 });
    expect(again.results.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect((await store.machine('m2'))?.spec.rack).toBe('r2');
  });

  it('the same again is no event', async () => {
    const { machines, store } = await startGrpc();
    const request = { machines: Array.from({ length: 600 }, (_, n) => machine(n)) };
    expect(await machines.registerMachines(request)).toMatchObject({ created: 600 });
    const head = await store.head();
    for (const atomic of [false, true]) {
      expect(await machines.registerMachines({ ...request, atomic })).toMatchObject({ unchanged: 600, refused: 0 });
    }
    expect(await store.head()).toBe(head);
  });

  it('makes an id where there is none, and tells it', async () => {
    const grpc = await startGrpc();
    const { results } = await grpc.machines.registerMachines({
      machines: [{ spec: { provider: 'fake' } }, { spec: { provider: 'fake' } }],
    });
    expect(new Set(results.map(({ machineId }) => machineId)).size).toBe(2);
    expect(await idsOf(grpc)).toEqual(results.map(({ machineId }) => machineId).sort());
  });

  it('one that is refused hides none of the others, and says why as RegisterMachine does', async () => {
    const grpc = await startGrpc();
    await grpc.machines.registerMachines({ machines: [machine(1)] });
    const bad = { ...machine(2), spec: { provider: 'fake', macAddresses: ['nonsense'], bmcAddress: ' :' } };
    const answer = await grpc.machines.registerMachines({
      machines: [
        bad,
        machine(3),
        { ...machine(3), labels: { a: 'b' } },
        machine(4, { serial: 'sn-1' }),
        machine(5, { bmcAddress: 'BMC-3.example' }),
        machine(6, { provider: 'none' }),
        { ...machine(1, { rack: 'r9' }), etag: 'stale' },
        machine(7),
      ],
    });
    expect(told(answer).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'm2 REFUSED',
      'm3 CREATED',
      'm3 REFUSED',
      'm4 REFUSED',
      'm5 REFUSED',
      'm6 REFUSED',
      'm1 REFUSED',
      'm7 CREATED',
    ]);
    expect(answer).toMatchObject({ created: 2, refused: 6 });
    const why = answer.results.map(({ error }) => error?.message ?? '');
    expect(why[2]).toBe('machine.machine_id: is that of machines[1] already');
    expect(why[3]).toBe('serial SN-1 of machine m4 belongs to machine m1');
    expect(why[4]).toBe('BMC address bmc-3.example of machine m5 is that of machines[1] (m3) already');
    expect(why[5]).toMatch(/there is no provider "none"/);
    expect(why[6]).toMatch(/has changed since it was read/);
    const alone = await grpc.machines.registerMachine({ machine: bad }).catch(describeError);
    expect(alone).toMatchObject({ message: why[0] });
    expect(answer.results[0]?.error?.details.map(({ typeUrl }) => typeUrl)).toEqual([
      'type.googleapis.com/google.rpc.ErrorInfo',
      'type.googleapis.com/google.rpc.BadRequest',
    ]);
    expect(await idsOf(grpc)).toEqual(['m1', 'm3', 'm7']);
  });

  it('atomic: all of them, or not one', async () => {
    const grpc = await startGrpc();
    await grpc.machines.registerMachines({ machines: [machine(1)] });
    const head = await grpc.store.head();
    const some = [machine(2), machine(1), machine(1 + 256, { serial: 'SN-1' }), machine(1 + 512)];
    const refused = await grpc.machines.registerMachines({ machines: some, atomic: true });
    expect(told(refused)).toEqual([
      'm2 NOT_APPLIED',
      'm1 UNCHANGED',
      'm257 REFUSED serial SN-1 of machine m257 belongs to machine m1',
      'm513 NOT_APPLIED',
    ]);
    const malformed = [machine(2), { ...machine(3), machineId: 'No Name' }];
    expect(told(await grpc.machines.registerMachines({ machines: malformed, atomic: true }))[0]).toBe('m2 NOT_APPLIED');
    expect(await grpc.store.head()).toBe(head);
    const good = [machine(2), machine(1, { rack: 'r9' })];
    const done = await grpc.machines.registerMachines({ machines: good, atomic: true });
    expect(told(done)).toEqual(['m2 CREATED', 'm1 UPDATED spec.rack']);
    expect(await idsOf(grpc)).toEqual(['m1', 'm2']);
  });

  it('atomic: decides anew where a machine changed under it', async () => {
    let meddle: (() => Promise<unknown>) | null = null;
    const grpc = await startGrpc({
      wrapStore: (store): Store => ({
        ...store,
        commitAll: async (changes) => {
          await meddle?.();
          meddle = null;
          return store.commitAll(changes);
        },
      }),
    });
    await grpc.machines.registerMachines({ machines: [machine(1)] });
    meddle = () => grpc.machines.registerMachine({ machine: machine(1, { rack: 'r5' }) });
    const machines = [machine(1, { rack: 'r5' }), machine(2)];
    expect(told(await grpc.machines.registerMachines({ machines, atomic: true }))).toEqual([
      'm1 UNCHANGED',
      'm2 CREATED',
    ]);
  });

  it.each([false, true])('machines hand identities on to each other (atomic: %s)', async (atomic) => {
    const grpc = await startGrpc();
    await grpc.machines.registerMachines({ machines: [machine(1), machine(2), machine(3)] });
    const swap = [machine(1, { serial: 'SN-2' }), machine(2, { serial: 'SN-1' }), machine(3, { rack: 'r3' })];
    expect(told(await grpc.machines.registerMachines({ machines: swap, atomic }))).toEqual([
      'm1 UPDATED spec.serial',
      'm2 UPDATED spec.serial',
      'm3 UPDATED spec.rack',
    ]);
    expect((await grpc.store.machine('m1'))?.spec.serial).toBe('SN-2');
  });

  it('one that was to get what another keeps after all is refused, with all that wait for it', async () => {
    const grpc = await startGrpc();
    await grpc.machines.registerMachines({ machines: [machine(1), machine(2), machine(3)] });
    const chain = [
      machine(4, { serial: 'SN-1' }),
      machine(1, { serial: 'SN-2' }),
      machine(2, { serial: 'SN-3' }),
      machine(5),
    ];
    expect(told(await grpc.machines.registerMachines({ machines: chain }))).toEqual([
      'm4 REFUSED serial SN-1 of machine m4 belongs to machine m1',
      'm1 REFUSED serial SN-2 of machine m1 belongs to machine m2',
      'm2 REFUSED serial SN-3 of machine m2 belongs to machine m3',
      'm5 CREATED',
    ]);
  });

  it.each([false, true])('validate_only tells the same and changes nothing (atomic: %s)', async (atomic) => {
    const grpc = await startGrpc();
    await grpc.machines.registerMachines({ machines: [machine(1), machine(2)] });
    const head = await grpc.store.head();
    const machines = [machine(3), machine(1, { rack: 'r9' }), machine(2), machine(4, { serial: 'SN-3' })];
    const would = await grpc.machines.registerMachines({ machines, atomic, validateOnly: true });
    expect(await grpc.store.head()).toBe(head);
    expect(would).toEqual(await grpc.machines.registerMachines({ machines, atomic }));
    expect(would.refused).toBe(1);
  });

  it('makes the source that it names the owner, which a filter finds and another source is refused', async () => {
    const { machines } = await startGrpc();
    const sent = { machines: [machine(1), machine(2)] };
    expect((await machines.registerMachines({ ...sent, source: 'cmdb' })).created).toBe(2);
    const { machines: found } = await machines.listMachines({ filter: 'source=cmdb' });
    expect(found.map(({ source }) => source)).toEqual(['cmdb', 'cmdb']);
    // A client that knows nothing of sources changes nothing about them.
    expect((await machines.registerMachines(sent)).unchanged).toBe(2);
    const { results } = await machines.registerMachines({ ...sent, source: 'lab' });
    expect(results.map(({ error }) => error?.message)).toEqual(
      ['1', '2'].map(() => expect.stringContaining('belongs to source cmdb, and not to lab')),
    );
    const [first] = found;
    const handed = await machines.updateMachine({
      machine: { ...first, source: 'lab' } as NonNullable<typeof first>,
      updateMask: { paths: ['source'] },
    });
    expect([handed.source, handed.etag]).toEqual(['lab', first?.etag]);
  });

  it('refuses what is wrong with the whole call', async () => {
    const { machines } = await startGrpc();
    expect(await refusal(machines.registerMachines({}))).toMatchObject({ reason: 'INVALID_FIELD' });
    const many = Array.from({ length: 10_001 }, () => ({}));
    expect((await refusal(machines.registerMachines({ machines: many }))).message).toBe(
      'machines: has 10001 entries; at most 10000 go into one call',
    );
    const owned = await refusal(machines.registerMachines({ machines: [machine(1)], source: 'c m' }));
    expect(owned.message).toMatch(/^source: /);
  });
});
