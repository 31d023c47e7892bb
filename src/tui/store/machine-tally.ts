import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { cellWidth } from '../format/cells.ts';
import type { LongestCells } from '../format/table-columns.ts';
import { conditionOf, needsAttention } from './condition.ts';

/** How many machines are in which state, for the header. */
export interface MachineCounts {
  readonly total: number;
  readonly inService: number;
  readonly busy: number;
  readonly attention: number;
}

/** By a number, how many machines have just that one. It ends with the largest that there is. */
type Histogram = readonly number[];

/** What is counted of an inventory. Kept by what changes: counting it anew is 10,000 machines each time. */
export interface MachineTally {
  readonly counts: MachineCounts;
  /** How many are in each phase that there is. */
  readonly phases: ReadonlyMap<Phase, number>;
  /** How many have a run whatever their phase: that of a reboot stays IN_SERVICE. */
  readonly provisioning: number;
  readonly needIntervention: number;
  /** Cells of texts. */
  readonly widths: Readonly<Record<keyof LongestCells, Histogram>>;
}

/** Of no machine at all. */
export const emptyTally: MachineTally = {
  counts: { total: 0, inService: 0, busy: 0, attention: 0 },
  phases: new Map(),
  provisioning: 0,
  needIntervention: 0,
  widths: { id: [], rack: [], cluster: [] },
};

/** The tally without some machines and with others. */
export function recount(tally: MachineTally, gone: readonly Machine[], come: readonly Machine[]): MachineTally {
  const spread = (before: Histogram, numberOf: (machine: Machine) => number) => {
    const counts = [...before];
    const add = (by: number) => (machine: Machine) => {
      const number = numberOf(machine);
      counts[number] = (counts[number] ?? 0) + by;
    };
    come.forEach(add(1));
    gone.forEach(add(-1));
    while (counts.length > 0 && (counts.at(-1) ?? 0) === 0) counts.pop();
    return counts;
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
    phases: countPhases(tally.phases, gone, come),
    provisioning: count(tally.provisioning, ({ status }) => status?.effectiveState === Phase.PROVISIONING),
    needIntervention: count(
      tally.needIntervention,
      (machine) => conditionOf(machine, 'NeedsIntervention') !== undefined,
    ),
    widths: {
      id: spread(widths.id, ({ machineId }) => machineId.length),
      rack: spread(widths.rack, ({ spec }) => cellWidth(spec?.rack ?? '')),
      cluster: spread(widths.cluster, ({ spec }) => cellWidth(spec?.targetCluster?.clusterId ?? '')),
    },
  };
}

function countPhases(
  before: ReadonlyMap<Phase, number>,
  gone: readonly Machine[],
  come: readonly Machine[],
): ReadonlyMap<Phase, number> {
  const phases = new Map(before);
  const add = (by: number) => (machine: Machine) => {
    const phase = machine.status?.phase ?? Phase.PHASE_UNSPECIFIED;
    phases.set(phase, (phases.get(phase) ?? 0) + by);
  };
  come.forEach(add(1));
  gone.forEach(add(-1));
  return new Map([...phases].filter(([, count]) => count > 0));
}

/** The cells of the longest texts of all machines. */
export function longestOf({ widths: { id, rack, cluster } }: MachineTally): LongestCells {
  const longest = (widths: Histogram) => Math.max(0, widths.length - 1);
  return { id: longest(id), rack: longest(rack), cluster: longest(cluster) };
}
