import type { Action, ActionContext } from '../keys/registry.ts';
import type { Dialog } from '../store/dialog.ts';
import { isComplete, moveDialogFocus } from '../store/dialog.ts';
import type { ConsoleState } from '../store/state.ts';
import { closeDialog, updateDialog } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

type Context = ActionContext<ConsoleEffects>;

/** The keys of a dialog. Letters are keys only where nothing is typed. */
export const dialogActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'dialog.next',
    keys: ['tab', 'right'],
    label: 'move',
    help: 'the next button',
    group: 'Dialog',
    scopes: ['dialog'],
    footer: 4,
    run: (context) => change(context, (dialog) => moveDialogFocus(dialog, 1)),
  },
  {
    id: 'dialog.previous',
    keys: ['shift-tab', 'left'],
    label: 'previous',
    help: 'the button before',
    group: 'Dialog',
    scopes: ['dialog'],
    run: (context) => change(context, (dialog) => moveDialogFocus(dialog, -1)),
  },
  {
    id: 'dialog.press',
    keys: ['enter'],
    label: 'press',
    help: 'press the button that has the focus, which is Cancel at first',
    group: 'Dialog',
    scopes: ['dialog'],
    footer: 2,
    run: (context) => {
      const { dialog } = context.store.getState().ui;
      if (dialog?.focus === 'cancel') cancel(context);
      else carryOut(context);
    },
  },
  {
    id: 'dialog.cancel',
    keys: ['esc'],
    label: 'cancel',
    help: 'close the dialog, and nothing happens',
    group: 'Dialog',
    scopes: ['dialog'],
    footer: 1,
    run: cancel,
  },
  {
    id: 'dialog.yes',
    keys: ['y'],
    label: 'yes',
    help: 'go on, where nothing has to be typed',
    group: 'Dialog',
    scopes: ['dialog'],
    footer: 3,
    when: ({ ui }: ConsoleState) => ui.dialog?.expected === undefined,
    run: carryOut,
  },
];

function cancel({ store }: Context): void {
  const { dialog } = store.getState().ui;
  if (dialog !== undefined) store.setState((state) => closeDialog(state, dialog.id));
}

function carryOut(context: Context): void {
  const { dialog } = context.store.getState().ui;
  if (dialog === undefined) return;
  if (isComplete(dialog)) context.effects.carryOut(dialog);
  else change(context, (now) => ({ ...now, focus: 'field', notice: `type ${now.expected} to go on` }));
}

function change({ store }: Context, how: (dialog: Dialog) => Dialog): void {
  const { dialog } = store.getState().ui;
  if (dialog !== undefined) store.setState((state) => updateDialog(state, dialog.id, how));
}
