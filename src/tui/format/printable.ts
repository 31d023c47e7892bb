// biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that are looked for
const ESCAPE_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])/g;
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b\ufeff]/gu;
const TAB_STOP = 8;

/**
 * A text from elsewhere as one line that can be drawn: no escape sequence, no control and no direction character comes
 * through, tabs become blanks up to the next stop of 8. What hardware writes to its log must not reach the terminal.
 */
export function printable(text: string): string {
  // What the rest costs is not spent on the lines that need none of it, which are nearly all.
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const spoken = text.replaceAll(ESCAPE_SEQUENCE, '');
  return expandTabs(lastOverprint(spoken)).replaceAll(CONTROL, '');
}

/** What a carriage return leaves of a line: progress meters write over themselves with it. */
function lastOverprint(text: string): string {
  const parts = text.split('\r').filter((part) => part !== '');
  return parts.at(-1) ?? '';
}

function expandTabs(text: string): string {
  if (!text.includes('\t')) return text;
  let line = '';
  for (const [index, part] of text.split('\t').entries()) {
    if (index > 0) line += ' '.repeat(TAB_STOP - (line.length % TAB_STOP));
    line += part;
  }
  return line;
}
