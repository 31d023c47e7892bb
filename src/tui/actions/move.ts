import type { Action, Registry } from '../keys/registry.ts';
import { helpLines, helpRows } from '../screens/help-lines.ts';
import type { Motion } from '../store/motion.ts';
import { cycleFocus, move, scrolledIn } from '../store/motion.ts';
import type { ConsoleState } from '../store/state.ts';
import { goIn, goUp } from '../store/travel.ts';
import { withUi } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

type ConsoleAction = Action<ConsoleEffects>;

/** Moving within a pane, between panes, in and out. */
export const moveActions: readonly ConsoleAction[] = [
  motion('move.up', ['k', 'up'], 'up', 'a row up', { kind: 'rows', by: -1 }),
  motion('move.down', ['j', 'down'], 'down', 'a row down', { kind: 'rows', by: 1 }),
  motion('move.page-up', ['pageup'], 'page up', 'a page up', { kind: 'pages', by: -1 }),
  motion('move.page-down', ['pagedown'], 'page down', 'a page down', { kind: 'pages', by: 1 }),
  motion('move.top', ['g', 'home'], 'top', 'the first row', { kind: 'top' }),
  motion('move.end', ['G', 'end'], 'end', 'the last row; in a log it is followed again', { kind: 'end' }),
  {
    id: 'move.next-pane',
    keys: ['tab'],
    label: 'next pane',
    help: 'the next pane',
    group: 'Move',
    scopes: ['main'],
    run: ({ store }) => store.setState((state) => cycleFocus(state, 1)),
  },
  {
    id: 'move.previous-pane',
    keys: ['shift-tab'],
    label: 'previous pane',
    help: 'the pane before',
    group: 'Move',
    scopes: ['main'],
    run: ({ store }) => store.setState((state) => cycleFocus(state, -1)),
  },
  {
    id: 'move.in',
    keys: ['enter'],
    label: 'in',
    help: "to a machine, a run, a step's log; what an event is about",
    group: 'Move',
    scopes: ['main'],
    run: ({ store }) => store.setState(goIn),
  },
  {
    id: 'move.out',
    keys: ['esc'],
    label: 'back',
    help: 'one level up, never out of the program',
    group: 'Move',
    scopes: ['main', 'help'],
    run: ({ store }) => store.setState(goOut),
  },
];

function goOut(state: ConsoleState): ConsoleState {
  return state.ui.helpTop === undefined ? goUp(state) : withUi(state, { helpTop: undefined });
}

function motion(id: string, keys: readonly string[], label: string, help: string, how: Motion): ConsoleAction {
  return {
    id,
    keys,
    label,
    help,
    group: 'Move',
    scopes: ['main', 'help', 'wire'],
    run: ({ store, registry }) =>
      store.setState((state) =>
        state.ui.helpTop === undefined ? move(state, how) : moveInHelp(state, state.ui.helpTop, how, registry),
      ),
  };
}

function moveInHelp(state: ConsoleState, top: number, how: Motion, registry: Registry<ConsoleEffects>): ConsoleState {
  const lines = helpLines(state, registry).length;
  return withUi(state, { helpTop: scrolledIn(lines, top, how, helpRows(state)) });
}
