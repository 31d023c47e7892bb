import { Box } from 'ink';
import { fitCells } from '../format/cells.ts';
import type { Line, Segment } from '../format/segment.ts';
import { useTheme } from './context.tsx';
import { LineView } from './LineView.tsx';

/** A column of a table. */
export interface Column {
  readonly key: string;
  readonly title: string;
  /** Cells, without the gap to the next column. */
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** A row of a table, as far as it is shown. */
export interface Row {
  readonly id: string;
  /** A piece for each column, in their order. */
  readonly cells: readonly Segment[];
  readonly marked?: boolean;
}

interface DataTableProps {
  readonly columns: readonly Column[];
  /** The rows of the window alone: the others are not the table's business, however many there are. */
  readonly rows: readonly Row[];
  /** Which of them is selected; empty: none of those that are seen. */
  readonly selected: string;
  readonly focused: boolean;
  /** Cells between the frame. */
  readonly width: number;
  /** One tone for everything: what is shown is not up to date. */
  readonly dimmed: boolean;
}

/** Cells in front of the first column: the caret, and room for a mark. */
export const CARET_CELLS = 3;
const GAP = '  ';

/** A table with a head. The selected row has a caret, and one background with one foreground. */
export function DataTable({ columns, rows, selected, focused, width, dimmed }: DataTableProps) {
  const theme = useTheme();
  const mark = theme.glyphs.ellipsis;
  const head = columns.map(({ title, width: cells, align }) => fitCells(title, cells, align, mark)).join(GAP);
  return (
    <Box flexDirection="column">
      <LineView line={[{ text: ' '.repeat(CARET_CELLS) + head, tone: 'muted' }]} width={width} />
      {rows.map((row) => {
        const isSelected = row.id === selected;
        const caret = `${isSelected ? theme.glyphs.caret : ' '}${row.marked === true ? '*' : ' '} `;
        const style = isSelected ? (focused ? theme.selected : theme.selectedElsewhere) : undefined;
        const line = [{ text: caret }, ...rowLine(row, columns, mark, dimmed)];
        return <LineView key={row.id} line={line} width={width} {...(style === undefined ? {} : { style })} />;
      })}
    </Box>
  );
}

function rowLine({ cells }: Row, columns: readonly Column[], mark: string, dimmed: boolean): Line {
  return columns.flatMap(({ width, align }, at) => {
    const { text, tone = 'text' } = cells[at] ?? { text: '' };
    const fitted = fitCells(text, width, align, mark);
    const gap = at === columns.length - 1 ? [] : [{ text: GAP }];
    return [{ text: fitted, tone: dimmed ? ('muted' as const) : tone }, ...gap];
  });
}

/** Whether two lists of rows look the same. */
export function sameRows(a: readonly Row[], b: readonly Row[]): boolean {
  return a.length === b.length && a.every((row, at) => sameRow(row, b[at]));
}

function sameRow(a: Row, b: Row | undefined): boolean {
  if (b === undefined || a.id !== b.id || a.marked !== b.marked || a.cells.length !== b.cells.length) return false;
  return a.cells.every((cell, at) => cell.text === b.cells[at]?.text && cell.tone === b.cells[at]?.tone);
}
