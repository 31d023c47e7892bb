import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { MachineChange } from './machines.ts';
import { applyMachineChanges, noMachines } from './machines.ts';

const present = (machineId: string, etag = ''): MachineChange => ({
  kind: 'present',
  machine: create(MachineSchema, { machineId, etag }),
});

test('machines are in the order in which people count', () => {
  const { ids } = applyMachineChanges(
    noMachines,
    ['machine-10', 'machine-9', 'db-1'].map((id) => present(id)),
  );
  expect(ids).toEqual(['db-1', 'machine-9', 'machine-10']);
});

test('a change of a machine changes no order, and no list', () => {
  const before = applyMachineChanges(noMachines, [present('a'), present('b')]);
  const after = applyMachineChanges(before, [present('a', '2')]);
  expect(after.ids).toBe(before.ids);
  expect(after.byId.get('a')?.etag).toBe('2');
  expect(before.byId.get('a')?.etag).toBe('');
});

test('machines go, and come back', () => {
  const before = applyMachineChanges(noMachines, [present('a'), present('b'), { kind: 'loaded' }]);
  const after = applyMachineChanges(before, [{ kind: 'gone', machineId: 'a' }, present('c')]);
  expect(after.ids).toEqual(['b', 'c']);
  expect(applyMachineChanges(after, [{ kind: 'gone', machineId: 'x' }]).ids).toBe(after.ids);
});

test('a beginning anew forgets what was known until it is whole again', () => {
  const before = applyMachineChanges(noMachines, [present('a'), { kind: 'loaded' }]);
  const after = applyMachineChanges(before, [{ kind: 'reset' }, present('b')]);
  expect([after.ids, after.loaded]).toEqual([['b'], false]);
});

test('no change is no new state', () => {
  expect(applyMachineChanges(noMachines, [])).toBe(noMachines);
});
