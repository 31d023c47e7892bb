import type { Filter } from '../../../core/domain/filter.ts';
import type { Machine, MachineView } from '../../../core/domain/machine.ts';
import { machineView } from '../../../core/domain/machine.ts';
import type { Run, RunPhase, RunView } from '../../../core/domain/run.ts';
import type { Change, Counts, PageKey } from '../../../core/ports/store.ts';
import type { Database } from './database.ts';
import { pageOfMachines } from './lists.ts';
import { int, text } from './rows.ts';

/** Machines and runs in numbers, counted once when the file is opened and kept with every commit. */
export class Tally {
  readonly #machines = new Map<string, number>();
  readonly #runs = new Map<string, number>();
  #attention = 0;

  constructor(database: Database) {
    const states = database.all('SELECT effective_state AS name, count(*) AS n FROM machines GROUP BY effective_state');
    for (const row of states) this.#machines.set(text(row, 'name'), int(row, 'n'));
    for (const row of database.all('SELECT phase AS name, count(*) AS n FROM runs GROUP BY phase')) {
      this.#runs.set(text(row, 'name'), int(row, 'n'));
    }
    const attention = database.get('SELECT count(*) AS n FROM machines WHERE attention = 1');
    this.#attention = attention === null ? 0 : int(attention, 'n');
  }

  /** Counts what a change that was committed has moved. */
  committed(change: Change): void {
    for (const event of change.events) {
      if (event.subject === 'run') {
        if (event.before !== null) add(this.#runs, (event.before as RunView).phase, -1);
        add(this.#runs, (event.after as Run).phase, 1);
        continue;
      }
      if (event.before !== null) this.#machine(event.before as MachineView, -1);
      if (event.kind !== 'DELETED') this.#machine(machineView(event.after as Machine), 1);
    }
  }

  /** How many runs have ended with nothing held. */
  finished(database: Database): number {
    const stopping = database.get('SELECT count(*) AS n FROM runs WHERE stopping = 1');
    const of = (phase: RunPhase) => this.#runs.get(phase) ?? 0;
    return of('SUCCEEDED') + of('FAILED') + of('CANCELED') - (stopping === null ? 0 : int(stopping, 'n'));
  }

  /** Counts out a run that was swept. */
  swept(phase: string): void {
    add(this.#runs, phase, -1);
  }

  counts(): Counts {
    return {
      machines: Object.fromEntries(this.#machines),
      attention: this.#attention,
      runs: Object.fromEntries(this.#runs),
    };
  }

  #machine(view: MachineView, by: 1 | -1): void {
    add(this.#machines, view.effective_state, by);
    if (view.conditions.includes('NeedsIntervention')) this.#attention += by;
  }
}

function add(numbers: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (numbers.get(key) ?? 0) + by;
  if (next === 0) numbers.delete(key);
  else numbers.set(key, next);
}

/** Gives the event loop its turn between two pages. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The machines that match, and their runs, in numbers. */
export async function countsOf(database: Database, filter: Filter): Promise<Counts> {
  const machines = new Map<string, number>();
  const runs = new Map<string, number>();
  let attention = 0;
  const query = { filter, orderBy: 'machine_id', descending: false, limit: 256 } as const;
  let after: PageKey | null = null;
  do {
    const page = pageOfMachines(database, { ...query, after });
    for (const machine of page.rows) {
      const view = machineView(machine);
      add(machines, view.effective_state, 1);
      if (view.conditions.includes('NeedsIntervention')) attention += 1;
      const sql = 'SELECT phase FROM runs WHERE machine_id = ?';
      for (const row of database.all(sql, machine.id)) add(runs, text(row, 'phase'), 1);
    }
    after = page.next;
    await turn();
  } while (after !== null);
  return { machines: Object.fromEntries(machines), attention, runs: Object.fromEntries(runs) };
}
