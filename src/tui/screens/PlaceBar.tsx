import type { Line, Segment } from '../format/segment.ts';
import { fitLine, lineWidth, sameLine } from '../format/segment.ts';
import { shortRunId } from '../format/words.ts';
import { keyFor } from '../store/key-names.ts';
import type { Detail, Place } from '../store/place.ts';
import { PLACE_NAMES, PLACES } from '../store/place.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import { LineView } from '../widgets/LineView.tsx';

/** What the places are called beside their keys. */
const SHORT: Readonly<Record<Place, string>> = {
  machines: 'machines',
  runs: 'runs',
  plans: 'plans',
  events: 'events',
  'server-log': 'log',
};

/** The row below the header: where one is, and the keys of the places. */
export function PlaceBar() {
  const columns = useConsole(({ ui }) => ui.size.columns);
  const line = useConsole(barLine, sameLine);
  return <LineView line={line} width={columns} />;
}

function barLine(state: ConsoleState): Line {
  const { place, path, size } = state.ui;
  const names = [PLACE_NAMES[place], ...path.map(nameOf)];
  const way = names.flatMap((text, at): Segment[] => {
    const isLast = at === names.length - 1;
    return [
      ...(at === 0 ? [] : [{ text: ' › ', tone: 'muted' as const }]),
      { text, tone: isLast ? 'strong' : 'muted' },
    ];
  });
  const keys = keysOf(state);
  const room = size.columns - 2 - lineWidth(keys) - 2;
  const left = lineWidth(way) > room ? fitLine(way, room, themeOfState(state).glyphs.ellipsis) : way;
  const gap = ' '.repeat(Math.max(2, size.columns - 2 - lineWidth(left) - lineWidth(keys)));
  return [{ text: ' ' }, ...left, { text: gap }, ...keys];
}

function keysOf(state: ConsoleState): Line {
  return PLACES.flatMap((place, at): Segment[] => [
    { text: at === 0 ? '' : '  ' },
    { text: keyFor(state, `place.${place}`), tone: 'key' },
    { text: ` ${SHORT[place]}`, ...(place === state.ui.place ? { tone: 'strong' } : {}) },
  ]);
}

function nameOf(detail: Detail): string {
  return detail.kind === 'machine' ? detail.machineId : `run ${shortRunId(detail.runId)}`;
}
