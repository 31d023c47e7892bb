import { eventColumns } from '../format/event-row.ts';
import { longestCells, planColumns } from '../format/list-columns.ts';
import { planColumnsOf } from '../format/plan-row.ts';
import { runColumns } from '../format/run-row.ts';
import { planName } from '../format/words.ts';
import { tableRows } from '../store/layout.ts';
import type { ListState } from '../store/list.ts';
import { listedCells } from '../store/listed-cells.ts';
import { listShown } from '../store/place.ts';
import { layoutOf } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState } from '../widgets/context.tsx';
import type { Column, Row } from '../widgets/DataTable.tsx';
import { CARET_CELLS } from '../widgets/DataTable.tsx';

/** The most cells that a name can have: the ids of machines are no longer. */
const MOST_NAME_CELLS = 63;
/** What names leave of a narrow list at least, for that which tells its rows apart; and what they get nevertheless. */
const OTHER_CELLS = 44;
const LEAST_NAME_CELLS = 24;

/** The columns of the list that is shown, as many as fit between the frame. */
export function listedColumns(state: ConsoleState, width: number): readonly Column[] {
  const key = listShown(state.ui);
  const room = width - CARET_CELLS;
  const most = Math.max(LEAST_NAME_CELLS, room - OTHER_CELLS);
  const { runs, events, plans } = state.lists;
  switch (key) {
    case 'runs':
      return planColumns(runColumns(nameCells(runs, 'MACHINE', most, ({ machineId }) => machineId)), room);
    case 'machineRuns':
      return planColumns(runColumns(0), room);
    case 'events':
      return planColumns(eventColumns(nameCells(events, 'MACHINE', most, ({ machineId }) => machineId)), room);
    case 'plans':
      return planColumns(planColumnsOf(nameCells(plans, 'PLAN', most, ({ planId }) => planName(planId))), room);
    case undefined:
      return [];
  }
}

/** The rows of the list that is shown that are seen, with what each says in those columns. */
export function listedRows(state: ConsoleState, columns: readonly Column[]): readonly Row[] {
  const key = listShown(state.ui);
  if (key === undefined) return [];
  const { shown, selection } = state.lists[key];
  const ids = shown.slice(selection.top, selection.top + tableRows(layoutOf(state), 'list'));
  return ids.flatMap((id) => {
    const cells = listedCells(state, id, themeOfState(state).glyphs);
    return cells === undefined ? [] : [{ id, cells: columns.map((column) => cells[column.key] ?? { text: '' }) }];
  });
}

const known = new WeakMap<ReadonlyMap<string, unknown>, number>();

/** Cells of the longest name of all rows, `most` at the most: of all, so that columns stand still while somebody scrolls. */
function nameCells<Item>(
  { rows }: ListState<Item>,
  title: string,
  most: number,
  nameOf: (row: Item) => string,
): number {
  const longest = known.get(rows) ?? longestCells(Array.from(rows.values(), nameOf), title, MOST_NAME_CELLS);
  known.set(rows, longest);
  return Math.min(most, longest);
}
