import type { Layout, Pane, Size } from './layout.ts';
import {
  clamp,
  DOES_NOT_FIT,
  fitsInto,
  LEAST_LOWER,
  LEAST_THREE,
  layOutBelow,
  layOutZoomed,
  listHeight,
} from './layout.ts';
import type { Whereabouts } from './place.ts';

/** What the layout of a place goes by beside the size of the terminal. */
export interface PlaceRoom extends Whereabouts {
  /** The rows of the list that is shown. */
  readonly listed: number;
  /** Which of run and log is shown where there is room for one of them. */
  readonly lower: 'run' | 'log';
  /** The pane that has all of the room; undefined: none. */
  readonly zoomed: Pane | undefined;
}

/** Rows of the line that says where one is. */
const BREADCRUMB_ROWS = 1;
/** Rows of a run that stands above its log. */
const RUN_ROWS = 14;

/** Lays out every screen but the machine table: below the header a line says where one is. */
export function layOutPlace(size: Size, { place, path, listed, lower, zoomed }: PlaceRoom): Layout {
  if (!fitsInto(size)) return DOES_NOT_FIT;
  if (zoomed !== undefined) return layOutZoomed(size, zoomed);
  const { columns } = size;
  const available = size.rows - 2 - BREADCRUMB_ROWS;
  switch (path.at(-1)?.kind) {
    case 'machine':
      return machineDetail(columns, available, listed, lower);
    case 'run':
      return runDetail(columns, available, lower);
    case undefined:
      break;
  }
  switch (place) {
    case 'server-log':
      return { fits: true, rows: [['log']], order: ['log'], panes: { log: { columns, rows: available } } };
    case 'plans':
    case 'events': {
      const rows = listHeight(listed, Math.floor(available / 2));
      return {
        fits: true,
        rows: [['list'], ['text']],
        order: ['list', 'text'],
        panes: { list: { columns, rows }, text: { columns, rows: available - rows } },
      };
    }
    case 'machines':
    case 'runs':
      return layOutBelow('list', columns, available, listed, lower);
  }
}

function machineDetail(columns: number, available: number, listed: number, lower: 'run' | 'log'): Layout {
  // There is room for the run under the cursor, and its log, beside the machine.
  if (columns >= LEAST_THREE) return layOutBelow('list', columns, available, listed, lower);
  if (columns < 100) {
    const rows = Math.floor(available / 2);
    return {
      fits: true,
      rows: [['list'], ['machine']],
      order: ['list', 'machine'],
      panes: { list: { columns, rows }, machine: { columns, rows: available - rows } },
    };
  }
  const machine = clamp(Math.floor(columns * 0.4), 44, 72);
  return {
    fits: true,
    rows: [['list', 'machine']],
    order: ['list', 'machine'],
    panes: { list: { columns: columns - machine, rows: available }, machine: { columns: machine, rows: available } },
  };
}

function runDetail(columns: number, available: number, lower: 'run' | 'log'): Layout {
  const order = ['run', 'log'] as const;
  if (columns >= 100) {
    const run = clamp(Math.floor(columns * 0.53), 52, 72);
    return {
      fits: true,
      rows: [['run', 'log']],
      order,
      panes: { run: { columns: run, rows: available }, log: { columns: columns - run, rows: available } },
    };
  }
  if (available < RUN_ROWS + LEAST_LOWER) {
    return { fits: true, rows: [[lower]], order, panes: { [lower]: { columns, rows: available } } };
  }
  return {
    fits: true,
    rows: [['run'], ['log']],
    order,
    panes: { run: { columns, rows: RUN_ROWS }, log: { columns, rows: available - RUN_ROWS } },
  };
}
