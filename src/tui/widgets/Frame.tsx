import { Box } from 'ink';
import type { Line } from '../format/segment.ts';
import { fitLine, lineWidth } from '../format/segment.ts';
import type { Tone } from '../theme/theme.ts';
import { useTheme } from './context.tsx';
import { Lines, LineView } from './LineView.tsx';

interface FrameProps {
  readonly width: number;
  readonly title: string;
  readonly tone: Tone;
  readonly lines: readonly Line[];
  readonly top: number;
  readonly left: number;
}

/** Cells of a frame that are not its content's, on both sides. */
export const FRAME_SIDES = 6;
/** Rows of a frame that are not its content's. */
export const FRAME_ROWS = 2;

/** A frame over whatever is there: every cell of it is drawn, so that nothing shines through. */
export function Frame({ width, title, tone, lines, top, left }: FrameProps) {
  const { glyphs } = useTheme();
  const { box } = glyphs;
  const room = width - FRAME_SIDES;
  const head = fitTitle(title, width - 6, glyphs.ellipsis);
  const rest = box.top.repeat(Math.max(0, width - 5 - lineWidth(head)));
  const sided = (line: Line): Line => [
    { text: `${box.left}  `, tone },
    ...fitLine(line, room, glyphs.ellipsis),
    { text: `  ${box.right}`, tone },
  ];
  return (
    <Box position="absolute" top={top} left={left} flexDirection="column" width={width}>
      <LineView
        width={width}
        line={[{ text: `${box.topLeft}${box.top} `, tone }, ...head, { text: ` ${rest}${box.topRight}`, tone }]}
      />
      <Lines lines={lines.map(sided)} width={width} />
      <LineView
        width={width}
        line={[{ text: `${box.bottomLeft}${box.bottom.repeat(width - 2)}${box.bottomRight}`, tone }]}
      />
    </Box>
  );
}

function fitTitle(title: string, width: number, mark: string): Line {
  const line: Line = [{ text: title, tone: 'strong' }];
  return lineWidth(line) <= width ? line : fitLine(line, width, mark);
}
