import stringWidth from 'string-width';

const PLAIN = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Widths that are kept; beyond it all of them are forgotten. */
const MAX_WIDTHS = 1_000;
/** The longest text whose width is kept: none that is drawn on a screen is longer. */
const MAX_KEPT = 300;

const widths = new Map<string, number>();

/** How many terminal cells a text without control characters takes. */
export function cellWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  // The signs and frames of one picture are those of the next, and measuring them was a twentieth of its time.
  const known = widths.get(text);
  if (known !== undefined) return known;
  const width = stringWidth(text);
  if (widths.size >= MAX_WIDTHS) widths.clear();
  if (text.length <= MAX_KEPT) widths.set(text, width);
  return width;
}

/**
 * The text cut to at most `width` cells; where something was cut away it ends in `mark`. A wide character that would
 * stand half inside is left out whole.
 */
export function ellipsis(text: string, width: number, mark = '…'): string {
  if (width <= 0) return '';
  if (cellWidth(text) <= width) return text;
  const room = width - cellWidth(mark);
  return room < 0 ? cutCells(text, width) : cutCells(text, room) + mark;
}

/** The text in exactly `width` cells: cut with `mark`, or filled with blanks on the side away from `align`. */
export function fitCells(text: string, width: number, align: 'left' | 'right' = 'left', mark = '…'): string {
  const cut = ellipsis(text, width, mark);
  const blanks = ' '.repeat(Math.max(0, width - cellWidth(cut)));
  return align === 'left' ? cut + blanks : blanks + cut;
}

/**
 * The text in lines of at most `width` cells, broken at blanks where there are any; `\n` always breaks. At most `maxLines`
 * of them: the last ends in `mark` where there is more.
 */
export function wrap(text: string, width: number, maxLines: number, mark = '…'): readonly string[] {
  if (width <= 0 || maxLines <= 0) return [];
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    for (const line of wrapParagraph(paragraph, width)) {
      if (lines.length === maxLines) return [...lines.slice(0, -1), withMark(lines.at(-1) ?? '', width, mark)];
      lines.push(line);
    }
  }
  return lines;
}

/** The text in pieces of at most `width` cells, cut wherever that is; one empty piece for an empty text. */
export function chunkCells(text: string, width: number): readonly string[] {
  if (width <= 0 || cellWidth(text) <= width) return [text];
  const pieces: string[] = [];
  let rest = text;
  while (rest !== '') {
    // A grapheme that is wider than the room is a piece of its own: it is cut where it is drawn.
    const piece = cutCells(rest, width) || (splitGraphemes(rest)[0] ?? rest);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return pieces;
}

/**
 * The text in pieces that are lines of at most `width` cells, broken behind blanks; a word that is longer than a line is cut
 * wherever the room ends. Together the pieces are the text: blanks at a break hang over the room, behind the piece before it.
 */
export function wordPieces(text: string, width: number): readonly string[] {
  if (width <= 0) return [text];
  const pieces: string[] = [];
  let rest = text;
  while (cellWidth(rest) > width) {
    const head = cutCells(rest, width) || (splitGraphemes(rest)[0] ?? rest);
    const end = breakBefore(rest, head.length, width);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest !== '' || pieces.length === 0) pieces.push(rest);
  return pieces;
}

/** Where a line that has room for `most` characters of the text ends, with the blanks behind it. */
function breakBefore(text: string, most: number, width: number): number {
  let end = most;
  if (text[most] !== ' ') {
    const begin = text.lastIndexOf(' ', most - 1) + 1;
    const behind = text.indexOf(' ', most);
    const word = text.slice(begin, behind < 0 ? undefined : behind);
    return text.slice(0, begin).trim() === '' || cellWidth(word) > width ? most : begin;
  }
  while (text[end] === ' ') end += 1;
  return end;
}

/** The graphemes of a text, in order. */
export function splitGraphemes(text: string): string[] {
  return PLAIN.test(text) ? text.split('') : Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** A blank that a line may break at: not the one within `9m 59s`. */
const BREAK = / (?!(?<=\d[dhm] )\d\d[hms]\b)/;

function wrapParagraph(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(BREAK)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (cellWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (cellWidth(line) > width) {
      const head = cutCells(line, width);
      // One grapheme wider than the line: it cannot be shown in it, and must not keep the loop from ending.
      if (head === '') return lines;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines;
}

function withMark(line: string, width: number, mark: string): string {
  return cellWidth(line) + cellWidth(mark) <= width ? line + mark : ellipsis(`${line} `, width, mark);
}

/** As many whole graphemes from the start as fit into `width` cells. */
function cutCells(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, width);
  let used = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += cellWidth(segment);
    if (used > width) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
