import type { Action, ActionContext } from '../keys/registry.ts';
import type { Dialog } from '../store/dialog.ts';
import { isNeeded, missingField, moveDialogFocus, typingPlace, whatIsMissing } from '../store/dialog.ts';
import type { ConsoleState } from '../store/state.ts';
import { closeDialog, updateDialog } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

type Context = ActionContext<ConsoleEffects>;

/** The keys of a dialog. Letters are keys only where nothing is typed. */
export const dialogActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'dialog.next',
    keys: ['tab', 'right', 'down'],
    label: 'move',
    help: 'the next field or button',
    group: 'Dialog',
    scopes: ['dialog'],
    footer: 4,
    run: (context) => change(context, (dialog) => moveDialogFocus(dialog, 1)),
  },
  {
    id: 'dialog.previous',
    keys: ['shift-tab', 'left', 'up'],
    label: 'previous',
    help: 'the field or button before',
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
      if (dialog === undefined) return;
      const field = typeof dialog.focus === 'number' ? dialog.fields[dialog.focus] : undefined;
      // Enter ends a param, and starts nothing.
      if (field !== undefined && !isNeeded(field)) change(context, (now) => moveDialogFocus(now, 1));
      else if (dialog.focus === 'cancel') cancel(context);
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
  scrolling('dialog.page-down', 'pagedown', 1),
  scrolling('dialog.page-up', 'pageup', -1),
  {
    id: 'dialog.yes',
    keys: ['y'],
    label: 'yes',
    help: 'go on, where nothing has to be typed',
    group: 'Dialog',
    scopes: ['dialog'],
    footer: 3,
    when: ({ ui }: ConsoleState) => ui.dialog !== undefined && typingPlace(ui.dialog) < 0,
    run: carryOut,
  },
];

/** Rows that the list of a dialog moves by. */
const PAGE = 6;

function scrolling(id: string, key: string, by: 1 | -1): Action<ConsoleEffects> {
  return {
    id,
    keys: [key],
    label: by > 0 ? 'further' : 'before',
    help: by > 0 ? 'machines further down the list' : 'machines further up the list',
    group: 'Dialog',
    scopes: ['dialog'],
    run: (context) =>
      change(context, (dialog) => {
        const last = Math.max(0, (dialog.jobs?.length ?? 0) - 1);
        return { ...dialog, jobsTop: Math.max(0, Math.min(last, (dialog.jobsTop ?? 0) + by * PAGE)) };
      }),
  };
}

function cancel({ store }: Context): void {
  const { dialog } = store.getState().ui;
  if (dialog !== undefined) store.setState((state) => closeDialog(state, dialog.id));
}

function carryOut(context: Context): void {
  const { dialog } = context.store.getState().ui;
  if (dialog === undefined) return;
  const missing = whatIsMissing(dialog);
  if (missing === undefined) context.effects.carryOut(dialog);
  else change(context, (now) => ({ ...now, focus: Math.max(0, missingField(now)), notice: missing }));
}

function change({ store }: Context, how: (dialog: Dialog) => Dialog): void {
  const { dialog } = store.getState().ui;
  if (dialog !== undefined) store.setState((state) => updateDialog(state, dialog.id, how));
}
