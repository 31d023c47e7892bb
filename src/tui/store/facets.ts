import { machinePhaseWord } from '../format/words.ts';
import type { MachinesState } from './machines.ts';

/** A part of the inventory that has a name, and the filter that shows it. */
export interface Facet {
  readonly label: string;
  readonly count: number;
  readonly filter: string;
}

/** The phases that there are, in the order of a machine's life, then those that are busy and those that need somebody. */
export function facetsOf({ tally: { phases, provisioning, needIntervention } }: MachinesState): readonly Facet[] {
  const facets: Facet[] = [...phases]
    .sort(([a], [b]) => a - b)
    .map(([phase, count]) => {
      const word = machinePhaseWord(phase);
      return { label: word, count, filter: `phase=${word}` };
    });
  if (provisioning > 0) facets.push({ label: 'busy', count: provisioning, filter: 'effective_state=PROVISIONING' });
  if (needIntervention > 0) {
    facets.push({ label: 'needs intervention', count: needIntervention, filter: 'NeedsIntervention=true' });
  }
  return facets;
}
