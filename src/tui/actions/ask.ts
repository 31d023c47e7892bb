import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { count } from '../format/words.ts';
import type { ActionContext } from '../keys/registry.ts';
import type { DialogDraft } from '../store/dialog.ts';
import { targets } from '../store/marking.ts';
import type { ConsoleState } from '../store/state.ts';
import { openDialog, showToast } from '../store/update.ts';
import { bulkDialog } from './bulk-dialog.ts';
import type { ConsoleEffects } from './effects.ts';

/** The most machines that one dialog is about. */
const MAX_MACHINES = 1_000;

/**
 * Asks before something is done: to the machine under the cursor, or to all that are marked. What it would do is asked of the server
 * meanwhile.
 *
 * @param verb what is done, for the question about many
 * @param draftOf the question about one machine; undefined where there is nothing to be done with it
 */
export function ask(
  { store, effects }: ActionContext<ConsoleEffects>,
  verb: string,
  draftOf: (machine: Machine, state: ConsoleState) => DialogDraft | undefined,
): void {
  const state = store.getState();
  const machines = targets(state);
  if (machines.length > MAX_MACHINES) {
    const text = `${count(machines.length, 'machine')} are marked; at most ${MAX_MACHINES.toLocaleString('en-US')} at a time`;
    store.setState((now) => showToast(now, 'warn', text));
    return;
  }
  const parts = machines.flatMap((machine) => {
    const draft = draftOf(machine, state);
    return draft === undefined ? [] : [{ machine, draft }];
  });
  const draft = parts.length > 1 ? bulkDialog(verb, parts) : parts[0]?.draft;
  if (draft === undefined) return;
  store.setState((now) => openDialog(now, draft));
  const { dialog } = store.getState().ui;
  if (dialog !== undefined) effects.preview(dialog);
}
