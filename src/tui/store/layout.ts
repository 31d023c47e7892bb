/** The least that the console can be drawn in. */
export const LEAST_SIZE = { columns: 80, rows: 20 } as const;

/** The panes of the main screen. */
export type Pane = 'machines' | 'run' | 'log' | 'machine';

/** The size of a terminal, or of a pane with its frame, in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Where everything is: the header and the footer take a row each, the table the full width below the header, and below it
 * one row of panes, or, `stacked`, one pane below the other. Panes that are absent are not shown.
 */
export interface Layout {
  readonly fits: boolean;
  readonly stacked: boolean;
  readonly panes: Readonly<Partial<Record<Pane, Size>>>;
}

const FRAME_ROWS = 2;
/** Cells of a pane that are not its content's: the frame, and a blank beside it, on both sides. */
export const FRAME_COLUMNS = 4;
const TABLE_HEAD_ROWS = 1;
const LEAST_TABLE = 8;
const LEAST_LOWER = 10;

/**
 * Lays out the main screen. The table is as high as its machines need, but takes at most half while there is a run to look
 * at below it.
 *
 * @param lower which of run and log is shown where there is room for one of them
 * @param zoomed the pane that has all of the room; undefined: none
 */
export function layOut(size: Size, machines: number, lower: 'run' | 'log', zoomed?: Pane): Layout {
  const { columns, rows } = size;
  if (columns < LEAST_SIZE.columns || rows < LEAST_SIZE.rows) return { fits: false, stacked: false, panes: {} };
  const available = rows - 2;
  // Without a machine there is no run and no log: what is to be done first has the whole screen.
  if (machines === 0) return { fits: true, stacked: false, panes: { machines: { columns, rows: available } } };
  if (zoomed !== undefined) return { fits: true, stacked: false, panes: { [zoomed]: { columns, rows: available } } };
  const wanted = machines + TABLE_HEAD_ROWS + FRAME_ROWS;
  if (columns < 100) return narrow(columns, available, wanted, lower);
  const table = clamp(wanted, LEAST_TABLE, Math.floor(available / 2));
  const height = available - table;
  const run = clamp(Math.floor(columns * 0.53), 52, 64);
  const machine = columns < 160 ? undefined : clamp(Math.floor(columns * 0.26), 44, 60);
  const log = columns - run - (machine ?? 0);
  return {
    fits: true,
    stacked: false,
    panes: {
      machines: { columns, rows: table },
      run: { columns: run, rows: height },
      log: { columns: log, rows: height },
      ...(machine === undefined ? {} : { machine: { columns: machine, rows: height } }),
    },
  };
}

/** The rows of machines that a table of that height shows. */
export function tableRows(layout: Layout): number {
  return Math.max(0, (layout.panes.machines?.rows ?? 0) - FRAME_ROWS - TABLE_HEAD_ROWS);
}

/** The rows inside the frame of a pane. */
export function paneRows(layout: Layout, pane: Pane): number {
  return Math.max(0, (layout.panes[pane]?.rows ?? 0) - FRAME_ROWS);
}

/** The cells inside the frame of a pane. */
export function paneColumns(layout: Layout, pane: Pane): number {
  return Math.max(0, (layout.panes[pane]?.columns ?? 0) - FRAME_COLUMNS);
}

/** The panes that the focus can go to, in the order in which Tab goes through them. */
export function tabOrder(layout: Layout): readonly Pane[] {
  // Where run and log share one place, the one that gets the focus is shown.
  if (layout.stacked) return ['machines', 'run', 'log'];
  return (['machines', 'run', 'log', 'machine'] as const).filter((pane) => layout.panes[pane] !== undefined);
}

function narrow(columns: number, available: number, wanted: number, lower: 'run' | 'log'): Layout {
  if (available + 2 < 32) {
    const table = clamp(wanted, LEAST_TABLE, available - LEAST_LOWER - 1);
    const panes = { machines: { columns, rows: table }, [lower]: { columns, rows: available - table } };
    return { fits: true, stacked: true, panes };
  }
  const table = clamp(wanted, LEAST_TABLE, Math.floor(available / 3));
  const run = LEAST_LOWER;
  return {
    fits: true,
    stacked: true,
    panes: {
      machines: { columns, rows: table },
      run: { columns, rows: run },
      log: { columns, rows: available - table - run },
    },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
