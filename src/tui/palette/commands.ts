import { didYouMean } from '../../client/suggest.ts';
import type { ConsoleEffects } from '../actions/effects.ts';
import { notConnected } from '../actions/run.ts';
import { planName } from '../format/words.ts';
import { performAction } from '../keys/dispatch.ts';
import { keyNamesOf } from '../keys/keymap.ts';
import type { Action, ActionContext, Registry } from '../keys/registry.ts';
import { withheldReason } from '../keys/registry.ts';
import { pathsIn } from '../store/files.ts';
import { canFilter, setFilter } from '../store/filtering.ts';
import { filterList } from '../store/list.ts';
import { withList } from '../store/listing.ts';
import type { ConsoleState } from '../store/state.ts';
import { goTo } from '../store/travel.ts';
import { showToast, showView } from '../store/update.ts';
import { SORT_COLUMNS, withSort } from '../store/view.ts';
import { THEME_NAMES } from '../theme/theme.ts';

type Context = ActionContext<ConsoleEffects>;

/** A command that is typed behind `:`. */
export interface Command {
  readonly name: string;
  /** What goes behind the name, as the help writes it: `[ID]`; empty: nothing does. */
  readonly operand: string;
  readonly help: string;
  /** The action that it stands for: who does not have that one does not have the command. */
  readonly actionId?: string;
  /** What can be written behind the name, for completion. */
  readonly operands?: (state: ConsoleState) => readonly string[];
  /** Does it. Answers what is wrong with what was typed, as a sentence; undefined: nothing. */
  readonly run: (context: Context, operand: string) => string | undefined;
}

/** Every command there is, in the order of the help: the one source of completion, help and docs/keys.md. */
export const COMMANDS: readonly Command[] = [
  onMachine('repave', 'run.repave', 'asks about a repave of that machine'),
  onMachine('reboot', 'run.reboot', 'asks about a reboot'),
  onMachine('rma', 'run.rma', 'asks about an RMA'),
  onMachine('upgrade', 'run.upgrade', 'asks about an upgrade'),
  onMachine('net-reconfig', 'run.net-reconfig', 'asks about another network configuration'),
  onMachine('cancel', 'run.cancel', "asks about canceling the machine's run"),
  onMachine('retry-now', 'run.retry-now', 'does not wait for the next attempt'),
  onMachine('maintenance', 'machine.maintenance', 'asks about taking it out of service, or putting it back'),
  onMachine('resolve', 'machine.resolve', 'asks about saying that you have looked into it'),
  onMachine('complete-rma', 'machine.complete-rma', 'asks about the new hardware'),
  {
    name: 'import',
    operand: 'FILE',
    help: 'asks about importing the machines of a CSV, YAML or JSON file, as bmdemo import does',
    actionId: 'machines.import-demo',
    operands: ({ files }) => pathsIn(files),
    run: importFile,
  },
  {
    name: 'filter',
    operand: '[TEXT]',
    help: 'shows the rows that match, as / does; without a text all of them',
    run: ({ store }, text) =>
      void store.setState((state) => setFilter(canFilter(state) ? state : goTo(state, 'machines'), text)),
  },
  {
    name: 'sort',
    operand: 'COLUMN',
    help: 'sorts the machines; by the same column once more: the other way round',
    operands: () => SORT_COLUMNS,
    run: sort,
  },
  {
    name: 'plan',
    operand: 'NAME',
    help: 'goes to that plan and its steps; starts nothing',
    operands: ({ plans }) => plans.map(({ planId }) => planName(planId)),
    run: showPlan,
  },
  {
    name: 'theme',
    operand: 'NAME',
    help: 'other colours, until the console ends',
    operands: () => THEME_NAMES,
    run: setTheme,
  },
  standingFor('machines', 'place.machines', 'goes to the machines'),
  standingFor('runs', 'place.runs', 'goes to the runs'),
  standingFor('plans', 'place.plans', 'goes to the plans'),
  standingFor('events', 'place.events', 'goes to the events'),
  standingFor('log', 'place.server-log', "goes to the server's own log"),
  standingFor('help', 'program.help', 'what every key and command does'),
  standingFor('q', 'program.quit', 'leaves the program'),
  standingFor('quit', 'program.quit', 'leaves the program'),
];

/** The commands that are to be had in this console: without those whose action is not. */
export function commandsFor(registry: Registry<ConsoleEffects>, state: ConsoleState): readonly Command[] {
  return COMMANDS.filter((command) => withheldCommand(command, registry, state) === undefined);
}

/** Why a command is not to be had in this console, as its key says it; undefined: it is. */
export function withheldCommand(
  { actionId }: Command,
  registry: Registry<ConsoleEffects>,
  state: ConsoleState,
): string | undefined {
  const action = actionOf(registry, actionId);
  return action === undefined ? undefined : withheldReason(action, state);
}

function actionOf({ actions }: Registry<ConsoleEffects>, id: string | undefined): Action<ConsoleEffects> | undefined {
  return actions.find((action) => action.id === id);
}

function standingFor(name: string, actionId: string, help: string): Command {
  const run = (context: Context, operand: string) => {
    if (operand !== '') return `:${name} takes nothing behind it`;
    const action = actionOf(context.registry, actionId);
    if (action !== undefined) performAction(action, context);
    return undefined;
  };
  return { name, operand: '', help, actionId, run };
}

/** What a key does to the machine under the cursor, done to the one that is named; without a name to what the key is about. */
function onMachine(name: string, actionId: string, help: string): Command {
  const run = (context: Context, operand: string) => {
    const { store, registry } = context;
    const { byId, ids } = store.getState().machines;
    const machineId = byId.has(operand) ? operand : ids.find((id) => id.toLowerCase() === operand.toLowerCase());
    if (operand !== '' && machineId === undefined) return `there is no machine ${operand}${didYouMean(operand, ids)}`;
    const there = machineId === undefined ? context : lookingAt(context, machineId);
    const action = actionOf(registry, actionId);
    // Where the action does not apply, its key belongs to one that says why.
    const meant = registry.find(action?.keys[0] ?? '', 'main', there.store.getState()) ?? action;
    if (meant !== undefined) performAction(meant, there);
    return undefined;
  };
  return { name, operand: '[ID]', help, actionId, operands: ({ machines }) => machines.ids, run };
}

/** What an action is given where that machine is what it is about: what is shown stays as it is. */
function lookingAt(context: Context, machineId: string): Context {
  const { store } = context;
  const getState = () => {
    const state = store.getState();
    return { ...state, ui: { ...state.ui, path: [{ kind: 'machine', machineId, from: state.ui.focus } as const] } };
  };
  return { ...context, store: { ...store, getState } };
}

function importFile({ store, effects }: Context, file: string): string | undefined {
  if (file === '') return ':import takes a file: one that bmdemo export writes, or a CSV with a header';
  if (/^\d+$/.test(file)) return ':import takes a file; bmdemo import N imports so many demo machines';
  const reason = notConnected(store.getState());
  if (reason === undefined) effects.askToImport(file);
  return reason;
}

function sort({ store }: Context, operand: string): string | undefined {
  const column = SORT_COLUMNS.find((one) => one === operand.toLowerCase());
  if (column === undefined) return `:sort takes one of ${SORT_COLUMNS.join(', ')}`;
  store.setState((state) => {
    const there = state.ui.place === 'machines' ? state : goTo(state, 'machines');
    return showView(there, withSort(there.view, column));
  });
  return undefined;
}

function showPlan({ store }: Context, operand: string): string | undefined {
  const { plans } = store.getState();
  const wanted = planName(operand.toLowerCase());
  const plan = plans.find(({ planId }) => planName(planId).toLowerCase() === wanted);
  if (plan === undefined) {
    const names = plans.map(({ planId }) => planName(planId));
    return operand === ''
      ? ':plan takes the name of a plan'
      : `there is no plan ${operand}${didYouMean(wanted, names)}`;
  }
  store.setState((state) =>
    withList(goTo(state, 'plans'), 'plans', (list) => {
      const all = filterList(list, '', false);
      return { ...all, selection: { ...all.selection, id: plan.planId } };
    }),
  );
  return undefined;
}

function setTheme({ store, registry }: Context, operand: string): string | undefined {
  const theme = THEME_NAMES.find((name) => name === operand.toLowerCase());
  if (theme === undefined) return `:theme takes one of ${THEME_NAMES.join(', ')}`;
  store.setState((state) => {
    const { settings } = state;
    const keyNames = keyNamesOf(registry.actions, settings.ascii || theme === 'ascii');
    return showToast({ ...state, settings: { ...settings, theme, keyNames } }, 'ok', `theme ${theme}`);
  });
  return undefined;
}
