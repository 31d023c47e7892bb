import { eventCells } from '../format/event-row.ts';
import { planCells } from '../format/plan-row.ts';
import { runCells } from '../format/run-row.ts';
import type { Segment } from '../format/segment.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { listShown } from './place.ts';
import { serverNow } from './select.ts';
import type { ConsoleState } from './state.ts';
import { knownRun } from './subject.ts';

/** What a row of the list that is shown says, by its columns; undefined where it has no such row. */
export function listedCells(
  state: ConsoleState,
  id: string,
  glyphs: Glyphs,
): Readonly<Partial<Record<string, Segment>>> | undefined {
  const key = listShown(state.ui);
  switch (key) {
    case 'runs':
    case 'machineRuns': {
      const run = knownRun(state, id);
      return run === undefined ? undefined : runCells(run, glyphs, serverNow(state));
    }
    case 'events': {
      const event = state.lists.events.rows.get(id);
      return event === undefined ? undefined : eventCells(event, glyphs, serverNow(state));
    }
    case 'plans': {
      const plan = state.lists.plans.rows.get(id);
      return plan === undefined ? undefined : planCells(plan, glyphs);
    }
    case undefined:
      return undefined;
  }
}
