import type { Action, ActionContext } from '../keys/registry.ts';
import { choicesFor, completed, recalled, stemOf } from '../palette/completion.ts';
import { runLine } from '../palette/run-line.ts';
import { openCommand } from '../store/prompting.ts';
import type { ConsoleState, PromptState } from '../store/state.ts';
import { withUi } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

const isCommand = ({ ui }: ConsoleState) => ui.prompt?.kind === 'command';

/** The line behind `:`, in which everything can be called by its name. */
export const paletteActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'palette.open',
    keys: [':'],
    label: 'command',
    help: 'a command or an action by its name; Tab completes, up and down bring back earlier ones',
    group: 'Rest',
    scopes: ['main'],
    footer: 9,
    run: ({ store }) => store.setState((state) => openCommand(state)),
  },
  {
    id: 'palette.run',
    keys: ['enter'],
    label: 'do it',
    help: 'do what the line says',
    group: 'Inner',
    scopes: ['prompt'],
    footer: 1,
    when: isCommand,
    run: runLine,
  },
  completing('palette.complete', 'tab', 'complete', 1),
  completing('palette.complete-back', 'shift-tab', 'the one before', -1),
  recalling('palette.earlier', 'up', 'earlier', 1),
  recalling('palette.later', 'down', 'later', -1),
];

function completing(id: string, key: string, label: string, by: 1 | -1): Action<ConsoleEffects> {
  return {
    id,
    keys: [key],
    label,
    help: 'go on as far as all choices agree, then one after the other',
    group: 'Inner',
    scopes: ['prompt'],
    ...(by > 0 ? { footer: 3 } : {}),
    when: isCommand,
    run: (context) =>
      change(context, (prompt, state) => completed(prompt, choicesFor(stemOf(prompt), context.registry, state), by)),
  };
}

function recalling(id: string, key: string, label: string, by: 1 | -1): Action<ConsoleEffects> {
  return {
    id,
    keys: [key],
    label,
    help: 'a line that was typed before',
    group: 'Inner',
    scopes: ['prompt'],
    when: isCommand,
    run: (context) => change(context, (prompt, { history }) => recalled(prompt, history, by)),
  };
}

function change(
  { store }: ActionContext<ConsoleEffects>,
  how: (prompt: PromptState, state: ConsoleState) => PromptState,
): void {
  store.setState((state) =>
    state.ui.prompt === undefined ? state : withUi(state, { prompt: how(state.ui.prompt, state) }),
  );
}
