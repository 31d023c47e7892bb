import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { callLines } from '../format/call-lines.ts';
import { unicodeGlyphs } from '../theme/glyphs.ts';
import { FRAME_COLUMNS, paneColumns, paneRows, tableRows } from './layout.ts';
import { withList } from './listing.ts';
import { followLog, rowOfStep, withStep } from './log.ts';
import { scrollLog, scrollLogTo } from './log-window.ts';
import { machineText } from './machine-text.ts';
import { listShown } from './place.ts';
import { layoutOf, logPaneOf, shownLog, shownRun, withLog } from './select.ts';
import type { Selection } from './selection.ts';
import { moveSelection, select } from './selection.ts';
import type { ConsoleState } from './state.ts';
import { textBelow } from './text-below.ts';
import { focusPane, settleSelection, withUi } from './update.ts';
import { callIds, listedCalls } from './wire.ts';

/** How far to move: rows, pages, or to an end. */
export type Motion =
  | { readonly kind: 'rows'; readonly by: number }
  | { readonly kind: 'pages'; readonly by: number }
  | { readonly kind: 'top' }
  | { readonly kind: 'end' };

/** Moves in what has the keyboard: the calls if they are open, else the pane with the focus. */
export function move(state: ConsoleState, motion: Motion): ConsoleState {
  if (state.wire.open) return moveInCalls(state, motion);
  switch (state.ui.focus) {
    case 'machines':
      return moveInTable(state, motion);
    case 'run':
      return moveInSteps(state, motion);
    case 'log':
      return moveInLog(state, motion);
    case 'machine': {
      const layout = layoutOf(state);
      const lines = machineText(state, paneColumns(layout, 'machine'), unicodeGlyphs).length;
      return withUi(state, { machineTop: scrolledIn(lines, state.ui.machineTop, motion, paneRows(layout, 'machine')) });
    }
    case 'list':
      return moveInList(state, motion);
    case 'text':
      return moveInText(state, motion);
  }
}

/** Gives the focus to the next pane, or the one before, round and round; a log on the whole screen goes back to its pane. */
export function cycleFocus(state: ConsoleState, by: 1 | -1): ConsoleState {
  const unzoomed = zoomLog(state, false);
  const { order } = layoutOf(unzoomed);
  const at = order.indexOf(state.ui.focus);
  return focusPane(unzoomed, order[(at + by + order.length) % order.length] ?? 'machines');
}

/** Gives the log the whole screen while it has the focus, or no more than its pane. */
export function zoomLog(state: ConsoleState, zoomed: boolean): ConsoleState {
  const { logLook } = state.ui;
  return logLook.zoomed === zoomed ? state : settleSelection(withUi(state, { logLook: { ...logLook, zoomed } }));
}

/** From a step of the run that is shown to the log of it. */
export function goToStepLog(state: ConsoleState): ConsoleState {
  const run = shownRun(state);
  if (run === undefined) return state;
  const focused = focusPane(state, 'log');
  const step = stepUnderCursor(run, state.ui.step);
  const row = rowOfStep(state.log, step);
  if (row === undefined) return focused;
  // Where one step is shown alone, it is this one now.
  const log = state.log.step === '' ? state.log : withStep(state.log, step);
  return { ...focused, log: scrollLogTo(log, { row, line: 0 }, logPaneOf(focused)) };
}

/** The step that the cursor of the run pane is on: the one chosen, else the one under way, else the first. */
export function stepUnderCursor(run: Run, chosen: string): string {
  if (run.steps.some(({ name }) => name === chosen)) return chosen;
  return run.currentStep === '' ? (run.steps[0]?.name ?? '') : run.currentStep;
}

function moveInTable(state: ConsoleState, motion: Motion): ConsoleState {
  const { selection, view } = state;
  return { ...state, selection: moved(selection, view.ids, motion, tableRows(layoutOf(state))) };
}

function moveInList(state: ConsoleState, motion: Motion): ConsoleState {
  const key = listShown(state.ui);
  if (key === undefined) return state;
  const height = tableRows(layoutOf(state), 'list');
  const next = withList(state, key, (list) => ({
    ...list,
    selection: moved(list.selection, list.shown, motion, height),
  }));
  return next.lists[key].selection.id === state.lists[key].selection.id ? next : withUi(next, { textTop: 0 });
}

/** What is said of what is selected, never further than its last line. */
function moveInText(state: ConsoleState, motion: Motion): ConsoleState {
  const height = paneRows(layoutOf(state), 'text');
  const lines = textBelow(state, unicodeGlyphs).length;
  return withUi(state, { textTop: scrolledIn(lines, state.ui.textTop, motion, height) });
}

/** In the list of calls, or in the one that is looked at closely. */
function moveInCalls(state: ConsoleState, motion: Motion): ConsoleState {
  const { wire, ui } = state;
  if (wire.closely !== undefined) {
    const width = ui.size.columns - FRAME_COLUMNS;
    const lines = wire.target === undefined ? 0 : callLines(wire.closely, wire.target, width, state.clock.now).length;
    return { ...state, wire: { ...wire, top: scrolledIn(lines, wire.top, motion, ui.size.rows - 4) } };
  }
  const selection = moved(wire.selection, callIds(wire), motion, listedCalls(ui.size));
  return { ...state, wire: { ...wire, selection } };
}

/** A selection moved in its list, of which so many rows are seen. */
function moved(selection: Selection, ids: readonly string[], motion: Motion, height: number): Selection {
  switch (motion.kind) {
    case 'rows':
      return moveSelection(selection, ids, motion.by, height);
    case 'pages':
      return moveSelection(selection, ids, motion.by * height, height);
    case 'top':
      return select(selection, ids, 0, height);
    case 'end':
      return select(selection, ids, ids.length - 1, height);
  }
}

function moveInSteps(state: ConsoleState, motion: Motion): ConsoleState {
  const run = shownRun(state);
  if (run === undefined) return state;
  const names = run.steps.map(({ name }) => name);
  const at = names.indexOf(stepUnderCursor(run, state.ui.step));
  const row = motion.kind === 'end' ? names.length - 1 : scrolled(at, motion, names.length);
  return withUi(state, { step: names[Math.min(row, names.length - 1)] ?? '' });
}

function moveInLog(state: ConsoleState, motion: Motion): ConsoleState {
  const pane = logPaneOf(state);
  const log = shownLog(state);
  switch (motion.kind) {
    case 'rows':
      return withLog(state, scrollLog(log, motion.by, pane));
    case 'pages':
      return withLog(state, scrollLog(log, motion.by * pane.height, pane));
    case 'top':
      return withLog(state, scrollLogTo(log, { row: log.rows.start, line: 0 }, pane));
    case 'end':
      return withLog(state, followLog(log));
  }
}

/** The first line of a text that is shown in so many rows, moved: never so far that a row is empty. */
export function scrolledIn(lines: number, top: number, motion: Motion, height: number): number {
  return Math.min(Math.max(0, lines - height), scrolled(top, motion, height));
}

/** A row moved, never above the first. */
function scrolled(row: number, motion: Motion, height: number): number {
  switch (motion.kind) {
    case 'rows':
      return Math.max(0, row + motion.by);
    case 'pages':
      return Math.max(0, row + motion.by * height);
    case 'top':
      return 0;
    case 'end':
      return Number.MAX_SAFE_INTEGER;
  }
}
