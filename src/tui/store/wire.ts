import type { CallRecord } from '../../client/call-record.ts';
import type { CallTarget } from '../../client/grpcurl.ts';
import type { Size } from './layout.ts';
import type { Selection } from './selection.ts';
import { keepSelection, noSelection } from './selection.ts';

/** The calls on the wire, while they are looked at. */
export interface WireState {
  /** Whether they are; what follows is kept up to date only then. */
  readonly open: boolean;
  /** The newest first. */
  readonly calls: readonly CallRecord[];
  /** Where they go to; undefined: to no server so far. */
  readonly target: CallTarget | undefined;
  /** By the numbers of the calls, as texts. */
  readonly selection: Selection;
  /** The call that is looked at closely, as it is or as it was last; undefined: none, the list is shown. */
  readonly closely: CallRecord | undefined;
  /** Lines that it is scrolled by. */
  readonly top: number;
}

/** Nobody looks at the calls. */
export const noWire: WireState = {
  open: false,
  calls: [],
  target: undefined,
  selection: noSelection,
  closely: undefined,
  top: 0,
};

/** The rows of the list and of the call below it, with their frames. */
export interface WireRows {
  readonly list: number;
  readonly call: number;
}

const FRAME_AND_HEAD_ROWS = 3;

/** How the list and the call under its cursor share the screen. */
export function wireRows({ rows }: Size): WireRows {
  const available = rows - 2;
  const list = Math.max(7, Math.floor(available * 0.4));
  return { list, call: available - list };
}

/** The calls that the list shows at a time. */
export function listedCalls(size: Size): number {
  return Math.max(1, wireRows(size).list - FRAME_AND_HEAD_ROWS);
}

/** The ids of the calls, as the selection knows them. */
export function callIds({ calls }: WireState): readonly string[] {
  return calls.map(({ id }) => String(id));
}

/** The calls as they are now, the newest first: the cursor stays on its own. */
export function takeCalls(wire: WireState, calls: readonly CallRecord[], target: CallTarget, size: Size): WireState {
  if (!wire.open) return wire;
  const closely = wire.closely && (calls.find(({ id }) => id === wire.closely?.id) ?? wire.closely);
  return fitCalls({ ...wire, calls, target, closely }, size);
}

/** The calls on a screen of that size: the cursor is seen. */
export function fitCalls(wire: WireState, size: Size): WireState {
  const selection = keepSelection(wire.selection, callIds(wire), listedCalls(size));
  return { ...wire, selection };
}

/** The call that is looked at closely, else the one under the cursor. */
export function chosenCall({ calls, closely, selection }: WireState): CallRecord | undefined {
  return closely ?? calls.find(({ id }) => String(id) === selection.id);
}
