import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { cellWidth } from '../format/cells.ts';
import type { LongestCells } from '../format/table-columns.ts';
import { needsAttention } from './condition.ts';

/** How many machines are in which state, for the header. */
export interface MachineCounts {
  readonly total: number;
  readonly inService: number;
  readonly busy: number;
  readonly attention: number;
}

/** By a number of cells, how many machines have a text of just that width. It ends with the widest. */
type Widths = readonly number[];

/** What is counted of an inventory. Kept by what changes: counting it anew is 10,000 machines each time. */
export interface MachineTally {
  readonly counts: MachineCounts;
  readonly widths: Readonly<Record<keyof LongestCells, Widths>>;
}

/** Of no machine at all. */
export const emptyTally: MachineTally = {
  counts: { total: 0, inService: 0, busy: 0, attention: 0 },
  widths: { id: [], rack: [], cluster: [] },
};

/** The tally without some machines and with others. */
export function recount(tally: MachineTally, gone: readonly Machine[], come: readonly Machine[]): MachineTally {
  const widthsOf = (widthOf: (machine: Machine) => number, before: Widths) => {
    const widths = [...before];
    const add = (by: number) => (machine: Machine) => {
      const width = widthOf(machine);
      widths[width] = (widths[width] ?? 0) + by;
    };
    come.forEach(add(1));
    gone.forEach(add(-1));
    while (widths.length > 0 && (widths.at(-1) ?? 0) === 0) widths.pop();
    return widths;
  };
  const count = (before: number, counts: (machine: Machine) => boolean) =>
    before + come.filter(counts).length - gone.filter(counts).length;
  const { counts, widths } = tally;
  return {
    counts: {
      total: counts.total + come.length - gone.length,
      inService: count(counts.inService, ({ status }) => status?.effectiveState === Phase.IN_SERVICE),
      busy: count(counts.busy, ({ status }) => (status?.activeRunId ?? '') !== ''),
      attention: count(counts.attention, needsAttention),
    },
    widths: {
      id: widthsOf(({ machineId }) => machineId.length, widths.id),
      rack: widthsOf(({ spec }) => cellWidth(spec?.rack ?? ''), widths.rack),
      cluster: widthsOf(({ spec }) => cellWidth(spec?.targetCluster?.clusterId ?? ''), widths.cluster),
    },
  };
}

/** The cells of the longest texts of all machines. */
export function longestOf({ widths: { id, rack, cluster } }: MachineTally): LongestCells {
  const longest = (widths: Widths) => Math.max(0, widths.length - 1);
  return { id: longest(id), rack: longest(rack), cluster: longest(cluster) };
}
