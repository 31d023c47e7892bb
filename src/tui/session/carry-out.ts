import { acknowledgeDialog, isAcknowledgeable, previewedDialog } from '../actions/run-dialogs.ts';
import { failureMessage, failureReason } from '../backend.ts';
import { count, shortRunId } from '../format/words.ts';
import type { Dialog, DialogFact } from '../store/dialog.ts';
import type { ConsoleStore } from '../store/store.ts';
import { closeDialog, openDialog, showToast, updateDialog } from '../store/update.ts';
import { carryOutMany, previewMany } from './carry-out-many.ts';
import type { Hands } from './perform.ts';
import { perform } from './perform.ts';

/**
 * Does what a dialog asks about. The dialog stays until the server has answered: what went wrong is said in it, and pressing
 * again sends the same request id, so that a lost answer makes no second run.
 */
export async function carryOut(dialog: Dialog, hands: Hands): Promise<void> {
  const { intent, id } = dialog;
  if (intent.kind === 'many') return carryOutMany(dialog, hands);
  const { store, session } = hands;
  store.setState((state) => updateDialog(state, id, (now) => ({ ...now, busy: true, notice: '' })));
  try {
    const text = await perform(intent, dialog, hands);
    store.setState((state) => showToast(closeDialog(state, id), 'ok', text));
  } catch (error) {
    if (session.signal.aborted) return;
    if (failureReason(error) === 'PREVIEW_STALE') void preview(dialog, hands);
    const reason = failureReason(error);
    if (isAcknowledgeable(reason) && store.getState().ui.dialog?.id === id) {
      store.setState((state) => openDialog(state, acknowledgeDialog(dialog, reason, failureMessage(error))));
    } else refuse(dialog, failureMessage(error), store);
  }
}

/**
 * Asks the server what a dialog's run would do. A server that does not say leaves the dialog as it is: what it says is known
 * here as well, but for how long it took.
 */
export async function preview(dialog: Dialog, hands: Hands): Promise<void> {
  const { id, intent } = dialog;
  const { store, backend, session } = hands;
  if (intent.kind === 'many') return previewMany(dialog, hands);
  if (intent.kind !== 'start-run') return;
  try {
    const answer = await backend.previewRun(intent.order, session.signal);
    store.setState((state) => updateDialog(state, id, (now) => previewedDialog(now, answer)));
  } catch {
    const unknown = (fact: DialogFact) => (fact.name === 'took' ? { ...fact, text: 'not known' } : fact);
    store.setState((state) => updateDialog(state, id, (now) => ({ ...now, facts: now.facts.map(unknown) })));
  }
}

/** Skips the back-off that a run waits in. */
export async function retryNow(runId: string, { store, backend, session }: Hands): Promise<void> {
  try {
    const run = await backend.retryNow(runId, session.signal);
    store.setState((state) => showToast(state, 'ok', `run ${shortRunId(run.runId)} tries again now`));
  } catch (error) {
    if (!session.signal.aborted) store.setState((state) => showToast(state, 'error', failureMessage(error)));
  }
}

/** Registers demo machines, and says what became of it. */
export async function importDemoMachines(number: number, { store, backend, session }: Hands): Promise<void> {
  try {
    const { created, updated, unchanged } = await backend.importDemoMachines(number, session.signal);
    const known = updated + unchanged;
    const text = `${count(created, 'machine')} imported${known > 0 ? `, ${known} were there already` : ''}`;
    store.setState((state) => showToast(state, 'ok', text));
  } catch (error) {
    if (!session.signal.aborted) store.setState((state) => showToast(state, 'error', failureMessage(error)));
  }
}

/** Registers the machines of a file, and says how many of which kind, and what is wrong in it first. */
export async function importFile(file: string, { store, backend, session }: Hands): Promise<void> {
  try {
    const { counts, mistakes } = await backend.importFile(file, session.signal);
    const [first, ...others] = mistakes;
    const more = others.length === 0 ? '' : `; and ${count(others.length, 'more mistake')}`;
    const text = first === undefined ? counts : `${counts}; ${first}${more}`;
    store.setState((state) => showToast(state, first === undefined ? 'ok' : 'warn', text));
  } catch (error) {
    if (!session.signal.aborted) store.setState((state) => showToast(state, 'error', failureMessage(error)));
  }
}

function refuse({ id }: Dialog, message: string, store: ConsoleStore): void {
  const open = store.getState().ui.dialog?.id === id;
  store.setState((state) =>
    open
      ? updateDialog(state, id, (now) => ({ ...now, busy: false, focus: 'cancel', notice: message }))
      : showToast(state, 'error', message),
  );
}
