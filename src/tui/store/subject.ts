import type { Event } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Plan } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { keyFor } from './key-names.ts';
import { selectedRow } from './list.ts';
import { isAtMachines, listShown } from './place.ts';
import type { ConsoleState } from './state.ts';

/** What the keys that act are about. */
export interface Subject {
  /** Empty: none. */
  readonly machineId: string;
  /** The run that is meant, and no other one of the machine; empty: whichever the machine has. */
  readonly runId: string;
}

/**
 * What the keys that act are about, on whichever screen: what is looked at closely, of a machine with the run under the cursor;
 * else the run or the event under it, else the machine. Undefined: nothing, as among plans and in the server's log.
 */
export function subject(state: ConsoleState): Subject | undefined {
  const { place, path } = state.ui;
  const detail = path.at(-1);
  if (detail !== undefined) {
    const runId = detail.kind === 'run' ? detail.runId : (selectedRow(state.lists.machineRuns)?.runId ?? '');
    return { machineId: detail.machineId, runId };
  }
  switch (place) {
    case 'machines':
      return state.selection.id === '' ? undefined : { machineId: state.selection.id, runId: '' };
    case 'runs':
      return about(selectedRow(state.lists.runs));
    case 'events':
      return about(selectedRow(state.lists.events));
    case 'plans':
    case 'server-log':
      return undefined;
  }
}

/** Whether the screen is about machines or their runs: among plans and in the server's log nothing is acted on. */
export function isAboutMachines({ ui }: ConsoleState): boolean {
  return ui.path.length > 0 || (ui.place !== 'plans' && ui.place !== 'server-log');
}

/** Said where it counts which machines there are, and the server has not said all of it. */
export const NOT_LOADED = 'the server has not said yet which machines there are';

/** Why there is no machine to do anything with, and what to do. */
export function noMachineReason(state: ConsoleState): string {
  if (!state.machines.loaded) return NOT_LOADED;
  const machineId = subject(state)?.machineId ?? '';
  if (machineId !== '') return `${machineId} is not known to this server any more`;
  if (isAtMachines(state.ui)) return 'no machine is selected';
  return `no machine is selected here: ${keyFor(state, 'place.machines')} shows the machines`;
}

/** The plan under the cursor, where plans are listed. */
export function selectedPlan({ ui, lists }: ConsoleState): Plan | undefined {
  return listShown(ui) === 'plans' ? selectedRow(lists.plans) : undefined;
}

/** The event under the cursor, where events are listed. */
export function selectedEvent({ ui, lists }: ConsoleState): Event | undefined {
  return listShown(ui) === 'events' ? selectedRow(lists.events) : undefined;
}

/** What is known of a run: what the watch of all runs told last, else what a list has of it, or an answer to it. */
export function knownRun({ runs, lists }: ConsoleState, runId: string): Run | undefined {
  const listed = lists.runs.rows.get(runId) ?? lists.machineRuns.rows.get(runId);
  return runs.byId.get(runId) ?? listed ?? (runs.asked?.runId === runId ? runs.asked.run : undefined);
}

function about(row: Run | Event | undefined): Subject | undefined {
  return row === undefined ? undefined : { machineId: row.machineId, runId: row.runId };
}
