import type { ConsoleEffects } from '../actions/effects.ts';
import { wrap } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import { fitLine } from '../format/segment.ts';
import { keyLabel } from '../keys/chunk.ts';
import type { Action, Group } from '../keys/registry.ts';
import { withheldReason } from '../keys/registry.ts';
import type { Command } from '../palette/commands.ts';
import { commandsFor } from '../palette/commands.ts';
import { keyFor } from '../store/key-names.ts';
import type { ConsoleState } from '../store/state.ts';
import { useConsole, useParts, useTheme } from '../widgets/context.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';
import { Header } from './Header.tsx';

const GROUPS: readonly Group[] = ['Act', 'Move', 'Find', 'Mark', 'Log', 'Rest', 'Dialog'];
const KEYS_CELLS = 15;
const LABEL_CELLS = 15;
/** Where the help of an action begins. */
const INDENT = 2 + KEYS_CELLS + LABEL_CELLS;
const MAX_HELP_ROWS = 4;
/** Blanks between two columns. */
const GAP = 2;

/** What every key does: the registry, as it is. */
export function HelpScreen() {
  const { registry } = useParts();
  const { glyphs } = useTheme();
  const { columns, rows } = useConsole(({ ui }) => ui.size);
  const actions = useConsole((state) => toBeHad(registry.actions, state), sameActions);
  const commands = useConsole((state) => commandsFor(registry, state), sameCommands);
  const close = useConsole((state) => keyFor(state, 'program.help'));
  const wanted = useConsole(({ ui }) => ui.helpTop ?? 0);
  const width = columns - PANEL_SIDES;
  const height = rows - 4;
  const half = Math.floor(width / 2);
  const blocksIn = (cells: number) =>
    GROUPS.flatMap((group) => [
      ...(group === 'Rest' ? [commandBlock(commands, cells)] : []),
      blockOf(group, actions, glyphs.ascii, cells),
    ]).filter((block) => block.length > 0);
  const list = blocksIn(width).flat();
  // One below the other reads best; side by side only where that spares the scrolling, and breaks no line.
  const isBroken = blocksIn(half - GAP).flat().length > blocksIn(Number.MAX_SAFE_INTEGER).flat().length;
  const lines = list.length <= height || isBroken ? list : sideBySide(blocksIn(half - GAP), half);
  const top = Math.min(wanted, Math.max(0, lines.length - height));
  const more = lines.length - top > height ? ` · ${lines.length - top - height} more below` : '';
  return (
    <>
      <Header />
      <Panel
        width={columns}
        height={rows - 2}
        title={[
          { text: 'Keys', tone: 'strong' },
          { text: ` · ${close} or Esc closes${more}`, tone: 'muted' },
        ]}
        focused
      >
        <Lines lines={lines.slice(top, top + height)} width={width} />
      </Panel>
    </>
  );
}

type Actions = readonly Action<ConsoleEffects>[];

function toBeHad(actions: Actions, state: ConsoleState): Actions {
  return actions.filter((action) => withheldReason(action, state) === undefined);
}

function sameActions(a: Actions, b: Actions): boolean {
  return a.length === b.length && a.every((action, at) => action === b[at]);
}

function blockOf(group: Group, actions: readonly Action<ConsoleEffects>[], ascii: boolean, cells: number): Line[] {
  const ofGroup = actions.filter((action) => action.group === group);
  if (ofGroup.length === 0) return [];
  const lines = ofGroup.flatMap(({ keys, label, help }): Line[] => {
    const labels = keys.map((key) => keyLabel(key, ascii)).join(' ');
    const [first = '', ...rest] = wrap(help, cells - INDENT, MAX_HELP_ROWS);
    return [
      [
        { text: `  ${labels.padEnd(KEYS_CELLS)}`, tone: 'key' },
        { text: label.padEnd(LABEL_CELLS), tone: 'strong' },
        { text: first, tone: 'muted' },
      ],
      ...rest.map((text): Line => [{ text: ' '.repeat(INDENT) }, { text, tone: 'muted' }]),
    ];
  });
  return [[{ text: group === 'Dialog' ? 'In a dialog' : group, tone: 'accent' }], ...lines, []];
}

function sameCommands(a: readonly Command[], b: readonly Command[]): boolean {
  return a.length === b.length && a.every((command, at) => command === b[at]);
}

/** What can be typed behind `:`. */
function commandBlock(commands: readonly Command[], cells: number): Line[] {
  const lines = commands.flatMap(({ name, operand, help }): Line[] => {
    const [first = '', ...rest] = wrap(help, cells - INDENT, MAX_HELP_ROWS);
    return [
      [
        { text: `  ${`:${name} ${operand}`.padEnd(INDENT - 2)}`, tone: 'key' },
        { text: first, tone: 'muted' },
      ],
      ...rest.map((text): Line => [{ text: ' '.repeat(INDENT) }, { text, tone: 'muted' }]),
    ];
  });
  return [[{ text: 'Commands', tone: 'accent' }], ...lines, []];
}

/** Blocks in two columns of about the same height, in their order. */
function sideBySide(blocks: readonly Line[][], width: number): readonly Line[] {
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const left: Line[] = [];
  const right: Line[] = [];
  for (const block of blocks) {
    const goesLeft = right.length === 0 && left.length + block.length / 2 <= total / 2;
    (goesLeft ? left : right).push(...block);
  }
  return Array.from(
    { length: Math.max(left.length, right.length) },
    (_, row): Line => [...fitLine(left[row] ?? [], width), ...(right[row] ?? [])],
  );
}
