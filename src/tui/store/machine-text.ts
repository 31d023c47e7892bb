import { machineLines } from '../format/machine-lines.ts';
import type { Line } from '../format/segment.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { selectedMachine, serverNow } from './select.ts';
import type { ConsoleState } from './state.ts';
import { noMachineReason } from './subject.ts';

/** All that the machine pane says, in lines of that width. */
export function machineText(state: ConsoleState, width: number, glyphs: Glyphs): readonly Line[] {
  const machine = selectedMachine(state);
  if (machine === undefined) return [[{ text: noMachineReason(state), tone: 'muted' }]];
  return machineLines(machine, width, glyphs, serverNow(state));
}
