import type { Line } from '../format/segment.ts';
import { sameLines } from '../format/segment.ts';
import { facetsOf, keepFacet } from '../store/facets.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import { FRAME_ROWS, Frame } from '../widgets/Frame.tsx';

const WIDTH = 42;
const LABEL_CELLS = 22;
const COUNT_CELLS = 8;

/** The phases that there are, what is busy and what needs somebody, with how many machines, over the table. */
export function FacetsView() {
  const size = useConsole(({ ui }) => ui.size);
  const lines = useConsole(facetLines, sameLines);
  const top = Math.max(0, Math.min(3, size.rows - 1 - FRAME_ROWS - lines.length));
  return <Frame width={WIDTH} title="Machines by phase" tone="borderFocus" lines={lines} top={top} left={4} />;
}

function facetLines(state: ConsoleState): readonly Line[] {
  const { glyphs } = themeOfState(state);
  const { machines, ui } = state;
  const cursor = ui.facet === undefined ? undefined : keepFacet(ui.facet, machines);
  return facetsOf(machines).map(({ label, count }, at): Line => {
    const isAt = at === cursor?.row;
    return [
      { text: isAt ? `${glyphs.caret} ` : '  ', tone: 'accent' },
      { text: at < 9 ? `${at + 1} ` : '  ', tone: 'key' },
      { text: label.padEnd(LABEL_CELLS), tone: isAt ? 'accent' : 'text' },
      { text: count.toLocaleString('en-US').padStart(COUNT_CELLS) },
    ];
  });
}
