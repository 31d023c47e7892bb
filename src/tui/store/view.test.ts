import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { applyMachineChanges, noMachines } from './machines.ts';
import { allMachines, applyMatches, lookAt, withFilter, withSort } from './view.ts';

const machines = applyMachineChanges(
  noMachines,
  [
    { machineId: 'm-1', spec: { rack: 'r10', macAddresses: ['02:de:00:00:00:01'] } },
    { machineId: 'm-2', spec: { rack: 'r9' }, labels: { tier: 'worker' } },
    { machineId: 'm-10', spec: { rack: 'r9' } },
  ].map((init) => ({ kind: 'present' as const, machine: create(MachineSchema, init) })),
);

describe('a filter', () => {
  test('of free text finds whatever can be read of a machine, all words of it', () => {
    const found = (text: string) => lookAt(withFilter(allMachines, text), machines).ids;
    expect(found('02:DE')).toEqual(['m-1']);
    expect(found('tier=worker')).toEqual([]);
    expect(found('worker r9')).toEqual(['m-2']);
    expect(found('m-1')).toEqual(['m-1', 'm-10']);
    expect(found('   ')).toEqual(['m-1', 'm-2', 'm-10']);
  });

  test('of the server shows what the server tells', () => {
    const view = withFilter(allMachines, 'rack=r9');
    expect(lookAt(view, machines).ids).toEqual([]);
    const told = applyMatches(view, [
      { kind: 'in', machineId: 'm-10' },
      { kind: 'in', machineId: 'm-2' },
      { kind: 'out', machineId: 'm-10' },
    ]);
    expect(lookAt(told, machines).ids).toEqual(['m-2']);
    expect(applyMatches(told, [{ kind: 'reset' }]).matching?.size).toBe(0);
  });
});

describe('an order', () => {
  test('is that of people, and equal ones stay in the order of their ids', () => {
    const byRack = withSort(allMachines, 'rack');
    expect(lookAt(byRack, machines).ids).toEqual(['m-2', 'm-10', 'm-1']);
    expect(lookAt(withSort(byRack, 'rack'), machines).ids).toEqual(['m-1', 'm-2', 'm-10']);
  });

  test('that changes nothing makes no new list', () => {
    expect(lookAt(allMachines, machines).ids).toBe(machines.ids);
  });
});
