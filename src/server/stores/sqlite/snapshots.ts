import type { Filter } from '../../../core/domain/filter.ts';
import { matches, pinned } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import { machineView } from '../../../core/domain/machine.ts';
import { runView } from '../../../core/domain/run.ts';
import type { RunRow, Snapshot } from '../../../core/ports/store.ts';
import { SNAPSHOT_PAGE } from '../shared/limits.ts';
import type { SqlRow, SqlValue } from './database.ts';
import { Reader } from './database.ts';
import type { EventLog } from './events.ts';
import { runRow } from './lists.ts';
import type { BoundPlans } from './rows.ts';
import { parseMachine, text } from './rows.ts';

/** Machines that match, as of one moment. */
export function snapshotOfMachines(path: string, events: EventLog, filter: Filter): Snapshot<Machine> {
  return snapshot(path, events, {
    sql: `SELECT machine_id, image FROM machines WHERE machine_id > ? ORDER BY machine_id LIMIT ${SNAPSHOT_PAGE}`,
    values: [],
    parse: (row) => parseMachine(text(row, 'image')),
    keep: (machine) => matches(filter, machineView(machine)),
  });
}

/** Active runs that match, and a finished one that the filter names, as of one moment. */
export function snapshotOfRuns(path: string, events: EventLog, plans: BoundPlans, filter: Filter): Snapshot<RunRow> {
  const runId = pinned(filter, 'run_id');
  const which = runId === null ? "phase IN ('PENDING', 'RUNNING')" : 'run_id = ?';
  return snapshot(path, events, {
    // A machine has one active run, so that machines can number the pages.
    sql: `SELECT runs.*, progress FROM runs LEFT JOIN progress USING (run_id)
          WHERE ${which} AND machine_id > ? ORDER BY machine_id LIMIT ${SNAPSHOT_PAGE}`,
    values: runId === null ? [] : [runId],
    parse: (row) => runRow(plans, row),
    keep: ({ run }) => matches(filter, runView(run)),
  });
}

interface Source<Row> {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly parse: (row: SqlRow) => Row;
  readonly keep: (row: Row) => boolean;
}

/** A read transaction on a connection of its own fixes the moment; it ends when the pages are read or returned. */
function snapshot<Row>(path: string, events: EventLog, source: Source<Row>): Snapshot<Row> {
  const reader = new Reader(path);
  const cursor = events.head(reader);
  const inner = pagesOf(reader, source);
  const pages: AsyncIterator<readonly Row[]> = {
    next: () => inner.next(),
    // A generator that was never asked for a page would not come by its own finally.
    return: async () => {
      reader.close();
      return inner.return(undefined);
    },
  };
  return { cursor, pages: { [Symbol.asyncIterator]: () => pages } };
}

async function* pagesOf<Row>(reader: Reader, source: Source<Row>): AsyncGenerator<readonly Row[]> {
  try {
    for (let last = ''; ; ) {
      const rows = reader.all(source.sql, ...source.values, last);
      const kept = rows.map(source.parse).filter(source.keep);
      if (kept.length > 0) yield kept;
      const end = rows.at(-1);
      if (end === undefined || rows.length < SNAPSHOT_PAGE) return;
      last = text(end, 'machine_id');
    }
  } finally {
    reader.close();
  }
}
