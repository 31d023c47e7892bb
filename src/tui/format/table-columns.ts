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
const LEAST_NOTE = 12;
/** What racks and clusters get at most. */
const MOST = 20;

/** What leaves when there is no room, the first first. MACHINE and PHASE always stay whole. */
const LEAVING = ['cluster', 'rack', 'age', 'bar', 'note'] as const;

/**
 * Plans the columns of the machine table: as many as fit, the rest of the width to NOTE.
 *
 * @param width the cells between the frame, without the caret
 */
export function planTable(width: number, longest: LongestCells): TablePlan {
  const gone = new Set<string>();
  for (const next of [undefined, ...LEAVING]) {
    if (next !== undefined) gone.add(next);
    const fixed = fixedColumns(longest, gone);
    const used = fixed.reduce((sum, column) => sum + column.width + GAP, 0);
    const note = width - used;
    if (!gone.has('note') && note < LEAST_NOTE) continue;
    const last: TableColumn = { key: 'note', title: 'NOTE', width: note, align: 'left' };
    if (!gone.has('note')) return { columns: [...fixed, last], bar: !gone.has('bar') };
    return { columns: squeezed(fixed, width), bar: false };
  }
  return { columns: squeezed(fixedColumns(longest, gone), width), bar: false };
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

/** The columns with DOING cut to what is left of the width; without it where nothing is left. */
function squeezed(columns: readonly TableColumn[], width: number): readonly TableColumn[] {
  const others = columns.filter(({ key }) => key !== 'doing');
  const left = width - others.reduce((sum, column) => sum + column.width + GAP, 0);
  return columns
    .map((column) => (column.key === 'doing' ? { ...column, width: left } : column))
    .filter((column) => column.width > 0);
}

function within(title: string, longest: number): number {
  return Math.min(MOST, Math.max(title.length, longest));
}
