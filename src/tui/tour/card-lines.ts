import { cellWidth, fitCells, wrap } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { CardTable, GuestCard } from './guest.ts';

const GAP = 2;
/** Rows that one text of a card may take. */
const MAX_TEXT_ROWS = 12;

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
  const natural = columns.map((title, at) =>
    rows.reduce((most, row) => Math.max(most, cellWidth(row[at] ?? '')), cellWidth(title)),
  );
  const before = natural.slice(0, -1).reduce((sum, cells) => sum + cells + GAP, 0);
  const widths = [...natural.slice(0, -1), Math.max(8, Math.min(natural.at(-1) ?? 0, width - before))];
  const line = (cells: readonly string[]) =>
    widths.map((cellsWide, at) => fitCells(cells[at] ?? '', cellsWide, 'left', glyphs.ellipsis)).join(' '.repeat(GAP));
  return [
    ...(columns.every((title) => title === '') ? [] : [[{ text: line(columns), tone: 'muted' as const }]]),
    ...rows.flatMap((row, at) => {
      const tone = marked.includes(at) ? { tone: 'accent' as const } : {};
      return (wraps ? wrapped(row, widths.at(-1) ?? 0, glyphs) : [row]).map(
        (cells): Line => [{ text: line(cells), ...tone }],
      );
    }),
  ];
}

/** A row as several, where its last text does not fit. */
function wrapped(row: readonly string[], width: number, glyphs: Glyphs): readonly (readonly string[])[] {
  const pieces = wrap(row.at(-1) ?? '', width, MAX_TEXT_ROWS, glyphs.ellipsis);
  const before = row.slice(0, -1);
  const blanks = before.map(() => '');
  return pieces.length === 0 ? [row] : pieces.map((piece, at) => [...(at === 0 ? before : blanks), piece]);
}
