import { eventLines } from '../format/event-lines.ts';
import { planLines } from '../format/plan-lines.ts';
import type { Line } from '../format/segment.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { paneColumns } from './layout.ts';
import { layoutOf } from './select.ts';
import type { ConsoleState } from './state.ts';
import { selectedEvent, selectedPlan } from './subject.ts';

/** All that is said of the plan or the event under the cursor, in lines as wide as the pane below the list; none: nothing. */
export function textBelow(state: ConsoleState, glyphs: Glyphs): readonly Line[] {
  const width = Math.max(1, paneColumns(layoutOf(state), 'text'));
  const plan = selectedPlan(state);
  if (plan !== undefined) return planLines(plan, width, glyphs);
  const event = selectedEvent(state);
  return event === undefined ? [] : eventLines(event, width, glyphs);
}
