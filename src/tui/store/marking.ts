import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { MachinesState } from './machines.ts';
import { isAtMachines } from './place.ts';
import { selectedMachine } from './select.ts';
import { moveSelection } from './selection.ts';
import { compareNatural } from './sorted-ids.ts';
import type { ConsoleState } from './state.ts';

/** Marks the machine under the cursor, or takes its mark away, and goes a row on. */
export function toggleMark(state: ConsoleState, height: number): ConsoleState {
  const { selection, marks, view } = state;
  if (selection.id === '') return state;
  const ids = new Set(marks.ids);
  if (!ids.delete(selection.id)) ids.add(selection.id);
  return { ...state, marks: { ids, from: '' }, selection: moveSelection(selection, view.ids, 1, height) };
}

/** Begins a range at the cursor; the second time marks everything from there to the cursor. */
export function markRange(state: ConsoleState): ConsoleState {
  const { selection, marks, view } = state;
  const from = view.ids.indexOf(marks.from);
  const to = view.ids.indexOf(selection.id);
  if (to < 0) return state;
  if (from < 0) return { ...state, marks: { ...marks, from: selection.id } };
  const range = view.ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ...state, marks: { ids: new Set([...marks.ids, ...range]), from: '' } };
}

/** Marks every machine that is shown. */
export function markAll(state: ConsoleState): ConsoleState {
  return { ...state, marks: { ids: new Set([...state.marks.ids, ...state.view.ids]), from: '' } };
}

/** Whether there is anything that Esc would take back. */
export function hasMarks({ marks }: ConsoleState): boolean {
  return marks.ids.size > 0 || marks.from !== '';
}

/** The state without marks of machines that are gone. @param before the inventory in which all of them were */
export function keepMarks(state: ConsoleState, before: MachinesState): ConsoleState {
  const { marks, machines } = state;
  if (marks.ids.size === 0 || !machines.loaded) return state;
  if (before.loaded && before.ids === machines.ids) return state;
  const kept = [...marks.ids].filter((id) => machines.byId.has(id));
  return kept.length === marks.ids.size ? state : { ...state, marks: { ...marks, ids: new Set(kept) } };
}

/**
 * What an action is about: the marked machines in their order where they are seen, else the machine that is meant. None while the
 * inventory comes in anew: some of what is marked would be left out, and nobody could tell.
 */
export function targets(state: ConsoleState): readonly Machine[] {
  const { marks, machines } = state;
  if (marks.ids.size === 0 || !isAtMachines(state.ui)) {
    const machine = selectedMachine(state);
    return machine === undefined ? [] : [machine];
  }
  if (!machines.loaded) return [];
  return [...marks.ids].sort(compareNatural).flatMap((id) => machines.byId.get(id) ?? []);
}
