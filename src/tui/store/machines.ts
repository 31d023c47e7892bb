import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { MachineTally } from './machine-tally.ts';
import { emptyTally, recount } from './machine-tally.ts';
import { PersistentMap } from './persistent-map.ts';
import type { Order } from './sorted-ids.ts';
import { compareNatural, reordered } from './sorted-ids.ts';

/** What the console knows of the inventory. */
export interface MachinesState {
  readonly byId: PersistentMap<Machine>;
  /** In the order in which people count. */
  readonly ids: readonly string[];
  readonly tally: MachineTally;
  /** False until the first picture of the inventory is whole: till then nothing can be called missing. */
  readonly loaded: boolean;
}

/** What the machine watch tells, in order. */
export type MachineChange =
  | { readonly kind: 'reset' }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'present'; readonly machine: Machine }
  | { readonly kind: 'gone'; readonly machineId: string };

/** Nothing is known yet. */
export const noMachines: MachinesState = { byId: PersistentMap.empty(), ids: [], tally: emptyTally, loaded: false };

/**
 * The inventory after some changes; the very same state where there are none. It costs what they change: whatever is about all
 * machines is made out of what it was before.
 */
export function applyMachineChanges(state: MachinesState, changes: readonly MachineChange[]): MachinesState {
  if (changes.length === 0) return state;
  const reset = changes.findLastIndex(({ kind }) => kind === 'reset');
  const before = reset < 0 ? state : noMachines;
  const told = new Map<string, Machine | undefined>();
  let { loaded } = before;
  for (const change of changes.slice(reset + 1)) {
    if (change.kind === 'present') told.set(change.machine.machineId, change.machine);
    else if (change.kind === 'gone') told.set(change.machineId, undefined);
    else loaded = true;
  }
  const byId = before.byId.with(told);
  const ids = membersAfter(before, told);
  const known = (one: Machine | undefined) => one ?? [];
  const [gone, come] = [
    [...told.keys()].flatMap((id) => known(before.byId.get(id))),
    [...told.values()].flatMap(known),
  ];
  return { byId, ids, loaded, tally: recount(before.tally, gone, come) };
}

const byName: Order<string> = { idOf: (id) => id, itemOf: (id) => id, compare: compareNatural };

/** The ids after machines were told of; the very same list where none has come or gone. */
function membersAfter({ byId, ids }: MachinesState, told: ReadonlyMap<string, Machine | undefined>): readonly string[] {
  const gone: string[] = [];
  const come: string[] = [];
  for (const [id, machine] of told) {
    if (machine === undefined && byId.has(id)) gone.push(id);
    if (machine !== undefined && !byId.has(id)) come.push(id);
  }
  return reordered(ids, gone, come, byName);
}
