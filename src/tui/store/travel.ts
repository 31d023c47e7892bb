import { emptyList, filterList, selectedRow } from './list.ts';
import { settleShown, withList } from './listing.ts';
import { goToStepLog } from './motion.ts';
import type { Detail, Place } from './place.ts';
import { isAtMachines, listShown } from './place.ts';
import { layoutOf } from './select.ts';
import type { ConsoleState } from './state.ts';
import { selectedEvent } from './subject.ts';
import { focusIn, focusPane, settleSelection, showView, withUi } from './update.ts';
import { withFilter } from './view.ts';

/** Goes to a place, out of whatever was looked at closely. To the one that is shown: back to its list. */
export function goTo(state: ConsoleState, place: Place): ConsoleState {
  return arrive(withUi(state, { place, path: [], textTop: 0 }));
}

/** Looks at one thing closely; Esc comes back to the pane that has the focus now. */
function enter(state: ConsoleState, detail: Detail): ConsoleState {
  const next = withUi(state, { path: [...state.ui.path, detail], step: '', machineTop: 0, lower: 'run' });
  if (detail.kind === 'run') return arrive(next);
  // What there was is another machine's.
  return arrive({ ...next, lists: { ...next.lists, machineRuns: emptyList(next.lists.machineRuns.kind) } });
}

/** One level in: to a machine, to a run, from a step to its log, from a plan or an event to what is said of it. */
export function goIn(state: ConsoleState): ConsoleState {
  const { focus } = state.ui;
  switch (focus) {
    case 'machines': {
      const machineId = state.selection.id;
      return machineId === '' ? state : enter(state, { kind: 'machine', machineId, from: focus });
    }
    case 'list':
      return goInFromList(state);
    case 'text':
      return goInFromEvent(state);
    case 'run':
      return goToStepLog(state);
    case 'log':
    case 'machine':
      return state;
  }
}

/**
 * One level up: from a log to its run, from there to where somebody came from, from those of a filter to all, from a list to
 * the machines; never out of the program.
 */
export function goUp(state: ConsoleState): ConsoleState {
  const { focus, path } = state.ui;
  if (focus === 'log' && layoutOf(state).order.includes('run')) return focusPane(state, 'run');
  const detail = path.at(-1);
  if (detail !== undefined) {
    const left = withUi(state, { path: path.slice(0, -1), step: '' });
    return settled(focusPane(left, focusIn(layoutOf(left), detail.from)));
  }
  if (isAtMachines(state.ui)) {
    return focus === 'machines' ? showView(state, withFilter(state.view, '')) : focusPane(state, 'machines');
  }
  const key = listShown(state.ui);
  if (key === undefined) return goTo(state, 'machines');
  if (focus !== 'list') return focusPane(state, 'list');
  return state.lists[key].filter === ''
    ? goTo(state, 'machines')
    : withList(state, key, (list) => filterList(list, '', false));
}

function goInFromList(state: ConsoleState): ConsoleState {
  const key = listShown(state.ui);
  switch (key) {
    case 'runs':
    case 'machineRuns': {
      const run = selectedRow(state.lists[key]);
      if (run === undefined) return state;
      return enter(state, { kind: 'run', runId: run.runId, machineId: run.machineId, from: 'list' });
    }
    case 'plans':
    case 'events':
      return state.lists[key].selection.id === '' ? state : focusPane(state, 'text');
    case undefined:
      return state;
  }
}

/** To the run that an event is about, else to its machine; one about neither leads nowhere. */
function goInFromEvent(state: ConsoleState): ConsoleState {
  const { machineId = '', runId = '' } = selectedEvent(state) ?? {};
  if (runId !== '') return enter(state, { kind: 'run', runId, machineId, from: 'text' });
  return machineId === '' ? state : enter(state, { kind: 'machine', machineId, from: 'text' });
}

/** With the focus on the first pane that there is. */
function arrive(state: ConsoleState): ConsoleState {
  const unzoomed = withUi(state, { logLook: { ...state.ui.logLook, zoomed: false } });
  const [first = 'machines'] = layoutOf(unzoomed).order;
  // Not by the focus: that the server's log was read says nothing of which of run and log is to be seen elsewhere.
  return settled(withUi(unzoomed, { focus: first }));
}

function settled(state: ConsoleState): ConsoleState {
  return settleShown(settleSelection(state));
}
