import { changesAnything, importDialog } from '../actions/import-dialog.ts';
import { acknowledgeDialog, isAcknowledgeable, previewedDialog } from '../actions/run-dialogs.ts';
import type { FileOutcome } from '../backend.ts';
import { failureMessage, failureReason } from '../backend.ts';
import { count, shortRunId } from '../format/words.ts';
import { scopeOf } from '../keys/dispatch.ts';
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
    const reason = failureReason(error);
    if (reason === 'PREVIEW_STALE') void preview(dialog, hands, { armed: false });
    if (isAcknowledgeable(reason) && store.getState().ui.dialog?.id === id) {
      store.setState((state) => openDialog(state, acknowledgeDialog(dialog, reason, failureMessage(error))));
    } else refuse(dialog, failureMessage(error), store);
  }
}

/**
 * Asks the server what a dialog's run would do. A server that does not say leaves the dialog as it is: what it says is known
 * here as well, but for how long it took.
 *
 * @param seen `armed: false` where it comes in place of what was read: a key that was meant for that must not agree to this
 */
export async function preview(dialog: Dialog, hands: Hands, seen: Partial<Pick<Dialog, 'armed'>> = {}): Promise<void> {
  const { id, intent } = dialog;
  const { store, backend, session } = hands;
  if (intent.kind === 'many') return previewMany(dialog, hands);
  if (intent.kind === 'import-file') return previewAgain(dialog, intent.file, hands);
  if (intent.kind !== 'start-run') return;
  try {
    const answer = await backend.previewRun(intent.order, session.signal);
    store.setState((state) => updateDialog(state, id, (now) => ({ ...previewedDialog(now, answer), ...seen })));
  } catch {
    const unknown = (fact: DialogFact) => (fact.name === 'took' ? { ...fact, text: 'not known' } : fact);
    store.setState((state) => updateDialog(state, id, (now) => ({ ...now, facts: now.facts.map(unknown) })));
  }
}

/** Shows what a file would do now: it, or the machines, are not what they were. */
async function previewAgain({ id }: Dialog, file: string, { store, backend, session }: Hands): Promise<void> {
  try {
    const shown = await backend.previewFile(file, session.signal);
    const { facts, intent } = importDialog(file, shown);
    store.setState((state) => updateDialog(state, id, (now) => ({ ...now, facts, intent, armed: false })));
  } catch (error) {
    store.setState((state) => updateDialog(state, id, (now) => ({ ...now, notice: failureMessage(error) })));
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

/** Asks what importing a file would do, and then the person; where it would change nothing, says so and asks nothing. */
export async function askToImport(file: string, { store, backend, session }: Hands): Promise<void> {
  store.setState((state) => showToast(state, 'info', `asking the server what ${file} would do …`));
  try {
    const shown = await backend.previewFile(file, session.signal);
    const scope = scopeOf(store.getState());
    if (!changesAnything(shown)) {
      store.setState((state) => showToast(state, shown.mistakes.length === 0 ? 'ok' : 'warn', nothingText(shown)));
    } else if (scope === 'main') {
      store.setState((state) => openDialog(state, importDialog(file, shown)));
    } else {
      // Whoever gives the keys to something else by now must not answer this with them, nor who does not see it.
      const text = `${file} has ${shown.counts}: :import once more asks about it`;
      store.setState((state) => showToast(state, 'info', text));
    }
  } catch (error) {
    if (!session.signal.aborted) store.setState((state) => showToast(state, 'error', failureMessage(error)));
  }
}

/** How many of which kind, and what is wrong first. */
function nothingText({ counts, mistakes: [first, ...others] }: FileOutcome): string {
  if (first === undefined) return `nothing to import: ${counts}`;
  const more = others.length === 0 ? '' : `; and ${count(others.length, 'more mistake')}`;
  return `nothing to import: ${counts}; ${first}${more}`;
}

function refuse({ id }: Dialog, message: string, store: ConsoleStore): void {
  const open = store.getState().ui.dialog?.id === id;
  store.setState((state) =>
    open
      ? updateDialog(state, id, (now) => ({ ...now, busy: false, focus: 'cancel', notice: message }))
      : showToast(state, 'error', message),
  );
}
