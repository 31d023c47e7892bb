/** Where somebody is in a list that changes under them: on a thing, by its id, and not on a row number. */
export interface Selection {
  /** What is selected; empty: nothing. */
  readonly id: string;
  /** The row that it had last, where the selection goes on when it is gone. */
  readonly row: number;
  /** The row at the top of the window. */
  readonly top: number;
}

/** Nothing is selected. */
export const noSelection: Selection = { id: '', row: 0, top: 0 };

/** The selection moved to a row, as far as there are rows, with the window moved no further than needed. */
export function select(selection: Selection, ids: readonly string[], row: number, height: number): Selection {
  const at = Math.max(0, Math.min(ids.length - 1, row));
  return { id: ids[at] ?? '', row: at, top: windowTop(selection.top, at, ids.length, height) };
}

/** The selection moved by some rows. */
export function moveSelection(selection: Selection, ids: readonly string[], by: number, height: number): Selection {
  return select(selection, ids, selection.row + by, height);
}

/**
 * The selection in a list that has changed: still on its id, and on the same line of the screen, if it is there; else on
 * what took its row.
 */
export function keepSelection(selection: Selection, ids: readonly string[], height: number): Selection {
  const same = rowNear(ids, selection.id, selection.row);
  if (same < 0) return select(selection, ids, selection.row, height);
  const top = selection.top + (same - selection.row);
  return select({ ...selection, top }, ids, same, height);
}

/** The row of an id, -1 where it is not there; looked for from a row outwards, as what changes moves the others by little. */
function rowNear(ids: readonly string[], id: string, row: number): number {
  for (let by = 0; by <= Math.max(row, ids.length - 1 - row); by += 1) {
    if (ids[row - by] === id) return row - by;
    if (ids[row + by] === id) return row + by;
  }
  return -1;
}

/** The top of a window of `height` rows that shows row `at`, leaves no row empty, and moves as little as it can. */
function windowTop(top: number, at: number, length: number, height: number): number {
  // Where the list is not drawn now, its window stays where it was.
  if (height <= 0) return top;
  const lowest = Math.max(0, length - height);
  const shown = Math.max(at - height + 1, Math.min(at, top));
  return Math.max(0, Math.min(lowest, shown));
}
