/** The eight pieces of a frame. */
export interface BoxStyle {
  readonly topLeft: string;
  readonly top: string;
  readonly topRight: string;
  readonly left: string;
  readonly right: string;
  readonly bottomLeft: string;
  readonly bottom: string;
  readonly bottomRight: string;
}

/** Every sign that is not a word. Each takes exactly one cell, so that columns stay columns. */
export interface Glyphs {
  /** Whether all of them are ASCII, and what sentences say is to be so, too. */
  readonly ascii: boolean;
  readonly done: string;
  readonly failed: string;
  readonly canceled: string;
  readonly skipped: string;
  readonly waiting: string;
  /** What waits to be tried again. */
  readonly retrying: string;
  /** One after the other while something runs. */
  readonly spinner: readonly string[];
  readonly attention: string;
  readonly info: string;
  readonly caret: string;
  readonly online: string;
  readonly offline: string;
  /** In the title of the pane that has the focus. */
  readonly focus: string;
  readonly ellipsis: string;
  /** In a column that has nothing to say. */
  readonly nothing: string;
  /** Between parts of a title. */
  readonly dot: string;
  readonly arrow: string;
  readonly box: BoxStyle;
}

/** For terminals that show Unicode as it is meant. */
export const unicodeGlyphs: Glyphs = {
  ascii: false,
  done: '✓',
  failed: '✗',
  canceled: '⊘',
  skipped: '-',
  waiting: '·',
  retrying: '↻',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  attention: '▲',
  info: '•',
  caret: '>',
  online: '●',
  offline: '○',
  focus: '▸',
  ellipsis: '…',
  nothing: '–',
  dot: '·',
  arrow: '→',
  box: {
    topLeft: '╭',
    top: '─',
    topRight: '╮',
    left: '│',
    right: '│',
    bottomLeft: '╰',
    bottom: '─',
    bottomRight: '╯',
  },
};

/**
 * For terminals that draw characters of ambiguous width in two cells, as those of Chinese, Japanese and Korean locales
 * do, and for fonts that lack the others.
 *
 * @see https://www.unicode.org/reports/tr11/#Ambiguous
 */
export const asciiGlyphs: Glyphs = {
  ascii: true,
  done: '+',
  failed: 'x',
  canceled: '/',
  skipped: '-',
  waiting: '.',
  retrying: '=',
  spinner: ['|', '/', '-', '\\'],
  attention: '!',
  info: 'i',
  caret: '>',
  online: '@',
  offline: 'o',
  focus: '>',
  ellipsis: '~',
  nothing: '-',
  dot: '|',
  arrow: '>',
  box: {
    topLeft: '+',
    top: '-',
    topRight: '+',
    left: '|',
    right: '|',
    bottomLeft: '+',
    bottom: '-',
    bottomRight: '+',
  },
};

/** Whether a locale's terminals draw ambiguous characters in two cells. @param locale as in LC_ALL: `ja_JP.UTF-8` */
export function isWideLocale(locale: string): boolean {
  return /^(ja|ko|zh)([_.-]|$)/i.test(locale);
}
