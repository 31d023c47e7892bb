import type { MachineCells } from './machine-row.ts';

/** A column of the machine table. */
export interface TableColumn {
  readonly key: keyof MachineCells;
  readonly title: string;
  /** Cells, without the gap to the next column. */
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** The columns that fit, and whether DOING has room for its bar. */
export interface TablePlan {
  readonly columns: readonly TableColumn[];
  readonly bar: boolean;
}

/** The cells of the longest texts of all machines: of all, so that columns stand still while somebody scrolls. */
export interface LongestCells {
  readonly id: number;
  readonly rack: number;
  readonly cluster: number;
}

/** Blanks between two columns. */
export const GAP = 2;

const PHASE = 13;
const DOING = 38;
const DOING_WITHOUT_BAR = 30;
/** What DOING and NOTE keep where the ids of machines leave no more: a beginning that ends in `…` says more than nothing. */
const LEAST_DOING = 12;
const LEAST_NOTE = 12;
/** What NOTE wants before others have a place: as long as it takes to say what is wrong. */
const WANTED_NOTE = 20;
/** What racks and clusters get at most. */
const MOST = 20;

/** What leaves when there is no room, the first first. MACHINE and PHASE always stay whole. */
const LEAVING = ['cluster', 'rack', 'age', 'bar'] as const;

/**
 * Plans the columns of the machine table: as many as fit, the rest of the width to NOTE. Without CLUSTER, RACK, AGE and the bar,
 * DOING and NOTE share what there is; only where there is not even the least for both, NOTE is left out.
 *
 * @param width the cells between the frame, without the caret
 */
export function planTable(width: number, longest: LongestCells): TablePlan {
  const gone = new Set<string>();
  for (const next of [undefined, ...LEAVING]) {
    if (next !== undefined) gone.add(next);
    const fixed = fixedColumns(longest, gone);
    const note = width - cellsOf(fixed);
    const least = next === LEAVING.at(-1) ? LEAST_NOTE : WANTED_NOTE;
    if (note >= least) return { columns: [...fixed, noteColumn(note)], bar: !gone.has('bar') };
  }
  return { columns: squeezed(fixedColumns(longest, gone), width), bar: false };
}

function noteColumn(width: number): TableColumn {
  return { key: 'note', title: 'NOTE', width, align: 'left' };
}

/** The cells that columns take, each with its gap to the next one. */
function cellsOf(columns: readonly TableColumn[]): number {
  return columns.reduce((sum, column) => sum + column.width + GAP, 0);
}

function fixedColumns({ id, rack, cluster }: LongestCells, gone: ReadonlySet<string>): TableColumn[] {
  const columns: TableColumn[] = [
    { key: 'machine', title: 'MACHINE', width: Math.max('MACHINE'.length, id), align: 'left' },
    { key: 'phase', title: 'PHASE', width: PHASE, align: 'left' },
    { key: 'doing', title: 'DOING', width: gone.has('bar') ? DOING_WITHOUT_BAR : DOING, align: 'left' },
  ];
  if (!gone.has('rack')) columns.push({ key: 'rack', title: 'RACK', width: within('RACK', rack), align: 'left' });
  if (!gone.has('cluster'))
    columns.push({ key: 'cluster', title: 'CLUSTER', width: within('CLUSTER', cluster), align: 'left' });
  if (!gone.has('age')) columns.push({ key: 'age', title: 'AGE', width: 4, align: 'right' });
  return columns;
}

/** The columns with DOING cut to what NOTE leaves of the width, else to all that is left; without it where nothing is left. */
function squeezed(columns: readonly TableColumn[], width: number): readonly TableColumn[] {
  const left = width - cellsOf(columns.filter(({ key }) => key !== 'doing'));
  const beside = left - GAP - LEAST_NOTE;
  const doing = beside >= LEAST_DOING ? beside : left;
  const cut = columns
    .map((column) => (column.key === 'doing' ? { ...column, width: doing } : column))
    .filter((column) => column.width > 0);
  return doing === beside ? [...cut, noteColumn(LEAST_NOTE)] : cut;
}

function within(title: string, longest: number): number {
  return Math.min(MOST, Math.max(title.length, longest));
}
