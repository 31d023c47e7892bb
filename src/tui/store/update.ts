import type { LogChunk } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Dialog, DialogDraft } from './dialog.ts';
import { emptyField, insert } from './field.ts';
import type { Layout, Pane, Size } from './layout.ts';
import { tableRows } from './layout.ts';
import { settleShown } from './listing.ts';
import { appendLog, emptyLog } from './log.ts';
import type { MachineChange } from './machines.ts';
import { applyMachineChanges } from './machines.ts';
import { keepMarks } from './marking.ts';
import type { RunChange } from './runs.ts';
import { applyRunChanges } from './runs.ts';
import { layoutOf } from './select.ts';
import { keepSelection } from './selection.ts';
import type { ConsoleState, Toast, UiState } from './state.ts';
import type { MatchChange, ViewState } from './view.ts';
import { applyMatches, lookAgain, lookAt } from './view.ts';
import { fitCalls } from './wire.ts';

/** What streams have told since the last time. */
export interface StreamNews {
  readonly machines: readonly MachineChange[];
  /** Which machines match the filter. */
  readonly matches: readonly MatchChange[];
  readonly runs: readonly RunChange[];
  /** Lines of the log that is shown. */
  readonly log: readonly LogChunk[];
  /** The log that is shown has ended. */
  readonly logEnded: boolean;
}

/** Takes in what streams have told, all at once, so that it is drawn once. */
export function takeNews(state: ConsoleState, news: StreamNews): ConsoleState {
  const machines = applyMachineChanges(state.machines, news.machines);
  const runs = applyRunChanges(state.runs, news.runs);
  const longer = appendLog(state.log, news.log);
  const log = news.logEnded ? { ...longer, open: false } : longer;
  const view = lookAgain(applyMatches(state.view, news.matches), state, machines);
  const next = { ...state, machines, runs, log, view };
  // Where a filter is asked about anew, nothing can be called missing until all is told.
  return keepMarks(view.asking ? next : settleSelection(next), state.machines);
}

/** Shows the machines of a view. The selection stays on its machine if that is among them. */
export function showView(state: ConsoleState, view: ViewState): ConsoleState {
  return settleSelection({ ...state, view: lookAt(view, state.machines) });
}

/** The selection on what is there; a machine that is missing only because not all is known yet stays selected. */
export function settleSelection(state: ConsoleState): ConsoleState {
  const { machines, selection, view } = state;
  if (!machines.loaded && selection.id !== '' && !machines.byId.has(selection.id)) return state;
  const kept = keepSelection(selection, view.ids, tableRows(layoutOf(state)));
  const same = kept.id === selection.id && kept.row === selection.row && kept.top === selection.top;
  return same ? state : { ...state, selection: kept };
}

/** Looks at another run's log, from its first line. */
export function showLogOf(state: ConsoleState, runId: string): ConsoleState {
  if (state.log.runId === runId) return state;
  return { ...state, log: emptyLog(runId), ui: { ...state.ui, step: '' } };
}

/** A terminal of another size. A dialog that would no longer be seen is canceled, but not one that asks about quitting. */
export function resize(state: ConsoleState, size: Size): ConsoleState {
  const next = settleShown(settleSelection(withUi({ ...state, wire: fitCalls(state.wire, size) }, { size })));
  const layout = layoutOf(next);
  const unseen = !layout.fits && next.ui.dialog !== undefined && next.ui.dialog.intent.kind !== 'quit';
  return withUi(next, { focus: focusIn(layout, next.ui.focus), ...(unseen ? { dialog: undefined } : {}) });
}

/** The state with some of what is shown changed. */
export function withUi(state: ConsoleState, ui: Partial<UiState>): ConsoleState {
  return { ...state, ui: { ...state.ui, ...ui } };
}

/** Gives a pane the focus; where run and log share one place, it is the one that is shown. */
export function focusPane(state: ConsoleState, focus: Pane): ConsoleState {
  return withUi(state, focus === 'run' || focus === 'log' ? { focus, lower: focus } : { focus });
}

/** The pane that can have the focus in a layout: that one if it is there, else the first. */
export function focusIn({ fits, order }: Layout, wanted: Pane): Pane {
  return !fits || order.includes(wanted) ? wanted : (order[0] ?? wanted);
}

/** Asks a question. It is not armed yet, and its focus is where nothing happens. */
export function openDialog(state: ConsoleState, draft: DialogDraft): ConsoleState {
  const typed = draft.fields.map(({ initial }) => insert(emptyField, initial));
  const born = { id: nextId(), typed, focus: 'cancel', armed: false, busy: false, notice: '' } as const;
  return withUi(state, { dialog: { ...draft, ...born }, toast: undefined, prompt: undefined, sorting: false });
}

/** Changes the dialog of that id, if it is still there. */
export function updateDialog(state: ConsoleState, id: number, change: (dialog: Dialog) => Dialog): ConsoleState {
  const { dialog } = state.ui;
  return dialog?.id === id ? withUi(state, { dialog: change(dialog) }) : state;
}

/** Takes the dialog of that id away, if it is still there. */
export function closeDialog(state: ConsoleState, id: number): ConsoleState {
  return state.ui.dialog?.id === id ? withUi(state, { dialog: undefined }) : state;
}

/** Shows a toast in place of the one before. */
export function showToast(state: ConsoleState, tone: Toast['tone'], text: string): ConsoleState {
  return withUi(state, { toast: { id: nextId(), tone, text } });
}

let lastId = 0;

/** Numbers dialogs and toasts of this process, so that a late answer finds its own or none. */
function nextId(): number {
  lastId += 1;
  return lastId;
}
