import { machinePhaseWord } from '../format/words.ts';
import type { MachinesState } from './machines.ts';
import type { Selection } from './selection.ts';
import { keepSelection, moveSelection, noSelection, select } from './selection.ts';

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

/** The cursor on the first of the facets that there are. */
export function firstFacet(machines: MachinesState): Selection {
  return inFacets(machines, (ids) => select(noSelection, ids, 0, ids.length));
}

/** Where a cursor is by now: on its facet, however many have come above it; where that has gone, on what took its row. */
export function keepFacet(cursor: Selection, machines: MachinesState): Selection {
  return inFacets(machines, (ids) => keepSelection(cursor, ids, ids.length));
}

/** The cursor moved by some rows. */
export function moveFacet(cursor: Selection, machines: MachinesState, by: number): Selection {
  return inFacets(machines, (ids) => moveSelection(keepFacet(cursor, machines), ids, by, ids.length));
}

function inFacets(machines: MachinesState, place: (ids: readonly string[]) => Selection): Selection {
  return place(facetsOf(machines).map(({ filter }) => filter));
}
