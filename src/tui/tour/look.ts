import type { Pane } from '../store/layout.ts';
import { tableRows } from '../store/layout.ts';
import { zoomLog } from '../store/motion.ts';
import { isAtMachines } from '../store/place.ts';
import { layoutOf } from '../store/select.ts';
import { select } from '../store/selection.ts';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';
import { goTo } from '../store/travel.ts';
import { closeDialog, focusPane, showView, withUi } from '../store/update.ts';
import { allMachines } from '../store/view.ts';
import { noWire } from '../store/wire.ts';
import type { ConsoleGuest } from './guest.ts';

/**
 * Shows on the console what its guest wants to be looked at, each time that it asks anew; a machine that is not there yet
 * is selected as soon as it is. Answers what ends it.
 */
export function followLook(store: ConsoleStore, guest: ConsoleGuest): () => void {
  let seen = Number.NaN;
  /** The machine that is waited for; null: none. */
  let wanted: string | null = null;
  const look = () => {
    const { owner, look: now } = guest.view();
    if (owner !== 'guest' || now.revision === seen) return;
    seen = now.revision;
    wanted = now.machineId;
    const { pane } = now;
    store.setState((state) => withPane(cleared(state), pane));
    reach();
  };
  const reach = () => {
    if (wanted === null) return;
    const state = store.getState();
    if (!state.machines.ids.includes(wanted)) return;
    const machineId = wanted;
    wanted = null;
    store.setState((present) => withMachine(present, machineId));
  };
  const unsubscribe = [guest.subscribe(look), store.subscribe(reach)];
  look();
  return () => {
    for (const stop of unsubscribe) stop();
  };
}

/** Without what an explorer has left open. */
function cleared(state: ConsoleState): ConsoleState {
  const { dialog } = state.ui;
  const closed = dialog === undefined ? state : closeDialog(state, dialog.id);
  const all = { ...showView(closed, allMachines), wire: noWire };
  const below = zoomLog(isAtMachines(all.ui) ? all : goTo(all, 'machines'), false);
  return withUi(below, { helpTop: undefined, prompt: undefined, sorting: false, facet: undefined });
}

function withMachine(state: ConsoleState, machineId: string): ConsoleState {
  const { ids } = state.machines;
  return { ...state, selection: select(state.selection, ids, ids.indexOf(machineId), tableRows(layoutOf(state))) };
}

function withPane(state: ConsoleState, pane: Pane | null): ConsoleState {
  return pane === null ? state : focusPane(state, pane);
}
