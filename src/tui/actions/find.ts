import type { Action } from '../keys/registry.ts';
import { emptyField, insert } from '../store/field.ts';
import { canFilter, filterOf, setFilter } from '../store/filtering.ts';
import { findInLog, logTop } from '../store/log-window.ts';
import { isAtMachines } from '../store/place.ts';
import { isLogZoomed, logPaneOf, shownLog, withLog } from '../store/select.ts';
import type { ConsoleState, PromptState } from '../store/state.ts';
import { showToast, showView, withUi } from '../store/update.ts';
import type { SortColumn } from '../store/view.ts';
import { SORT_COLUMNS, withSort } from '../store/view.ts';
import type { ConsoleEffects } from './effects.ts';

type ConsoleAction = Action<ConsoleEffects>;

/** Finding machines and log lines, and sorting. */
export const findActions: readonly ConsoleAction[] = [
  {
    id: 'find.filter',
    keys: ['/'],
    label: 'filter',
    help: 'show the rows that match: rack=r1 AND phase=READY, or any text',
    group: 'Find',
    scopes: ['main'],
    footer: 8,
    when: (state) => state.ui.focus !== 'log' && canFilter(state),
    run: ({ store }) => store.setState((state) => openPrompt(state, 'filter', filterOf(state))),
  },
  {
    id: 'find.search',
    keys: ['/'],
    label: 'search',
    help: 'in the log: look for a text',
    group: 'Find',
    scopes: ['main'],
    footer: 2,
    when: (state) => state.ui.focus === 'log',
    run: ({ store }) => store.setState((state) => openPrompt(state, 'search', shownLog(state).search)),
  },
  searching('find.next', 'n', 'next', 'the next line that has it', 1),
  searching('find.previous', 'N', 'previous', 'the line before that has it', -1),
  {
    id: 'find.sort',
    keys: ['s'],
    label: 'sort',
    help: "then a column's number; the same once more: the other way round",
    group: 'Find',
    scopes: ['main'],
    footer: 9,
    when: ({ ui, machines }) => isAtMachines(ui) && !isLogZoomed(ui) && machines.ids.length > 0,
    run: ({ store }) => store.setState((state) => withUi(state, { sorting: true, toast: undefined })),
  },
  ...SORT_COLUMNS.map(sorting),
  {
    id: 'find.no-sort',
    keys: ['esc'],
    label: 'as it is',
    help: 'sort by nothing else',
    group: 'Inner',
    scopes: ['sorting'],
    footer: 20,
    run: ({ store }) => store.setState((state) => withUi(state, { sorting: false })),
  },
  {
    id: 'prompt.accept',
    keys: ['enter'],
    label: 'apply',
    help: 'take what was typed',
    group: 'Inner',
    scopes: ['prompt'],
    footer: 1,
    when: ({ ui }) => ui.prompt?.kind !== 'command',
    run: ({ store }) => store.setState(accept),
  },
  {
    id: 'prompt.cancel',
    keys: ['esc'],
    label: 'as before',
    help: 'forget what was typed',
    group: 'Inner',
    scopes: ['prompt'],
    footer: 2,
    run: ({ store }) => store.setState(cancel),
  },
];

function searching(id: string, key: string, label: string, help: string, by: 1 | -1): ConsoleAction {
  return {
    id,
    keys: [key],
    label,
    help,
    group: 'Find',
    scopes: ['main'],
    when: (state) => state.ui.focus === 'log' && shownLog(state).search !== '',
    run: ({ store }) => store.setState((state) => find(state, shownLog(state).search, by)),
  };
}

function sorting(column: SortColumn, at: number): ConsoleAction {
  return {
    id: `find.sort-by-${column}`,
    keys: [String(at + 1)],
    label: column.toUpperCase(),
    help: `sort by ${column.toUpperCase()}`,
    group: 'Inner',
    scopes: ['sorting'],
    footer: at + 1,
    run: ({ store }) =>
      store.setState((state) => withUi(showView(state, withSort(state.view, column)), { sorting: false })),
  };
}

function openPrompt(state: ConsoleState, kind: PromptState['kind'], before: string): ConsoleState {
  const field = before === '' ? emptyField : insert(emptyField, before);
  return withUi(state, { prompt: { kind, field, before }, toast: undefined });
}

function accept(state: ConsoleState): ConsoleState {
  const { prompt } = state.ui;
  if (prompt === undefined) return state;
  const closed = withUi(state, { prompt: undefined });
  if (prompt.kind === 'filter') return setFilter(closed, prompt.field.text);
  const search = prompt.field.text;
  return search === '' ? withLog(closed, { ...shownLog(state), search, found: undefined }) : find(closed, search, 1);
}

function cancel(state: ConsoleState): ConsoleState {
  const { prompt } = state.ui;
  if (prompt === undefined) return state;
  const closed = withUi(state, { prompt: undefined });
  return prompt.kind === 'filter' ? setFilter(closed, prompt.before) : closed;
}

/** Goes to the next line of the log that has the text: behind the one found last, else from the top of the pane. */
function find(state: ConsoleState, search: string, by: 1 | -1): ConsoleState {
  const pane = logPaneOf(state);
  const shown = shownLog(state);
  const from = shown.search === search ? shown.found : undefined;
  const log = findInLog(shown, search, from ?? logTop(shown, pane).row - 1, by, pane);
  return log === shown ? showToast(state, 'warn', `no line of this log has ${search}`) : withLog(state, log);
}
