import type { Action } from '../keys/registry.ts';
import { keyFor } from '../store/key-names.ts';
import { tableRows } from '../store/layout.ts';
import { hasMarks, markAll, markRange, toggleMark } from '../store/marking.ts';
import { noMarks } from '../store/marks.ts';
import { layoutOf } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { showToast } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

const inTable = ({ ui, machines }: ConsoleState) => ui.focus === 'machines' && machines.ids.length > 0;

/** Marking machines, so that an action is about all of them. */
export const markActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'mark.toggle',
    keys: ['space'],
    label: 'mark',
    help: 'mark the machine, or take its mark away: actions are about the marked ones',
    group: 'Mark',
    scopes: ['main'],
    dangerous: true,
    footer: 11,
    when: inTable,
    run: ({ store }) => store.setState((state) => toggleMark(state, tableRows(layoutOf(state)))),
  },
  {
    id: 'mark.range',
    keys: ['V'],
    label: 'range',
    help: 'mark everything from here to where it is pressed again',
    group: 'Mark',
    scopes: ['main'],
    dangerous: true,
    when: inTable,
    run: ({ store }) =>
      store.setState((state) => {
        const next = markRange(state);
        const { from } = next.marks;
        return from === ''
          ? next
          : showToast(next, 'info', `a range from ${from}: go on, then ${keyFor(state, 'mark.range')} once more`);
      }),
  },
  {
    id: 'mark.all',
    keys: ['A'],
    label: 'mark all',
    help: 'mark every machine that is shown',
    group: 'Mark',
    scopes: ['main'],
    dangerous: true,
    when: inTable,
    run: ({ store }) => store.setState(markAll),
  },
  {
    id: 'mark.none',
    keys: ['esc'],
    label: 'no marks',
    help: 'take all marks away',
    group: 'Mark',
    scopes: ['main'],
    footer: 2,
    when: (state) => inTable(state) && hasMarks(state),
    run: ({ store }) => store.setState({ marks: noMarks }),
  },
];
