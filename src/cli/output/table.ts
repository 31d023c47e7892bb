import { cellWidth, ellipsis } from '../../tui/format/cells.ts';
import { printable } from '../../tui/format/printable.ts';
import type { Paint, Tone } from './paint.ts';

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly tone?: (row: Row) => Tone;
  readonly align?: 'left' | 'right';
  /** The fewest cells that it may be cut down to; given, it is cut before any column goes. */
  readonly shrinkTo?: number;
  /** Columns leave in this order when the terminal is too narrow, the lowest first; without it a column stays. */
  readonly leaves?: number;
}

const GAP = 2;

/**
 * The lines of a table that is at most `width` cells wide: long texts are cut with `…`, then columns leave. What must
 * stay is never cut: a terminal that is narrower still wraps it.
 */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  paint: Paint,
): string[] {
  const texts = new Map(columns.map((column) => [column, rows.map((row) => printable(column.text(row)))]));
  const natural = (column: Column<Row>) =>
    (texts.get(column) ?? []).reduce((most, text) => Math.max(most, cellWidth(text)), cellWidth(column.title));
  const shown = layOut(columns, natural, width);
  const header = line(
    shown.map(({ column, cells }) => ({ column, cells, text: column.title, tone: 'muted' as const })),
  );
  return [header, ...rows.map((row, index) => line(cellsOf(row, index)))];

  function cellsOf(row: Row, index: number) {
    return shown.map(({ column, cells }) => ({
      column,
      cells,
      text: texts.get(column)?.[index] ?? '',
      tone: column.tone?.(row) ?? ('plain' as const),
    }));
  }

  function line(parts: readonly { column: Column<Row>; cells: number; text: string; tone: Tone }[]): string {
    return parts
      .map(({ column, cells, text, tone }, index) => {
        const cut = ellipsis(text, cells);
        const blanks = ' '.repeat(Math.max(0, cells - cellWidth(cut)));
        if (column.align === 'right') return blanks + paint(tone, cut);
        return index === parts.length - 1 ? paint(tone, cut) : paint(tone, cut) + blanks;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  }
}

interface Placed<Row> {
  readonly column: Column<Row>;
  readonly cells: number;
}

function layOut<Row>(
  columns: readonly Column<Row>[],
  natural: (column: Column<Row>) => number,
  width: number,
): Placed<Row>[] {
  let staying = columns.map((column) => ({ column, wanted: natural(column) }));
  for (;;) {
    const room = width - GAP * (staying.length - 1);
    const least = staying.reduce((sum, { column, wanted }) => sum + Math.min(wanted, column.shrinkTo ?? wanted), 0);
    const leaver = staying
      .filter(({ column }) => column.leaves !== undefined)
      .toSorted((a, b) => (a.column.leaves ?? 0) - (b.column.leaves ?? 0))[0];
    if (least <= room || leaver === undefined) return share(staying, room);
    staying = staying.filter((one) => one !== leaver);
  }
}

/** Gives each column what it wants; what is missing is taken from the widest of those that may be cut. */
function share<Row>(columns: readonly { column: Column<Row>; wanted: number }[], room: number): Placed<Row>[] {
  const placed = columns.map(({ column, wanted }) => ({ column, cells: wanted, least: column.shrinkTo ?? wanted }));
  let missing = placed.reduce((sum, { cells }) => sum + cells, 0) - room;
  while (missing > 0) {
    const widest = placed.filter(({ cells, least }) => cells > least).toSorted((a, b) => b.cells - a.cells)[0];
    if (widest === undefined) break;
    widest.cells -= 1;
    missing -= 1;
  }
  return placed;
}
