import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { MachineChange } from './machines.ts';
import { markAll, targets } from './marking.ts';
import type { ConsoleState } from './state.ts';
import { initialState } from './state.ts';
import { noMachineReason } from './subject.ts';
import { takeNews } from './update.ts';

const size = { columns: 120, rows: 40 };
const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
const unknown = initialState({ label: '', attached: true, size, settings, now: 0 });

function told(state: ConsoleState, ...machines: readonly MachineChange[]): ConsoleState {
  return takeNews(state, { machines, matches: [], runs: [], log: [], logEnded: false });
}

test('an action on what is marked is about all of it, and about nothing while not all of it is there again', () => {
  const [a, b] = ['a', 'b'].map(
    (id) => ({ kind: 'present', machine: create(MachineSchema, { machineId: id }) }) as const,
  ) as [MachineChange, MachineChange];
  const marked = markAll(told(unknown, a, b, { kind: 'loaded' }));
  expect(targets(marked).map(({ machineId }) => machineId)).toEqual(['a', 'b']);
  const partly = told(marked, { kind: 'reset' }, a);
  expect(targets(partly)).toEqual([]);
  expect(noMachineReason(partly)).toBe('the server has not said yet which machines there are');
  const again = told(partly, b, { kind: 'loaded' });
  expect(targets(again).map(({ machineId }) => machineId)).toEqual(['a', 'b']);
});
