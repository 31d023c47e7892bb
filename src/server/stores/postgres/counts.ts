import { hasCondition } from '../../../core/domain/condition.ts';
import type { Filter } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import { effectiveState } from '../../../core/domain/machine.ts';
import type { Counts, Page, PageKey } from '../../../core/ports/store.ts';
import type { Database } from './database.ts';
import { pageOfMachines } from './lists.ts';
import { int, text } from './rows.ts';

/** Machines are counted over their index, runs from the tallies that every commit keeps: a million of them is no more work. */
const ALL = `
  SELECT 'machine' AS what, effective_state AS name, count(*) AS n FROM bmdemo.machines GROUP BY effective_state
  UNION ALL SELECT 'attention', '', count(*) FROM bmdemo.machines WHERE attention
  UNION ALL SELECT 'run', phase, sum(runs)::bigint FROM bmdemo.tallies GROUP BY phase HAVING sum(runs) <> 0`;

/** Machines and runs in numbers; with a filter those of the machines that match, and of their runs. */
export async function countsOf(database: Database, filter: Filter): Promise<Counts> {
  return filter.clauses.length === 0 ? allCounts(database) : countsOfMatching(database, filter);
}

async function allCounts(database: Database): Promise<Counts> {
  const rows = await database.query({ text: ALL });
  const of = (what: string) => rows.filter((row) => text(row, 'what') === what);
  const numbers = (what: string) => Object.fromEntries(of(what).map((row) => [text(row, 'name'), int(row, 'n')]));
  return { machines: numbers('machine'), attention: int(of('attention')[0] ?? {}, 'n'), runs: numbers('run') };
}

async function countsOfMatching(database: Database, filter: Filter): Promise<Counts> {
  const machines = new Map<string, number>();
  const runs = new Map<string, number>();
  let attention = 0;
  let after: PageKey | null = null;
  do {
    const query = { filter, orderBy: 'machine_id', descending: false, limit: 500, after } as const;
    const { rows, next }: Page<Machine> = await pageOfMachines(database, query);
    for (const machine of rows) {
      add(machines, effectiveState(machine), 1);
      if (hasCondition(machine.conditions, 'NeedsIntervention')) attention += 1;
    }
    const counted = await database.query({
      text: `SELECT phase, count(*) AS n FROM bmdemo.runs WHERE machine_id = ANY ($1::text[]) GROUP BY phase`,
      values: [rows.map(({ id }) => id)],
    });
    for (const row of counted) add(runs, text(row, 'phase'), int(row, 'n'));
    after = next;
  } while (after !== null);
  return { machines: Object.fromEntries(machines), attention, runs: Object.fromEntries(runs) };
}

function add(numbers: Map<string, number>, key: string, by: number): void {
  numbers.set(key, (numbers.get(key) ?? 0) + by);
}
