import { cellWidth } from './cells.ts';
import { GAP } from './table-columns.ts';

/** A column that a list may have. */
export interface ListColumn<Key extends string> {
  readonly key: Key;
  readonly title: string;
  /** Cells that it takes, without the gap; of the flexible one the least. */
  readonly width: number;
  readonly align?: 'right';
  /** When it leaves where there is no room, 1 is first; absent: never. */
  readonly leaves?: number;
  /** It takes what the others leave. One column of a list is so, the last. */
  readonly flexible?: true;
}

/** A column with the cells that it got. */
export interface PlannedColumn<Key extends string> {
  readonly key: Key;
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** The columns of a list that fit into so many cells, in their order; the flexible one gets what is left. */
export function planColumns<Key extends string>(
  columns: readonly ListColumn<Key>[],
  width: number,
): readonly PlannedColumn<Key>[] {
  let kept = columns;
  const needed = () => kept.reduce((sum, column) => sum + column.width, 0) + GAP * (kept.length - 1);
  const leaving = columns
    .filter(({ leaves }) => leaves !== undefined)
    .sort((a, b) => (a.leaves ?? 0) - (b.leaves ?? 0));
  for (const next of leaving) {
    if (needed() <= width) break;
    kept = kept.filter((column) => column !== next);
  }
  const spare = width - needed();
  return kept.map(({ key, title, width: cells, align = 'left' as const, flexible }) => ({
    key,
    title,
    width: Math.max(1, cells + (flexible === true ? spare : 0)),
    align,
  }));
}

/** The cells of the longest of some texts, within bounds: no less than the title. */
export function longestCells(texts: Iterable<string>, title: string, most: number): number {
  let longest = title.length;
  for (const text of texts) longest = Math.max(longest, cellWidth(text));
  return Math.min(most, longest);
}
