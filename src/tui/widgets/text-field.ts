import { splitGraphemes } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import type { FieldState } from '../store/field.ts';
import type { Style } from '../theme/theme.ts';

const CURSOR: Style = { inverse: true };
const EMPTY = '_';

/**
 * A line of text that somebody types, in so many cells; a longer one shows the part around the cursor. The keys come from
 * the dispatcher: this draws it, with a cursor of its own.
 */
export function fieldLine(field: FieldState, focused: boolean, width: number): Line {
  const start = Math.max(0, field.cursor - width + 1);
  const shown = splitGraphemes(field.text).slice(start, start + width);
  const cells = [...shown, ...Array.from({ length: Math.max(0, width - shown.length) }, () => EMPTY)];
  if (!focused) return [{ text: cells.join(''), tone: 'muted' }];
  const at = field.cursor - start;
  const under = cells[at] ?? EMPTY;
  return [
    { text: cells.slice(0, at).join(''), tone: 'strong' },
    // A blank, so that it is seen where there is no inverse either.
    { text: under === EMPTY ? ' ' : under, style: CURSOR },
    { text: cells.slice(at + 1).join(''), tone: 'strong' },
  ];
}
