import type { Glyphs } from '../theme/glyphs.ts';
import { wrap } from './cells.ts';
import type { Line } from './segment.ts';

/** Rows for what the server says against a filter. */
const PROBLEM_ROWS = 3;

/** What stands against showing any row; with a filter, also how to be rid of that. */
export function problemLines(problem: string, filter: string, width: number, glyphs: Glyphs): readonly Line[] {
  const lines = wrap(problem, width, PROBLEM_ROWS, glyphs.ellipsis).map((text): Line => [{ text, tone: 'warn' }]);
  return filter === '' ? lines : [...lines, [{ text: 'Esc clears the filter', tone: 'muted' }]];
}
