import { Text } from 'ink';
import { memo } from 'react';
import type { Line } from '../format/segment.ts';
import { fitLine, sameLine, withSigns } from '../format/segment.ts';
import type { Style, Theme } from '../theme/theme.ts';
import { useTheme } from './context.tsx';

interface LineViewProps {
  readonly line: Line;
  /** Cells; the line is cut or filled to it. */
  readonly width: number;
  /** One look for the whole line, whatever its tones; for what is selected. */
  readonly style?: Style;
}

/** A line in exactly so many cells. */
export const LineView = memo(
  function LineView({ line, width, style }: LineViewProps) {
    const theme = useTheme();
    const { glyphs } = theme;
    const spoken = glyphs.ascii ? line.map((one) => ({ ...one, text: withSigns(one.text, glyphs) })) : line;
    const fitted = fitLine(spoken, width, glyphs.ellipsis);
    return (
      <Text {...style} wrap="truncate">
        {style === undefined ? toned(fitted, theme) : fitted.map(({ text }) => text).join('')}
      </Text>
    );
  },
  (a, b) => a.width === b.width && a.style === b.style && sameLine(a.line, b.line),
);

/** The pieces of a line, those that follow each other in the same look as one. */
function toned(line: Line, theme: Theme) {
  const pieces: { text: string; style: Style }[] = [];
  for (const { text, tone, style: own } of line) {
    const style = own ?? theme.tones[tone ?? 'text'];
    const last = pieces.at(-1);
    // Blanks look the same in every tone, which saves half of the pieces.
    const blank = own === undefined && text.trim() === '' && !isSeenOnBlanks(last?.style);
    if (last !== undefined && (last.style === style || blank)) last.text += text;
    else pieces.push({ text, style });
  }
  return pieces.map(({ text, style }, at) => {
    const key = `${at}`;
    return Object.keys(style).length === 0 ? (
      text
    ) : (
      <Text key={key} {...style}>
        {text}
      </Text>
    );
  });
}

function isSeenOnBlanks(style: Style | undefined): boolean {
  return style?.backgroundColor !== undefined || style?.inverse === true || style?.underline === true;
}

interface LinesProps {
  readonly lines: readonly Line[];
  readonly width: number;
}

/** Lines, one below the other. */
export function Lines({ lines, width }: LinesProps) {
  return lines.map((line, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place, whatever is in it
    <LineView key={row} line={line} width={width} />
  ));
}
