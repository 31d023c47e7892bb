import { typingPlace } from '../store/dialog.ts';
import type { FieldState } from '../store/field.ts';
import { edit, insert } from '../store/field.ts';
import { asksServer, setFilter } from '../store/filtering.ts';
import { layoutOf } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { showToast, updateDialog, withUi } from '../store/update.ts';
import type { Key } from './chunk.ts';
import { typedText } from './chunk.ts';
import type { Action, ActionContext, Registry, Scope } from './registry.ts';
import { refusalOf } from './registry.ts';

/** Who has the keyboard now. */
export function scopeOf(state: ConsoleState): Exclude<Scope, 'everywhere'> {
  const { dialog, prompt, sorting, facet, helpTop } = state.ui;
  if (dialog !== undefined) return 'dialog';
  if (!layoutOf(state).fits) return 'too-small';
  if (prompt !== undefined) return 'prompt';
  if (sorting) return 'sorting';
  if (facet !== undefined) return 'facets';
  if (helpTop !== undefined) return 'help';
  return state.wire.open ? 'wire' : 'main';
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
  store.setState((state) => {
    const field = typingField(state);
    return field === undefined ? state : withText(state, insert(field, text));
  });
}

function dispatchKey<Effects>(key: Key, registry: Registry<Effects>, context: ActionContext<Effects>): void {
  const { store } = context;
  const state = store.getState();
  const scope = scopeOf(state);
  const action = registry.find(key, scope, state);
  if (action?.scopes.includes('everywhere') !== true) {
    const { dialog } = state.ui;
    if (dialog !== undefined && (!dialog.armed || dialog.busy)) return;
    if (type(key, context)) return;
  }
  if (action !== undefined) performAction(action, context);
  else if (scope === 'sorting') {
    // What is no column was not meant for sorting.
    store.setState((now) => withUi(now, { sorting: false }));
    dispatchKey(key, registry, context);
  }
}

/** Does what an action does, or says why it cannot be done. */
export function performAction<Effects>(action: Action<Effects>, context: ActionContext<Effects>): void {
  const refusal = refusalOf(action, context.store.getState());
  if (refusal === undefined) action.run(context);
  else context.store.setState((state) => showToast(state, 'warn', refusal));
}

/** Types a key into the text field that is there, if it is for it. */
function type<Effects>(key: Key, { store }: ActionContext<Effects>): boolean {
  const state = store.getState();
  const field = typingField(state);
  if (field === undefined) return false;
  const text = typedText(key);
  const { dialog } = state.ui;
  // Where a button of a dialog has the focus, left and right are for the buttons; a letter goes to the field all the same.
  const edits = dialog === undefined || typeof dialog.focus === 'number';
  const edited = text === undefined ? (edits ? edit(field, key) : undefined) : insert(field, text);
  if (edited === undefined) return false;
  store.setState((now) => withText(now, edited));
  return true;
}

/** The text field that takes what is typed; undefined: there is none. */
function typingField({ ui }: ConsoleState): FieldState | undefined {
  if (ui.dialog === undefined) return ui.prompt?.field;
  return ui.dialog.armed && !ui.dialog.busy ? ui.dialog.typed[typingPlace(ui.dialog)] : undefined;
}

/** The state with that in the text field, which has the focus by it. Free text filters while it is typed. */
function withText(state: ConsoleState, field: FieldState): ConsoleState {
  const { dialog, prompt } = state.ui;
  if (dialog !== undefined) {
    const focus = typingPlace(dialog);
    return updateDialog(state, dialog.id, (now) => ({
      ...now,
      focus,
      notice: '',
      typed: now.typed.with(focus, field),
    }));
  }
  if (prompt === undefined) return state;
  const next = withUi(state, { prompt: { kind: prompt.kind, before: prompt.before, field } });
  return prompt.kind !== 'filter' || asksServer(state, field.text) ? next : setFilter(next, field.text);
}
