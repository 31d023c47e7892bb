import { MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { machinePhaseWord } from '../format/words.ts';
import { conditionOf } from './condition.ts';
import type { MachinesState } from './machines.ts';

/** A part of the inventory that has a name, and the filter that shows it. */
export interface Facet {
  readonly label: string;
  readonly count: number;
  readonly filter: string;
}

const counted = new WeakMap<MachinesState['byId'], readonly Facet[]>();

/**
 * The phases that there are, in the order of a machine's life, then those that are busy and those that need somebody; counted once
 * for each picture of the inventory.
 */
export function facetsOf({ byId }: MachinesState): readonly Facet[] {
  const known = counted.get(byId);
  if (known !== undefined) return known;
  const phases = new Map<Phase, number>();
  let busy = 0;
  let attention = 0;
  for (const machine of byId.values()) {
    const phase = machine.status?.phase ?? 0;
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
    if (machine.status?.effectiveState === Phase.PROVISIONING) busy += 1;
    if (conditionOf(machine, 'NeedsIntervention') !== undefined) attention += 1;
  }
  const facets: Facet[] = [...phases]
    .sort(([a], [b]) => a - b)
    .map(([phase, count]) => {
      const word = machinePhaseWord(phase);
      return { label: word, count, filter: `phase=${word}` };
    });
  // Whatever phase its run has reached: that of a reboot stays IN_SERVICE.
  if (busy > 0) facets.push({ label: 'busy', count: busy, filter: 'effective_state=PROVISIONING' });
  if (attention > 0) facets.push({ label: 'needs intervention', count: attention, filter: 'NeedsIntervention=true' });
  counted.set(byId, facets);
  return facets;
}
