import type { Filter } from '../../../core/domain/filter.ts';
import { matches, pinned } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import { machineView } from '../../../core/domain/machine.ts';
import type { PlannedRun } from '../../../core/domain/run.ts';
import { runView } from '../../../core/domain/run.ts';
import type { ListQuery, MachineOrder, Page, RunOrder, RunRow } from '../../../core/ports/store.ts';
import { MAX_COUNTED, MAX_SCANNED } from '../shared/limits.ts';
import type { Progress } from './progress.ts';
import type { SortedIndex } from './sorted-index.ts';
import type { Tables } from './tables.ts';
import { machineIndex, runIndex } from './tables.ts';

/** True where a machine passes the filter. */
export function machineMatches(filter: Filter, machine: Machine): boolean {
  return filter.clauses.length === 0 || matches(filter, machineView(machine));
}

/** True where a run passes the filter. */
export function runMatches(filter: Filter, { run }: PlannedRun): boolean {
  return filter.clauses.length === 0 || matches(filter, runView(run));
}

/** A page of machines. */
export function listMachines(tables: Tables, query: ListQuery<MachineOrder>): Page<Machine> {
  return pageOf(machinesToRead(tables, query.filter, query.orderBy), query, machineMatches);
}

/** A page of runs, each with its progress. */
export function listRuns(tables: Tables, progress: Progress, query: ListQuery<RunOrder>): Page<RunRow> {
  const { rows, next } = pageOf(runsToRead(tables, query.filter, query.orderBy), query, runMatches);
  return { rows: rows.map((planned) => rowOf(tables, planned, progress)), next };
}

/** A run as it is read. */
export function rowOf(tables: Tables, planned: PlannedRun, progress: Progress): RunRow {
  const { id } = planned.run;
  return { ...planned, progress: progress.of(id), owner: tables.run(id)?.lease?.owner ?? null };
}

/** How many machines match; -1 above `MAX_COUNTED`, or where more than `MAX_SCANNED` that do not match would be read. */
export function countMachines(tables: Tables, filter: Filter): number {
  const query = { filter, orderBy: 'machine_id', descending: false, limit: MAX_COUNTED + 1, after: null } as const;
  const { rows, next } = listMachines(tables, query);
  return next === null && rows.length <= MAX_COUNTED ? rows.length : -1;
}

/** The machines that a filter leaves to be looked at: one where it pins the id, else all. */
export function machinesToRead(tables: Tables, filter: Filter, order: MachineOrder): SortedIndex<Machine> {
  const id = pinned(filter, 'machine_id');
  return id === null ? tables.machinesBy[order] : only(machineIndex(order), tables.machine(id)?.machine);
}

/** The runs that a filter leaves to be looked at: one where it pins the run, those of a machine where it pins that, else all. */
function runsToRead(tables: Tables, filter: Filter, order: RunOrder): SortedIndex<PlannedRun> {
  const runId = pinned(filter, 'run_id');
  if (runId !== null) return only(runIndex(order), tables.run(runId)?.planned);
  const machineId = pinned(filter, 'machine_id');
  if (machineId === null) return tables.runsBy[order];
  return tables.machine(machineId)?.runs?.[order] ?? runIndex(order);
}

function only<Row>(index: SortedIndex<Row>, row: Row | null | undefined): SortedIndex<Row> {
  if (row != null) index.set(row);
  return index;
}

/** Reads rows in order until the page is full, or too many did not match: then it is short, and goes on from there. */
function pageOf<Row>(
  index: SortedIndex<Row>,
  query: ListQuery<string>,
  passes: (filter: Filter, row: Row) => boolean,
): Page<Row> {
  const rows: Row[] = [];
  let missed = 0;
  let last: Row | null = null;
  for (const row of index.after(query.after, query.descending)) {
    if (rows.length >= query.limit || missed >= MAX_SCANNED) {
      return { rows, next: last === null ? query.after : index.placeOf(last) };
    }
    last = row;
    if (passes(query.filter, row)) rows.push(row);
    else missed += 1;
  }
  return { rows, next: null };
}
