import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Layout } from './layout.ts';
import { layOut, paneColumns, paneRows } from './layout.ts';
import type { LogState } from './log.ts';
import type { LogPane } from './log-window.ts';
import { isAtMachines, isAtServerLog, listShown } from './place.ts';
import { layOutPlace } from './place-layout.ts';
import type { RunsState } from './runs.ts';
import type { ConsoleState, UiState } from './state.ts';
import { knownRun, subject } from './subject.ts';

/** Where everything is drawn now. */
export function layoutOf({ ui, machines, lists }: ConsoleState): Layout {
  const zoomed = isLogZoomed(ui) ? 'log' : undefined;
  if (isAtMachines(ui)) return layOut(ui.size, machines.ids.length, ui.lower, zoomed);
  const key = listShown(ui);
  const listed = key === undefined ? 0 : lists[key].ids.length;
  return layOutPlace(ui.size, { place: ui.place, path: ui.path, listed, lower: ui.lower, zoomed });
}

/** Whether the log has the whole screen: never while something else has the focus. */
export function isLogZoomed({ focus, logLook }: UiState): boolean {
  return focus === 'log' && logLook.zoomed;
}

/** What the log is drawn in. */
export function logPaneOf(state: ConsoleState): LogPane {
  const layout = layoutOf(state);
  return { width: paneColumns(layout, 'log'), height: paneRows(layout, 'log'), look: state.ui.logLook };
}

/** The log that is shown: the server's own on its screen, else that of the run. */
export function shownLog({ ui, log, serverLog }: ConsoleState): LogState {
  return isAtServerLog(ui) ? serverLog : log;
}

/** The state with the log that is shown changed. */
export function withLog(state: ConsoleState, log: LogState): ConsoleState {
  return isAtServerLog(state.ui) ? { ...state, serverLog: log } : { ...state, log };
}

/** The machine that keys act on: the one under the cursor, or that of what is under the cursor. */
export function selectedMachine(state: ConsoleState): Machine | undefined {
  return state.machines.byId.get(subject(state)?.machineId ?? '');
}

/** The run that is under way on a machine, else its newest known one. */
export function runOf(runs: RunsState, machine: Machine | undefined): Run | undefined {
  if (machine === undefined) return undefined;
  const active = runs.byId.get(machine.status?.activeRunId ?? '');
  return active ?? runs.byId.get(runs.latestOf.get(machine.machineId) ?? '');
}

/** The run that the run pane and the log pane show: the one that is meant, else the machine's. */
export function shownRun(state: ConsoleState): Run | undefined {
  const runId = subject(state)?.runId ?? '';
  return runId === '' ? runOf(state.runs, selectedMachine(state)) : knownRun(state, runId);
}

/** The server's time, as far as it is known, in ms since 1970: what its times are compared with. */
export function serverNow({ clock, connection }: ConsoleState): number {
  return clock.now + (connection.server?.skew ?? 0);
}
