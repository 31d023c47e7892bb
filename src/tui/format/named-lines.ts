import type { Glyphs } from '../theme/glyphs.ts';
import type { Tone } from '../theme/theme.ts';
import { cellWidth, fitCells, wrap } from './cells.ts';
import type { Line } from './segment.ts';

/** A name, what is to be said under it, and its tone where it has one. */
export type Named = readonly [name: string, text: string, tone?: Tone];

const MAX_ROWS = 12;
const MOST_NAME_CELLS = 20;

/** Names, and beside each what is said under it, which goes on below where it is long. One without a text is left out. */
export function namedLines(pairs: readonly Named[], width: number, glyphs: Glyphs, margin = ''): readonly Line[] {
  const said = pairs.filter(([, text]) => text !== '');
  const cells = Math.min(MOST_NAME_CELLS, Math.max(0, ...said.map(([name]) => cellWidth(name)))) + 2;
  return said.flatMap(([name, text, tone]) =>
    wrap(text, Math.max(1, width - cells - margin.length), MAX_ROWS, glyphs.ellipsis).map(
      (row, at): Line => [
        { text: margin + fitCells(at === 0 ? name : '', cells - 1, 'left', glyphs.ellipsis), tone: 'muted' },
        { text: ` ${row}`, ...(tone === undefined ? {} : { tone }) },
      ],
    ),
  );
}
