import { edit, insert } from '../store/field.ts';
import { layoutOf } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { showToast, updateDialog } from '../store/update.ts';
import type { Key } from './chunk.ts';
import { typedText } from './chunk.ts';
import type { Action, ActionContext, Registry, Scope } from './registry.ts';
import { refusalOf } from './registry.ts';

/** Who has the keyboard now. */
export function scopeOf(state: ConsoleState): Exclude<Scope, 'everywhere'> {
  if (state.ui.dialog !== undefined) return 'dialog';
  if (!layoutOf(state).fits) return 'too-small';
  return state.ui.helpTop === undefined ? 'main' : 'help';
}

/**
 * Gives the keys of one chunk to who has the keyboard, one after the other. A key that opens a dialog takes the rest of its
 * chunk with it: those keys were meant for what was there before.
 */
export function dispatchKeys<Effects>(
  keys: readonly Key[],
  registry: Registry<Effects>,
  context: ActionContext<Effects>,
): void {
  for (const key of keys) {
    const before = context.store.getState().ui.dialog?.id;
    dispatchKey(key, registry, context);
    const after = context.store.getState().ui.dialog?.id;
    if (after !== undefined && after !== before) return;
  }
}

/** Gives a paste to the text field that is there; without one, nobody gets it. */
export function dispatchPaste<Effects>(text: string, { store }: ActionContext<Effects>): void {
  const { dialog } = store.getState().ui;
  if (dialog?.expected === undefined || !dialog.armed || dialog.busy) return;
  store.setState((state) =>
    updateDialog(state, dialog.id, (now) => ({ ...now, focus: 'field', notice: '', field: insert(now.field, text) })),
  );
}

function dispatchKey<Effects>(key: Key, registry: Registry<Effects>, context: ActionContext<Effects>): void {
  const { store } = context;
  const state = store.getState();
  const scope = scopeOf(state);
  const { dialog } = state.ui;
  const action = registry.find(key, scope, state);
  const everywhere = action?.scopes.includes('everywhere') === true;
  if (dialog !== undefined && !everywhere) {
    if (!dialog.armed || dialog.busy) return;
    if (type(key, context)) return;
  }
  if (action === undefined) return;
  perform(action, context);
}

/** Does what an action does, or says why it cannot be done. */
function perform<Effects>(action: Action<Effects>, context: ActionContext<Effects>): void {
  const refusal = refusalOf(action, context.store.getState());
  if (refusal === undefined) action.run(context);
  else context.store.setState((state) => showToast(state, 'warn', refusal));
}

/** Types a key into the dialog's text field, if it has one and the key is for it. The field gets the focus by that. */
function type<Effects>(key: Key, { store }: ActionContext<Effects>): boolean {
  const { dialog } = store.getState().ui;
  if (dialog?.expected === undefined) return false;
  const text = typedText(key);
  // On a button, left and right are for the buttons.
  const edited = text !== undefined ? insert(dialog.field, text) : dialog.focus === 'field' && edit(dialog.field, key);
  if (!edited) return false;
  store.setState((state) =>
    updateDialog(state, dialog.id, (now) => ({ ...now, focus: 'field', notice: '', field: edited })),
  );
  return true;
}
