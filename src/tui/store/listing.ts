import { isServerFilter } from './filter-grammar.ts';
import { tableRows } from './layout.ts';
import type { ListState } from './list.ts';
import { applyListChanges, filterList, keepListed } from './list.ts';
import type { ChangeOf, RowOf } from './lists.ts';
import type { ListKey } from './place.ts';
import { listShown } from './place.ts';
import { layoutOf } from './select.ts';
import type { ConsoleState } from './state.ts';

/** The state after a feed has told something of its list. */
export function takeListed<Key extends ListKey>(
  state: ConsoleState,
  key: Key,
  changes: readonly ChangeOf<Key>[],
): ConsoleState {
  return withList(state, key, (list) => applyListChanges(list, changes));
}

/** The state with the filter of a list set. */
export function filterListed(state: ConsoleState, key: ListKey, text: string): ConsoleState {
  return withList(state, key, (list) => filterList(list, text, isServerFilter(key, text)));
}

/** The state with a list changed, and its selection on what is there. */
export function withList<Key extends ListKey>(
  state: ConsoleState,
  key: Key,
  change: (list: ListState<RowOf[Key]>) => ListState<RowOf[Key]>,
): ConsoleState {
  const { lists } = state;
  const list: ListState<RowOf[Key]> = lists[key];
  const changed = change(list);
  return changed === list ? state : settleList({ ...state, lists: { ...lists, [key]: changed } }, key);
}

/** The state with the selection of the list that is shown on what is there. */
export function settleShown(state: ConsoleState): ConsoleState {
  const key = listShown(state.ui);
  return key === undefined ? state : settleList(state, key);
}

function settleList<Key extends ListKey>(state: ConsoleState, key: Key): ConsoleState {
  const list: ListState<RowOf[Key]> = state.lists[key];
  const isShown = listShown(state.ui) === key;
  // Who reads what is said of an event is not taken along to the next one.
  const follows = !isShown || state.ui.focus === 'list';
  const kept = keepListed(list, isShown ? tableRows(layoutOf(state), 'list') : 0, follows);
  return kept === list ? state : { ...state, lists: { ...state.lists, [key]: kept } };
}
