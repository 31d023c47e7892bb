import { isServerFilter } from './filter-grammar.ts';
import { filterListed } from './listing.ts';
import { isAtMachines, listShown } from './place.ts';
import type { ConsoleState } from './state.ts';
import { showView } from './update.ts';
import { withFilter } from './view.ts';

/** Whether what is shown has rows that can be filtered. */
export function canFilter({ ui, machines }: ConsoleState): boolean {
  if (isAtMachines(ui)) return machines.ids.length > 0;
  const key = listShown(ui);
  return key !== undefined && key !== 'machineRuns';
}

/** The filter of the rows that are shown; empty: none is set. */
export function filterOf({ ui, view, lists }: ConsoleState): string {
  const key = listShown(ui);
  return key === undefined ? view.filter : lists[key].filter;
}

/** The state with the rows that are shown filtered. */
export function setFilter(state: ConsoleState, text: string): ConsoleState {
  const key = listShown(state.ui);
  return key === undefined ? showView(state, withFilter(state.view, text)) : filterListed(state, key, text);
}

/** Whether the server would be asked for that filter: it then waits until it has been typed. */
export function asksServer({ ui }: ConsoleState, text: string): boolean {
  return isServerFilter(listShown(ui) ?? 'machines', text);
}
