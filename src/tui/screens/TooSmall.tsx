import { Box } from 'ink';
import { wrap } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import { keyFor } from '../store/key-names.ts';
import { LEAST_SIZE } from '../store/layout.ts';
import { useConsole } from '../widgets/context.tsx';
import { Lines } from '../widgets/LineView.tsx';

/** What is shown where the terminal is too small for anything else. Runs go on. */
export function TooSmall() {
  const { columns, rows } = useConsole(({ ui }) => ui.size);
  const dialog = useConsole(({ ui }) => ui.dialog);
  const quit = useConsole((state) => keyFor(state, 'program.quit'));
  const width = Math.max(1, columns - 2);
  const text =
    dialog === undefined
      ? `bmdemo\n\nThis terminal has ${columns}×${rows} cells; the console needs ${LEAST_SIZE.columns}×${LEAST_SIZE.rows}.\n\nRuns go on. Make it larger, or ${quit} to quit.`
      : `${dialog.title}\n\n${dialog.facts.map((fact) => fact.text).join('\n')}\n\n${dialog.armed ? 'y quits · Esc stays' : ''}`;
  const lines: readonly Line[] = wrap(text, width, rows).map((row) => [{ text: ` ${row}` }]);
  const above = Math.max(0, Math.floor((rows - lines.length) / 2));
  return (
    <Box flexDirection="column" paddingTop={above}>
      <Lines lines={lines} width={columns} />
    </Box>
  );
}
