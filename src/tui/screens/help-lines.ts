import type { ConsoleEffects } from '../actions/effects.ts';
import { cellWidth, wrap } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import { fitLine } from '../format/segment.ts';
import { keyLabel } from '../keys/chunk.ts';
import type { Action, Group, Registry } from '../keys/registry.ts';
import { offered, withheldReason } from '../keys/registry.ts';
import type { Command } from '../palette/commands.ts';
import { commandsFor } from '../palette/commands.ts';
import { FRAME_COLUMNS } from '../store/layout.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOf } from '../theme/themes.ts';

/** The groups in their order, each with what stands above it. */
const GROUPS: readonly (readonly [Group, string])[] = [
  ['Inner', 'Calls'],
  ['Act', 'Act'],
  ['Move', 'Move'],
  ['Screens', 'Screens'],
  ['Find', 'Find'],
  ['Mark', 'Mark'],
  ['Log', 'Log'],
  ['Rest', 'Rest'],
  ['Dialog', 'In a dialog'],
];
const MAX_HELP_ROWS = 4;
/** Blanks between two columns. */
const GAP = 3;
const MAX_COLUMNS = 4;
/** The cells that a column takes at least. */
const LEAST_COLUMN = 46;

type ConsoleAction = Action<ConsoleEffects>;

/** A row of the help: what is pressed or typed, its name, and what it does. */
interface Entry {
  readonly keys: string;
  readonly label: string;
  readonly help: string;
}

/** Entries that belong together. */
interface Block {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** The rows that the help has for its lines. */
export function helpRows({ ui }: ConsoleState): number {
  return ui.size.rows - 4;
}

/**
 * What every key does: first those that do something on the screen that the help was opened on, then the commands, then what
 * belongs to other screens, other moments and questions. In as many columns as it takes to show all of it at once; where no
 * number of them does, in that which needs the fewest rows.
 */
export function helpLines(state: ConsoleState, registry: Registry<ConsoleEffects>): readonly Line[] {
  const width = state.ui.size.columns - FRAME_COLUMNS;
  const sections = sectionsOf(state, registry);
  let best = inColumns(sections, width, 1);
  for (let columns = 2; columns <= MAX_COLUMNS; columns += 1) {
    if (best.length <= helpRows(state) || columnCells(width, columns) < LEAST_COLUMN) break;
    const lines = inColumns(sections, width, columns);
    if (lines.length < best.length) best = lines;
  }
  return best;
}

/** What does something here; then the rest. */
function sectionsOf(state: ConsoleState, registry: Registry<ConsoleEffects>): readonly (readonly Block[])[] {
  const { ascii } = themeOf(state.settings.theme, state.settings.ascii).glyphs;
  const scope = state.wire.open ? 'wire' : 'main';
  const here = offered(registry, scope, state).filter(({ group }) => scope === 'wire' || group !== 'Inner');
  const known = new Set(here);
  const others = registry.actions.filter(
    (action) => action.group !== 'Inner' && !known.has(action) && withheldReason(action, state) === undefined,
  );
  const blocks = (actions: readonly ConsoleAction[]) =>
    GROUPS.map(
      ([group, title]): Block => ({
        title,
        entries: actions.filter((action) => action.group === group).map((action) => entryOf(action, ascii)),
      }),
    ).filter(({ entries }) => entries.length > 0);
  const elsewhere = blocks(others).map(({ title, entries }) => ({
    title: title === 'In a dialog' ? title : `${title}, not now`,
    entries,
  }));
  return [blocks(here), [...commandBlocks(commandsFor(registry, state)), ...elsewhere]];
}

/** What can be typed behind `:`, in two blocks that fit into columns better than one. */
function commandBlocks(commands: readonly Command[]): readonly Block[] {
  const isAct = ({ operand, actionId }: Command) => operand !== '' && actionId !== undefined;
  const block = (title: string, some: readonly Command[]): Block => ({
    title,
    entries: some.map(({ name, operand, help }) => ({ keys: `:${name} ${operand}`.trimEnd(), label: '', help })),
  });
  return [
    block('Commands that act', commands.filter(isAct)),
    block(
      'Commands',
      commands.filter((command) => !isAct(command)),
    ),
  ].filter(({ entries }) => entries.length > 0);
}

function entryOf({ keys, label, help }: ConsoleAction, ascii: boolean): Entry {
  return { keys: keys.map((key) => keyLabel(key, ascii)).join(' '), label, help };
}

/** Each section in so many columns of about the same height, one section below the other. */
function inColumns(sections: readonly (readonly Block[])[], width: number, columns: number): readonly Line[] {
  const cells = columnCells(width, columns);
  const lines = sections.flatMap((blocks) =>
    sideBySide(
      balanced(
        blocks.map((block) => blockLines(block, cells)),
        columns,
      ),
      cells,
    ),
  );
  // Nothing stands below the last block.
  return lines.slice(0, lines.findLastIndex((line) => line.some(({ text }) => text.trim() !== '')) + 1);
}

function columnCells(width: number, columns: number): number {
  return Math.floor((width - GAP * (columns - 1)) / columns);
}

/** A block with its title, as a table of its own, and a blank line below it. */
function blockLines({ title, entries }: Block, cells: number): readonly Line[] {
  const keyCells = Math.max(...entries.map(({ keys }) => cellWidth(keys))) + 2;
  const labelCells = Math.max(...entries.map(({ label }) => cellWidth(label) + (label === '' ? 0 : 2)));
  const indent = 2 + keyCells + labelCells;
  const lines = entries.flatMap(({ keys, label, help }): Line[] => {
    const [first = '', ...rest] = wrap(help, cells - indent, MAX_HELP_ROWS);
    return [
      [
        { text: `  ${keys.padEnd(keyCells)}`, tone: 'key' },
        { text: label.padEnd(labelCells), tone: 'strong' },
        { text: first, tone: 'muted' },
      ],
      ...rest.map((text): Line => [{ text: ' '.repeat(indent) }, { text, tone: 'muted' }]),
    ];
  });
  return [[{ text: title, tone: 'accent' }], ...lines, []];
}

type Lines = readonly Line[];

/** Blocks in so many columns, in their order, so that the longest column is as short as it can be. */
function balanced(blocks: readonly Lines[], columns: number): readonly Lines[] {
  if (columns <= 1) return [blocks.flat()];
  let best: readonly Lines[] = [blocks.flat()];
  for (let first = 1; first < blocks.length; first += 1) {
    const split = [blocks.slice(0, first).flat(), ...balanced(blocks.slice(first), columns - 1)];
    if (longestOf(split) < longestOf(best)) best = split;
  }
  return best;
}

function longestOf(columns: readonly Lines[]): number {
  return Math.max(...columns.map(({ length }) => length));
}

function sideBySide(columns: readonly Lines[], cells: number): Lines {
  return Array.from({ length: longestOf(columns) }, (_, row): Line => {
    const last = columns.length - 1;
    return columns.flatMap((lines, at) => (at === last ? (lines[row] ?? []) : fitLine(lines[row] ?? [], cells + GAP)));
  });
}
