import { didYouMean } from '../../client/suggest.ts';
import type { ConsoleEffects } from '../actions/effects.ts';
import { performAction } from '../keys/dispatch.ts';
import type { Action, ActionContext } from '../keys/registry.ts';
import { withheldReason } from '../keys/registry.ts';
import { showToast, withUi } from '../store/update.ts';
import { commandsFor, withheldCommand } from './commands.ts';
import { commandNamed, isNamed, partsOf } from './completion.ts';

/** Does what the line says that is typed behind `:`, or says what is wrong with it. The line is closed either way. */
export function runLine(context: ActionContext<ConsoleEffects>): void {
  const { store, effects } = context;
  const line = store.getState().ui.prompt?.field.text.trim() ?? '';
  store.setState((state) => withUi(state, { prompt: undefined, toast: undefined }));
  if (line === '') return;
  effects.remember(line);
  const problem = run(line, context);
  if (problem !== undefined) store.setState((state) => showToast(state, 'warn', problem));
}

function run(line: string, context: ActionContext<ConsoleEffects>): string | undefined {
  const { store, registry } = context;
  const state = store.getState();
  const { name, operand = '' } = partsOf(line);
  const command = commandNamed(name);
  if (command !== undefined) return withheldCommand(command, registry, state) ?? command.run(context, operand);
  const named = registry.actions.filter((action) => isNamed(action) && isCalled(action, line.toLowerCase()));
  const action = named.find(({ when }) => when?.(state) ?? true) ?? named[0];
  if (action === undefined) {
    const names = [...commandsFor(registry, state).map((one) => one.name), ...registry.actions.map(({ id }) => id)];
    return `there is no command ${name}${didYouMean(name, names)}`;
  }
  const withheld = withheldReason(action, state);
  if (withheld !== undefined) return withheld;
  if (action.when?.(state) === false) return `${action.label} does nothing here: ${action.help}`;
  performAction(action, context);
  return undefined;
}

function isCalled({ id, label }: Action<ConsoleEffects>, text: string): boolean {
  return id === text || label.toLowerCase() === text;
}
