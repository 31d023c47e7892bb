import type { Line } from '../format/segment.ts';
import { sameLine, sameLines } from '../format/segment.ts';
import { planName } from '../format/words.ts';
import type { Size } from '../store/layout.ts';
import { listShown } from '../store/place.ts';
import type { ConsoleState } from '../store/state.ts';
import { selectedEvent, selectedPlan } from '../store/subject.ts';
import { textBelow } from '../store/text-below.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';

/** All that is said of the plan or the event under the cursor. */
export function TextPane({ size }: { readonly size: Size }) {
  const height = size.rows - 2;
  const focused = useConsole(({ ui }) => ui.focus === 'text');
  const lines = useConsole((state) => textBelow(state, themeOfState(state).glyphs), sameLines);
  const wanted = useConsole(({ ui }) => ui.textTop);
  const top = Math.min(wanted, Math.max(0, lines.length - height));
  const more = Math.max(0, lines.length - top - height);
  const title = useConsole((state) => textTitle(state, more), sameLine);
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      <Lines lines={lines.slice(top, top + height)} width={size.columns - PANEL_SIDES} />
    </Panel>
  );
}

function textTitle(state: ConsoleState, more: number): Line {
  const plan = selectedPlan(state);
  const event = selectedEvent(state);
  const name = listShown(state.ui) === 'plans' ? 'Plan' : 'Event';
  const which = plan === undefined ? (event?.kind ?? '') : planName(plan.planId);
  return [
    { text: name, tone: 'strong' },
    { text: which === '' ? '' : ` · ${which}`, tone: 'muted' },
    { text: more === 0 ? '' : ` · ${more} more below`, tone: 'muted' },
  ];
}
