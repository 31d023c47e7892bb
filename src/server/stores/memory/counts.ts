import type { Filter } from '../../../core/domain/filter.ts';
import type { Counts } from '../../../core/ports/store.ts';
import { machineMatches, machinesToRead } from './lists.ts';
import type { Tables } from './tables.ts';
import { Tally } from './tally.ts';

/** Machines and runs in numbers; with a filter those of the machines that match, and of their runs. */
export function counts(tables: Tables, filter: Filter): Counts {
  if (filter.clauses.length === 0) return tables.tally.counts();
  const tally = new Tally();
  for (const machine of machinesToRead(tables, filter, 'machine_id').after(null)) {
    if (!machineMatches(filter, machine)) continue;
    tally.machine(machine, +1);
    for (const { run } of tables.machine(machine.id)?.runs?.created_at.rows() ?? []) tally.run(run, +1);
  }
  return tally.counts();
}
