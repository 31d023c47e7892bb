import { Text } from 'ink';
import { memo } from 'react';
import type { Line } from '../format/segment.ts';
import { fitLine, lineText, lineWidth, sameLine, withSigns } from '../format/segment.ts';
import type { Style, Theme } from '../theme/theme.ts';
import { useTheme } from './context.tsx';

interface LineViewProps {
  readonly line: Line;
  /** Cells; a longer line is cut to it. */
  readonly width: number;
  /** One look for all of these cells, whatever the tones are; for what is selected. */
  readonly style?: Style;
  /** Fills these cells with blanks behind the line: it is drawn over something. */
  readonly over?: boolean;
}

/** A line of at most so many cells. Blanks cost as much as letters do, so there are none where nothing is behind them. */
export const LineView = memo(
  function LineView({ line, width, style, over = false }: LineViewProps) {
    const theme = useTheme();
    const { glyphs } = theme;
    const spoken = glyphs.ascii ? line.map((one) => ({ ...one, text: withSigns(one.text, glyphs) })) : line;
    const cells = lineWidth(spoken);
    // An empty text would have no row.
    const fills = over || style !== undefined || cells > width || cells === 0;
    const fitted = fills ? fitLine(spoken, width, glyphs.ellipsis) : spoken;
    return (
      <Text {...style} wrap="truncate">
        {style === undefined ? toned(fitted, theme) : lineText(fitted)}
      </Text>
    );
  },
  (a, b) => a.width === b.width && a.style === b.style && a.over === b.over && sameLine(a.line, b.line),
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
