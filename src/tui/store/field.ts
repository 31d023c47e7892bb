import { splitGraphemes } from '../format/cells.ts';
import { printable } from '../format/printable.ts';

/** More than anything that is typed here may have. */
const MAX_TEXT = 256;

/** A line of text that somebody types. */
export interface FieldState {
  readonly text: string;
  /** Where the next character goes, in graphemes from the start. */
  readonly cursor: number;
}

/** Nothing typed. */
export const emptyField: FieldState = { text: '', cursor: 0 };

/** The field with a text put in at the cursor: one line, no controls, and never more than 256 graphemes. */
export function insert(field: FieldState, text: string): FieldState {
  const before = splitGraphemes(field.text);
  const line = printable(text.replaceAll(/[\r\n]+/g, ' ').trimEnd());
  const added = splitGraphemes(text === ' ' ? ' ' : line).slice(0, MAX_TEXT - before.length);
  return place(
    [...before.slice(0, field.cursor), ...added, ...before.slice(field.cursor)],
    field.cursor + added.length,
  );
}

/** The field after a key that edits: by the key's name; undefined where the key edits nothing. */
export function edit(field: FieldState, key: string): FieldState | undefined {
  const parts = splitGraphemes(field.text);
  const { cursor } = field;
  switch (key) {
    case 'left':
      return place(parts, cursor - 1);
    case 'right':
      return place(parts, cursor + 1);
    case 'home':
    case 'ctrl-a':
      return place(parts, 0);
    case 'end':
    case 'ctrl-e':
      return place(parts, parts.length);
    case 'backspace':
      return cursor === 0 ? field : place(parts.toSpliced(cursor - 1, 1), cursor - 1);
    case 'delete':
      return place(parts.toSpliced(cursor, 1), cursor);
    case 'ctrl-u':
      return place(parts.slice(cursor), 0);
    case 'ctrl-w': {
      const start = startOfWord(parts, cursor);
      return place(parts.toSpliced(start, cursor - start), start);
    }
    default:
      return undefined;
  }
}

function place(parts: readonly string[], cursor: number): FieldState {
  return { text: parts.join(''), cursor: Math.max(0, Math.min(parts.length, cursor)) };
}

function startOfWord(parts: readonly string[], cursor: number): number {
  let at = cursor;
  while (at > 0 && parts[at - 1] === ' ') at--;
  while (at > 0 && parts[at - 1] !== ' ') at--;
  return at;
}
