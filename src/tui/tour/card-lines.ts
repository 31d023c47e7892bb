import { cellWidth, fitCells, wrap } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { CardTable, GuestCard } from './guest.ts';

const GAP = 2;
/** Rows that one text of a card may take. */
const MAX_TEXT_ROWS = 12;
/** What the last column of a table keeps of what it needs, before another one gives way. */
const LEAST_LAST = 18;
const LEAST = 8;

/** The body of a card as lines of `width` cells, at most `rows` of them. */
export function cardLines({ body }: GuestCard, width: number, rows: number, glyphs: Glyphs): readonly Line[] {
  const lines = body.flatMap((part): readonly Line[] =>
    typeof part === 'string' ? textLines(part, width, glyphs) : tableLines(part, width, glyphs),
  );
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, Math.max(0, rows - 1)), [{ text: glyphs.ellipsis, tone: 'muted' }]];
}

function textLines(text: string, width: number, glyphs: Glyphs): readonly Line[] {
  if (text === '') return [[]];
  return wrap(text, width, MAX_TEXT_ROWS, glyphs.ellipsis).map((row) => [{ text: row }]);
}

function tableLines({ columns, rows, marked, wraps }: CardTable, width: number, glyphs: Glyphs): readonly Line[] {
  const widths = columnCells(columns, rows, width);
  const line = (cells: readonly string[]) =>
    widths.map((cellsWide, at) => fitCells(cells[at] ?? '', cellsWide, 'left', glyphs.ellipsis)).join(' '.repeat(GAP));
  return [
    ...(columns.every((title) => title === '') ? [] : [[{ text: line(columns), tone: 'muted' as const }]]),
    ...rows.flatMap((row, at) => {
      const tone = marked.includes(at) ? { tone: 'accent' as const } : {};
      return (wraps ? wrapped(row, widths, glyphs) : [row]).map((cells): Line => [{ text: line(cells), ...tone }]);
    }),
  ];
}

/** The cells of each column. Where there is no room for all, the last one gives way first, and then the widest of the others. */
function columnCells(columns: readonly string[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((title, at) =>
    rows.reduce((most, row) => Math.max(most, cellWidth(row[at] ?? '')), cellWidth(title)),
  );
  const last = widths.length - 1;
  const giveWay = (at: number, least: number) => {
    const excess = widths.reduce((sum, cells) => sum + cells, GAP * last) - width;
    const cells = widths[at] ?? 0;
    if (excess > 0) widths[at] = Math.max(Math.min(cells, least), cells - excess);
  };
  giveWay(last, LEAST_LAST);
  giveWay(widths.indexOf(Math.max(...widths.slice(0, -1))), LEAST);
  return widths;
}

/** A row as several, where a text does not fit into its column. */
function wrapped(row: readonly string[], widths: readonly number[], glyphs: Glyphs): readonly (readonly string[])[] {
  const pieces = widths.map((width, at) => wrap(row[at] ?? '', width, MAX_TEXT_ROWS, glyphs.ellipsis));
  const height = Math.max(1, ...pieces.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => pieces.map((lines) => lines[at] ?? ''));
}
