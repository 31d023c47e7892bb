import type { Glyphs } from '../theme/glyphs.ts';
import type { Style, Tone } from '../theme/theme.ts';
import { cellWidth, fitCells } from './cells.ts';

/** A piece of a line, all in one tone. */
export interface Segment {
  readonly text: string;
  /** `text` if not given. */
  readonly tone?: Tone;
  /** In place of the tone, for what is to stand out by more than a colour. */
  readonly style?: Style;
}

/** A line of the screen. */
export type Line = readonly Segment[];

/** How many cells a line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((width, { text }) => width + cellWidth(text), 0);
}

/** What a line says, without how it looks. */
export function lineText(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** The line in exactly `width` cells: cut, ending in `mark`, or filled with blanks. */
export function fitLine(line: Line, width: number, mark = '…'): Line {
  const blanks = width - lineWidth(line);
  if (blanks === 0) return line;
  if (blanks > 0) return [...line, { text: ' '.repeat(blanks) }];
  const fitted: Segment[] = [];
  let left = width;
  for (const segment of line) {
    const room = left - cellWidth(mark);
    if (cellWidth(segment.text) > room) {
      // The blank stands for what comes behind, so that the mark is there also where just this piece would have fitted.
      fitted.push({ ...segment, text: fitCells(`${segment.text} `, left, 'left', mark) });
      break;
    }
    fitted.push(segment);
    left -= cellWidth(segment.text);
  }
  return fitted;
}

/** Whether two lines look the same. */
export function sameLine(a: Line, b: Line): boolean {
  return (
    a.length === b.length &&
    a.every(({ text, tone, style }, at) => text === b[at]?.text && tone === b[at]?.tone && style === b[at]?.style)
  );
}

/** Whether two lists of lines look the same. */
export function sameLines(a: readonly Line[], b: readonly Line[]): boolean {
  return a.length === b.length && a.every((line, at) => sameLine(line, b[at] ?? []));
}

/** A text with the signs that sentences have as a theme has them; each takes the cell that it took. */
export function withSigns(text: string, { ascii, dot, arrow, ellipsis, nothing }: Glyphs): string {
  if (!ascii) return text;
  return text.replaceAll(
    /[·→›…–×]/g,
    (sign) => ({ '·': dot, '→': arrow, '›': arrow, '…': ellipsis, '–': nothing })[sign] ?? 'x',
  );
}
