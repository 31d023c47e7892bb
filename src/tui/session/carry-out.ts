import { acknowledgeDialog } from '../actions/run-dialogs.ts';
import type { ConsoleBackend } from '../backend.ts';
import { failureMessage, failureReason } from '../backend.ts';
import { count, shortRunId } from '../format/words.ts';
import type { Dialog } from '../store/dialog.ts';
import type { ConsoleStore } from '../store/store.ts';
import { closeDialog, openDialog, showToast, updateDialog } from '../store/update.ts';
import type { Session } from './session.ts';

/** What carrying out needs. */
export interface Hands {
  readonly store: ConsoleStore;
  readonly backend: ConsoleBackend;
  readonly session: Session;
}

/**
 * Does what a dialog asks about. The dialog stays until the server has answered: what went wrong is said in it, and pressing
 * again sends the same request id, so that a lost answer makes no second run.
 */
export async function carryOut(dialog: Dialog, { store, backend, session }: Hands): Promise<void> {
  const { intent, id } = dialog;
  if (intent.kind === 'quit') return;
  store.setState((state) => updateDialog(state, id, (now) => ({ ...now, busy: true, notice: '' })));
  try {
    const run =
      intent.kind === 'start-run'
        ? await backend.startRun(intent.order, session.signal)
        : await backend.cancelRun(intent.runId, '', session.signal);
    if (intent.kind === 'start-run') session.learn(run);
    const what = intent.kind === 'start-run' ? 'accepted' : `canceled; ${run.machineId} needs intervention`;
    store.setState((state) => showToast(closeDialog(state, id), 'ok', `run ${shortRunId(run.runId)} ${what}`));
  } catch (error) {
    if (session.signal.aborted) return;
    const asksForMore = failureReason(error) === 'NEEDS_INTERVENTION' && store.getState().ui.dialog?.id === id;
    if (asksForMore) store.setState((state) => openDialog(state, acknowledgeDialog(dialog, failureMessage(error))));
    else refuse(dialog, failureMessage(error), store);
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

function refuse({ id }: Dialog, message: string, store: ConsoleStore): void {
  const open = store.getState().ui.dialog?.id === id;
  store.setState((state) =>
    open
      ? updateDialog(state, id, (now) => ({ ...now, busy: false, focus: 'cancel', notice: message }))
      : showToast(state, 'error', message),
  );
}
