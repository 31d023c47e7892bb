import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';

/** What the console knows of the inventory. */
export interface MachinesState {
  readonly byId: ReadonlyMap<string, Machine>;
  /** In the order in which they are shown. */
  readonly ids: readonly string[];
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
export const noMachines: MachinesState = { byId: new Map(), ids: [], loaded: false };

/** The order in which people count: machine-10 comes after machine-9. */
export const natural = new Intl.Collator('en', { numeric: true });

/** The inventory after some changes; the very same state where nothing is different. */
export function applyMachineChanges(state: MachinesState, changes: readonly MachineChange[]): MachinesState {
  if (changes.length === 0) return state;
  const byId = new Map(state.byId);
  let loaded = state.loaded;
  let members = false;
  for (const change of changes) {
    switch (change.kind) {
      case 'reset':
        byId.clear();
        loaded = false;
        members = true;
        break;
      case 'loaded':
        loaded = true;
        break;
      case 'present':
        members ||= !byId.has(change.machine.machineId);
        byId.set(change.machine.machineId, change.machine);
        break;
      case 'gone':
        members = byId.delete(change.machineId) || members;
        break;
    }
  }
  // Sorting is most of the cost at 10,000 machines, and only a change of members calls for it.
  return { byId, loaded, ids: members ? [...byId.keys()].sort(natural.compare) : state.ids };
}

/** How many machines are in which state, for the header. */
export interface MachineCounts {
  readonly total: number;
  readonly inService: number;
  readonly busy: number;
  readonly attention: number;
}
