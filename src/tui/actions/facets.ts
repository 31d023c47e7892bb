import type { Action } from '../keys/registry.ts';
import { facetsOf, firstFacet, keepFacet, moveFacet } from '../store/facets.ts';
import { setFilter } from '../store/filtering.ts';
import { isAtMachines } from '../store/place.ts';
import { isLogZoomed } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { withUi } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

/** Facets that a number picks. */
const NUMBERED = 9;

/** Going through the phases that there are, what is busy, and what needs somebody. */
export const facetActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'find.facets',
    keys: ['f'],
    label: 'phases',
    help: 'how many machines by phase, busy, needing intervention; Enter or a number shows those alone',
    group: 'Find',
    scopes: ['main'],
    footer: 15,
    when: ({ ui, machines }) => isAtMachines(ui) && !isLogZoomed(ui) && machines.ids.length > 0,
    run: ({ store }) =>
      store.setState((state) => withUi(state, { facet: firstFacet(state.machines), toast: undefined })),
  },
  moving('facets.up', ['up', 'k'], -1),
  moving('facets.down', ['down', 'j'], 1),
  {
    id: 'facets.show',
    keys: ['enter'],
    label: 'show',
    help: 'show those machines alone',
    group: 'Inner',
    scopes: ['facets'],
    footer: 1,
    run: ({ store }) =>
      store.setState((state) => {
        const { machines, ui } = state;
        return ui.facet === undefined ? state : pick(state, keepFacet(ui.facet, machines).row);
      }),
  },
  {
    id: 'facets.close',
    keys: ['esc'],
    label: 'close',
    help: 'leave the filter as it is',
    group: 'Inner',
    scopes: ['facets'],
    footer: 2,
    run: ({ store }) => store.setState((state) => withUi(state, { facet: undefined })),
  },
  ...Array.from({ length: NUMBERED }, (_, at) => numbered(at)),
];

function numbered(at: number): Action<ConsoleEffects> {
  return {
    id: `facets.show-${at + 1}`,
    keys: [String(at + 1)],
    label: 'show',
    help: 'show the machines of that row alone',
    group: 'Inner',
    scopes: ['facets'],
    run: ({ store }) => store.setState((state) => pick(state, at)),
  };
}

function moving(id: string, keys: readonly string[], by: 1 | -1): Action<ConsoleEffects> {
  return {
    id,
    keys,
    label: by > 0 ? 'down' : 'up',
    help: 'another row',
    group: 'Inner',
    scopes: ['facets'],
    run: ({ store }) =>
      store.setState((state) => {
        const { machines, ui } = state;
        return ui.facet === undefined ? state : withUi(state, { facet: moveFacet(ui.facet, machines, by) });
      }),
  };
}

/** Sets the filter of a facet; a row that there is not does nothing. */
function pick(state: ConsoleState, at: number): ConsoleState {
  const facet = facetsOf(state.machines)[at];
  return facet === undefined ? state : setFilter(withUi(state, { facet: undefined }), facet.filter);
}
