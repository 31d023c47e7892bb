import { Box } from 'ink';
import type { ReactNode } from 'react';
import { cellWidth } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import { fitLine, lineWidth } from '../format/segment.ts';
import { FRAME_COLUMNS } from '../store/layout.ts';
import { useTheme } from './context.tsx';
import { LineView } from './LineView.tsx';

interface PanelProps {
  /** Cells, the frame among them. */
  readonly width: number;
  readonly height: number;
  /** In the frame's upper edge. */
  readonly title: Line;
  readonly focused: boolean;
  readonly children: ReactNode;
}

/** Cells of a panel that are not its content's: the frame, and a blank beside it, on both sides. */
export const PANEL_SIDES = FRAME_COLUMNS;

/** A framed part of the screen. The one that has the focus has a bright frame and a sign in its title. */
export function Panel({ width, height, title, focused, children }: PanelProps) {
  const theme = useTheme();
  const { box, focus } = theme.glyphs;
  const tone = focused ? 'borderFocus' : 'border';
  const signed: Line = focused ? [{ text: `${focus} `, tone: 'borderFocus' }, ...title] : title;
  const room = width - cellWidth(box.topLeft) * 2 - 2;
  const shown = lineWidth(signed) <= room ? signed : fitLine(signed, room, theme.glyphs.ellipsis);
  const rest = Math.max(0, room - lineWidth(shown));
  const top: Line = [
    { text: `${box.topLeft} `, tone },
    ...shown,
    { text: ` ${box.top.repeat(rest)}${box.topRight}`, tone },
  ];
  const { color, dimColor } = theme.tones[tone];
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      <LineView line={top} width={width} />
      <Box
        flexDirection="column"
        width={width}
        height={height - 1}
        borderStyle={box}
        borderTop={false}
        paddingX={1}
        {...(color === undefined ? {} : { borderColor: color })}
        {...(dimColor === undefined ? {} : { borderDimColor: dimColor })}
      >
        {children}
      </Box>
    </Box>
  );
}
