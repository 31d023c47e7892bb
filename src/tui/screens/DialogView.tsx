import type { Dialog } from '../store/dialog.ts';
import { useConsole, useTheme } from '../widgets/context.tsx';
import { FRAME_ROWS, FRAME_SIDES, Frame } from '../widgets/Frame.tsx';
import { dialogLines } from './dialog-lines.ts';

const WIDEST = 84;
/** Where there is a row a machine, which is not wrapped. */
const WIDEST_WITH_JOBS = 100;

/** The question that is open, in the middle of the screen. */
export function DialogView({ dialog }: { readonly dialog: Dialog }) {
  const theme = useTheme();
  const size = useConsole(({ ui }) => ui.size);
  const machines = useConsole((state) => state.machines);
  const width = Math.min(dialog.jobs === undefined ? WIDEST : WIDEST_WITH_JOBS, size.columns - 4);
  const lines = dialogLines(dialog, machines, theme, width - FRAME_SIDES, size.rows - FRAME_ROWS - 1);
  const height = lines.length + FRAME_ROWS;
  return (
    <Frame
      width={width}
      title={dialog.title}
      tone={dialog.tone === 'danger' ? 'error' : 'borderFocus'}
      lines={lines}
      top={Math.max(0, Math.floor((size.rows - 1 - height) / 2))}
      left={Math.floor((size.columns - width) / 2)}
    />
  );
}
