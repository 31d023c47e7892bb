import type { ConsoleEffects } from '../actions/effects.ts';
import { ellipsis } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import { sameLines } from '../format/segment.ts';
import type { Registry } from '../keys/registry.ts';
import { choicesFor, commandNamed, partsOf, stemOf } from '../palette/completion.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState, useConsole, useParts } from '../widgets/context.tsx';
import { FRAME_ROWS, FRAME_SIDES, Frame } from '../widgets/Frame.tsx';

const MAX_ROWS = 10;
/** In a wider terminal it leaves the right of what is below to be seen; in any other that would be halves of words. */
const WIDEST = 140;

/** What can be typed next behind `:`, over the last rows above the line. */
export function PaletteView() {
  const { registry } = useParts();
  const size = useConsole(({ ui }) => ui.size);
  const width = Math.min(WIDEST, size.columns);
  const rows = Math.min(MAX_ROWS, size.rows - FRAME_ROWS - 3);
  const lines = useConsole((state) => choiceLines(state, registry, width - FRAME_SIDES, rows), sameLines);
  const top = size.rows - 1 - FRAME_ROWS - lines.length;
  return <Frame width={width} title="Command" tone="borderFocus" lines={lines} top={top} left={0} />;
}

/** The choices, as many as fit around the one that Tab is at, and how many more there are. */
function choiceLines(
  state: ConsoleState,
  registry: Registry<ConsoleEffects>,
  width: number,
  rows: number,
): readonly Line[] {
  const { prompt } = state.ui;
  if (prompt === undefined) return [];
  const stem = stemOf(prompt);
  const choices = choicesFor(stem, registry, state);
  const { glyphs } = themeOfState(state);
  if (choices.length === 0) return [[{ text: ellipsis(hintFor(stem), width, glyphs.ellipsis), tone: 'muted' }]];
  const at = prompt.tabbed?.at ?? -1;
  const room = choices.length > rows ? rows - 1 : rows;
  const top = Math.max(0, Math.min(at - room + 1, choices.length - room));
  const shown = choices.slice(top, top + room);
  const cells = Math.min(32, Math.max(...shown.map(({ text }) => text.length)) + 2);
  const lines = shown.map(({ text, help }, row): Line => {
    const isAt = top + row === at;
    return [
      { text: isAt ? `${glyphs.caret} ` : '  ', tone: 'accent' },
      { text: text.padEnd(cells), tone: isAt ? 'accent' : 'strong' },
      { text: ellipsis(help, Math.max(1, width - cells - 2), glyphs.ellipsis), tone: 'muted' },
    ];
  });
  const more = choices.length - shown.length;
  return more === 0 ? lines : [...lines, [{ text: `  and ${more} more: type on, or Tab`, tone: 'muted' }]];
}

function hintFor(stem: string): string {
  const { name, operand } = partsOf(stem);
  const command = commandNamed(name);
  if (command === undefined || operand === undefined) return 'nothing is called so; Enter says what is near';
  return `:${command.name} ${command.operand}  ${command.help}`;
}
