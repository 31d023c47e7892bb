import type { Line } from '../format/segment.ts';
import { sameLine, sameLines } from '../format/segment.ts';
import type { Size } from '../store/layout.ts';
import { machineText } from '../store/machine-text.ts';
import { selectedMachine } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';

/** The selected machine: what was declared of it, and what became of it. */
export function MachinePane({ size }: { readonly size: Size }) {
  const width = size.columns - PANEL_SIDES;
  const height = size.rows - 2;
  const focused = useConsole(({ ui }) => ui.focus === 'machine');
  const title = useConsole(paneTitle, sameLine);
  const lines = useConsole((state) => machineText(state, width, themeOfState(state).glyphs), sameLines);
  const wanted = useConsole(({ ui }) => ui.machineTop);
  const top = Math.min(wanted, Math.max(0, lines.length - height));
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      <Lines lines={lines.slice(top, top + height)} width={width} />
    </Panel>
  );
}

function paneTitle(state: ConsoleState): Line {
  const machine = selectedMachine(state);
  return [{ text: machine === undefined ? 'Machine' : `Machine ${machine.machineId}`, tone: 'strong' }];
}
