import type { Filter } from '../../../core/domain/filter.ts';
import { pinned } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import type { PlannedRun } from '../../../core/domain/run.ts';
import type { Cursor, RunRow, Snapshot } from '../../../core/ports/store.ts';
import { SNAPSHOT_PAGE } from '../shared/limits.ts';
import { machineMatches, machinesToRead, rowOf, runMatches } from './lists.ts';
import type { Progress } from './progress.ts';
import type { Tables } from './tables.ts';

/** Machines that match, by id, as of now. */
export function snapshotMachines(tables: Tables, filter: Filter, cursor: Cursor): Snapshot<Machine> {
  const machines = machinesToRead(tables, filter, 'machine_id').rows();
  return { cursor, pages: pages(machines, (machine) => machineMatches(filter, machine)) };
}

/** Active runs that match, oldest first, as of now; where the filter names one run by its id, that one in any phase. */
export function snapshotRuns(tables: Tables, progress: Progress, filter: Filter, cursor: Cursor): Snapshot<RunRow> {
  const rows = runsNow(tables, filter).map((planned) => rowOf(tables, planned, progress));
  return { cursor, pages: pages(rows, (row) => runMatches(filter, row)) };
}

function runsNow(tables: Tables, filter: Filter): readonly PlannedRun[] {
  const named = pinned(filter, 'run_id');
  const machineId = pinned(filter, 'machine_id');
  if (named === null && machineId === null) return tables.activeRuns.rows();
  const runId = named ?? tables.machine(machineId ?? '')?.activeRunId;
  const planned = runId == null ? undefined : tables.run(runId)?.planned;
  return planned === undefined ? [] : [planned];
}

/** Rows never change, so that the list of them is the moment; the filter is applied as the pages are read. */
async function* pages<Row>(rows: readonly Row[], passes: (row: Row) => boolean): AsyncGenerator<readonly Row[]> {
  let page: Row[] = [];
  for (const row of rows) {
    if (!passes(row)) continue;
    page.push(row);
    if (page.length < SNAPSHOT_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
