import { count } from '../format/words.ts';
import type { Action, ActionContext } from '../keys/registry.ts';
import type { DialogDraft } from '../store/dialog.ts';
import type { ConsoleState } from '../store/state.ts';
import { openDialog, withUi } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

/** What concerns the program itself. */
export const programActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'program.help',
    keys: ['?'],
    label: 'help',
    help: 'what every key does',
    group: 'Rest',
    scopes: ['main', 'help', 'wire'],
    footer: 1,
    run: ({ store }) =>
      store.setState((state) => withUi(state, { helpTop: state.ui.helpTop === undefined ? 0 : undefined })),
  },
  {
    id: 'program.quit',
    keys: ['q'],
    label: 'quit',
    help: 'leave; asks first where runs of this process are going on',
    group: 'Rest',
    scopes: ['main', 'help', 'wire', 'too-small'],
    footer: 2,
    run: quit,
  },
  {
    id: 'program.interrupt',
    keys: ['ctrl-c'],
    label: 'quit',
    help: 'as q; twice: at once',
    group: 'Rest',
    scopes: ['everywhere'],
    run: (context) => {
      // The second one finds the first one's question.
      if (context.store.getState().ui.dialog?.intent.kind === 'quit') context.effects.quit();
      else quit(context);
    },
  },
  {
    id: 'program.suspend',
    keys: ['ctrl-z'],
    label: 'suspend',
    help: 'back to the shell; `fg` comes back here',
    group: 'Rest',
    scopes: ['everywhere'],
    run: ({ effects }) => effects.suspend(),
  },
  {
    id: 'program.redraw',
    keys: ['ctrl-l'],
    label: 'redraw',
    help: 'draw the whole screen anew',
    group: 'Rest',
    scopes: ['everywhere'],
    run: ({ effects }) => effects.redraw(),
  },
];

function quit({ store, effects }: ActionContext<ConsoleEffects>): void {
  const question = quitDialog(store.getState());
  if (question === undefined) effects.quit();
  else store.setState((state) => openDialog(state, question));
}

/** What has to be asked before the program ends; undefined: nothing, because no run ends with it. */
function quitDialog({ connection, runs }: ConsoleState): DialogDraft | undefined {
  if (connection.attached || runs.active === 0) return undefined;
  const durable = connection.server?.durable === true;
  const they = runs.active === 1 ? 'the run' : 'the runs';
  const text = durable
    ? `${runs.active === 1 ? 'It stops' : 'They stop'} now and ${runs.active === 1 ? 'resumes' : 'resume'} when a server is started on this store again.`
    : `The server of this process keeps everything in memory: ${they} and all machines are lost.`;
  return {
    title: `Quit while ${count(runs.active, 'run')} ${runs.active === 1 ? 'is' : 'are'} going on?`,
    tone: durable ? 'plain' : 'danger',
    facts: [
      { name: 'runs', text: `${count(runs.active, 'run')} on the server in this process` },
      { name: 'then', text, tone: durable ? 'text' : 'error' },
    ],
    attention: [],
    intent: { kind: 'quit' },
    fields: [],
    needsValue: false,
    cancelLabel: 'Stay',
    goLabel: 'Quit',
  };
}
