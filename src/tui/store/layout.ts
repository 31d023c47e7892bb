/** The least that the console can be drawn in. */
export const LEAST_SIZE = { columns: 80, rows: 20 } as const;

/** The panes of the screens: the machine table, a run, a log, a machine, a list of anything, what is said of one of it. */
export type Pane = 'machines' | 'run' | 'log' | 'machine' | 'list' | 'text';

/** The size of a terminal, or of a pane with its frame, in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Where everything is, between the header and the footer. */
export interface Layout {
  readonly fits: boolean;
  /** The panes as they stand: rows of them from the top, each from the left. */
  readonly rows: readonly (readonly Pane[])[];
  readonly panes: Readonly<Partial<Record<Pane, Size>>>;
  /** The panes that the focus can go to, in the order in which Tab goes through them; one that is not there comes with the focus. */
  readonly order: readonly Pane[];
}

const FRAME_ROWS = 2;
/** Cells of a pane that are not its content's: the frame, and a blank beside it, on both sides. */
export const FRAME_COLUMNS = 4;
const TABLE_HEAD_ROWS = 1;
const LEAST_TABLE = 8;
/** The least rows that a run or a log is drawn in, with its frame. */
export const LEAST_LOWER = 10;

/** The least columns in which run, log and machine stand beside each other. */
export const LEAST_THREE = 160;

/** The layout of a terminal that is too small for any. */
export const DOES_NOT_FIT: Layout = { fits: false, rows: [], panes: {}, order: ['machines'] };

/** Whether the console can be drawn in that size. */
export function fitsInto({ columns, rows }: Size): boolean {
  return columns >= LEAST_SIZE.columns && rows >= LEAST_SIZE.rows;
}

/**
 * Lays out the machine table, and the run and the log of the machine under the cursor. The table is as high as its machines
 * need, but takes at most half while there is a run to look at below it.
 *
 * @param lower which of run and log is shown where there is room for one of them
 * @param zoomed the pane that has all of the room; undefined: none
 */
export function layOut(size: Size, machines: number, lower: 'run' | 'log', zoomed?: Pane): Layout {
  if (!fitsInto(size)) return DOES_NOT_FIT;
  // Without a machine there is no run and no log: what is to be done first has the whole screen.
  if (machines === 0) return layOutZoomed(size, 'machines');
  if (zoomed !== undefined) return layOutZoomed(size, zoomed);
  return layOutBelow('machines', size.columns, size.rows - 2, machines, lower);
}

/** One pane with all that is between header and footer. */
export function layOutZoomed({ columns, rows }: Size, pane: Pane): Layout {
  return { fits: true, rows: [[pane]], order: [pane], panes: { [pane]: { columns, rows: rows - 2 } } };
}

/**
 * A table with the run and the log of what is selected below it.
 *
 * @param available rows that there are
 * @param listed rows of the table
 */
export function layOutBelow(
  table: 'machines' | 'list',
  columns: number,
  available: number,
  listed: number,
  lower: 'run' | 'log',
): Layout {
  if (columns < 100) return narrow(table, columns, available, listed, lower);
  const rows = listHeight(listed, Math.floor(available / 2));
  const height = available - rows;
  const run = clamp(Math.floor(columns * 0.53), 52, 64);
  const machine = columns < LEAST_THREE ? undefined : clamp(Math.floor(columns * 0.26), 44, 60);
  const log = columns - run - (machine ?? 0);
  const below: readonly Pane[] = machine === undefined ? ['run', 'log'] : ['run', 'log', 'machine'];
  return {
    fits: true,
    rows: [[table], below],
    order: [table, ...below],
    panes: {
      [table]: { columns, rows },
      run: { columns: run, rows: height },
      log: { columns: log, rows: height },
      ...(machine === undefined ? {} : { machine: { columns: machine, rows: height } }),
    },
  };
}

/** The rows of a table with its frame: as many as it needs, within what it may take. */
export function listHeight(listed: number, most: number): number {
  return clamp(listed + TABLE_HEAD_ROWS + FRAME_ROWS, LEAST_TABLE, most);
}

/** The rows of machines, or of a list, that a table of that height shows. */
export function tableRows(layout: Layout, pane: 'machines' | 'list' = 'machines'): number {
  return Math.max(0, (layout.panes[pane]?.rows ?? 0) - FRAME_ROWS - TABLE_HEAD_ROWS);
}

/** The rows inside the frame of a pane. */
export function paneRows(layout: Layout, pane: Pane): number {
  return Math.max(0, (layout.panes[pane]?.rows ?? 0) - FRAME_ROWS);
}

/** The cells inside the frame of a pane. */
export function paneColumns(layout: Layout, pane: Pane): number {
  return Math.max(0, (layout.panes[pane]?.columns ?? 0) - FRAME_COLUMNS);
}

function narrow(
  table: 'machines' | 'list',
  columns: number,
  available: number,
  listed: number,
  lower: 'run' | 'log',
): Layout {
  // Where run and log share one place, the one that gets the focus is shown.
  const order: readonly Pane[] = [table, 'run', 'log'];
  if (available + 2 < 32) {
    const rows = listHeight(listed, available - LEAST_LOWER - 1);
    const panes = { [table]: { columns, rows }, [lower]: { columns, rows: available - rows } };
    return { fits: true, rows: [[table], [lower]], order, panes };
  }
  const rows = listHeight(listed, Math.floor(available / 3));
  const run = LEAST_LOWER;
  return {
    fits: true,
    rows: [[table], ['run'], ['log']],
    order,
    panes: {
      [table]: { columns, rows },
      run: { columns, rows: run },
      log: { columns, rows: available - rows - run },
    },
  };
}

/** The value within two bounds; where they cross, the lower one. */
export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
