import type { Clause, Filter } from '../../../core/domain/filter.ts';
import { matches } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import { machineView } from '../../../core/domain/machine.ts';
import { runView } from '../../../core/domain/run.ts';
import type { ListQuery, MachineOrder, Page, PageKey, RunOrder, RunRow } from '../../../core/ports/store.ts';
import { MAX_COUNTED, MAX_SCANNED } from '../shared/limits.ts';
import type { Database, SqlRow, SqlValue } from './database.ts';
import type { BoundPlans } from './rows.ts';
import { parseMachine, parseProgress, text, textOrNull } from './rows.ts';

/** The most rows fetched at once; more are fetched until the page is full or enough was read. */
const MAX_FETCH = 256;

/** Stands for the end of a run that has not ended: after every time. */
export const NO_END = Number.MAX_SAFE_INTEGER;

/** How a list of one table is read. */
interface Table<Row> {
  readonly from: string;
  readonly id: string;
  /** The column for each order. */
  readonly orders: Readonly<Record<string, string>>;
  /** Columns with an index (column, natural order, id), the most selective first. */
  readonly indexed: readonly string[];
  /** The order in which those indexes are read. */
  readonly natural: string;
  readonly parse: (row: SqlRow) => Row;
  readonly matches: (filter: Filter, row: Row) => boolean;
}

const MACHINES: Table<Machine> = {
  from: 'machines',
  id: 'machine_id',
  orders: { machine_id: 'machine_id', phase: 'phase_rank', rack: 'rack', updated_at: 'updated_at' },
  indexed: ['rack', 'cluster', 'phase', 'effective_state', 'provider'],
  natural: 'machine_id',
  parse: (row) => parseMachine(text(row, 'image')),
  matches: (filter, machine) => matches(filter, machineView(machine)),
};

const RUNS = {
  from: 'runs LEFT JOIN progress USING (run_id)',
  id: 'run_id',
  orders: { created_at: 'created_at', finished_at: 'end_key', machine_id: 'machine_id' },
  indexed: ['machine_id', 'initiated_by', 'plan_id', 'phase', 'type'],
  natural: 'created_at',
  parse: (row: SqlRow) => row,
  matches: () => true,
};

function runsTable(plans: BoundPlans): Table<RunRow> {
  return {
    ...RUNS,
    parse: (row) => runRow(plans, row),
    matches: (filter, { run }) => matches(filter, runView(run)),
  };
}

/** A run as it is read, from a row of runs with its progress. */
export function runRow(plans: BoundPlans, row: SqlRow): RunRow {
  const progress = textOrNull(row, 'progress');
  return {
    ...plans.planned(row),
    progress: progress === null ? null : parseProgress(progress),
    owner: textOrNull(row, 'owner'),
  };
}

/** A page of machines. */
export function pageOfMachines(database: Database, query: ListQuery<MachineOrder>): Page<Machine> {
  return page(database, MACHINES, query);
}

/** A page of runs. */
export function pageOfRuns(database: Database, plans: BoundPlans, query: ListQuery<RunOrder>): Page<RunRow> {
  return page(database, runsTable(plans), query);
}

/** How many machines match, up to 1000; -1 where there are more, or where too many that do not match would be read. */
export function countMachines(database: Database, filter: Filter): number {
  const query = { filter, orderBy: 'machine_id', descending: false, limit: MAX_COUNTED + 1, after: null } as const;
  const { rows, next } = page(database, MACHINES, query);
  return next === null && rows.length <= MAX_COUNTED ? rows.length : -1;
}

function page<Row>(database: Database, table: Table<Row>, query: ListQuery<string>): Page<Row> {
  const plan = planQuery(table, query);
  const rows: Row[] = [];
  let last = query.after;
  let missed = 0;
  for (;;) {
    // A page is mostly full after one fetch of its size; a filter that leaves out much goes on in larger ones.
    const wanted = last === query.after ? Math.min(MAX_FETCH, query.limit + 1) : MAX_FETCH;
    const fetched = database.all(plan.sql(last !== null), ...plan.values(last), wanted);
    for (const row of fetched) {
      if (rows.length >= query.limit || missed >= MAX_SCANNED) return { rows, next: last };
      last = plan.place(row);
      const parsed = table.parse(row);
      if (table.matches(query.filter, parsed)) rows.push(parsed);
      else missed += 1;
    }
    if (fetched.length < wanted) return { rows, next: null };
  }
}

/** How a page is fetched: the statement, its values, and the place of a row in the list. */
interface QueryPlan {
  readonly sql: (continued: boolean) => string;
  readonly values: (after: PageKey | null) => readonly SqlValue[];
  readonly place: (row: SqlRow) => PageKey;
}

/** Picks the one index that serves a query; what it does not cover is filtered while reading. */
function planQuery<Row>(table: Table<Row>, query: ListQuery<string>): QueryPlan {
  const order = table.orders[query.orderBy] ?? table.id;
  const access = accessOf(table, query.filter, order);
  const direction = query.descending ? 'DESC' : 'ASC';
  const compare = query.descending ? '<' : '>';
  const byId = order === table.id;
  const sort = byId ? `${table.id} ${direction}` : `${order} ${direction}, ${table.id} ${direction}`;
  return {
    sql: (continued) => {
      const beyond = byId ? `${table.id} ${compare} ?` : `(${order}, ${table.id}) ${compare} (?, ?)`;
      const conditions = [...access.conditions, ...(continued ? [beyond] : [])];
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      return `SELECT * FROM ${table.from} ${where} ORDER BY ${sort} LIMIT ?`;
    },
    values: (after) => {
      if (after === null) return access.values;
      return byId ? [...access.values, after.id] : [...access.values, after.value ?? NO_END, after.id];
    },
    place: (row) => {
      const value = row[order];
      const known = typeof value === 'string' || typeof value === 'number' ? value : null;
      return { value: known === NO_END ? null : known, id: text(row, table.id) };
    },
  };
}

interface Access {
  readonly conditions: readonly string[];
  readonly values: readonly SqlValue[];
}

/** The conditions that an index (column, natural order, id) answers by itself; none for any other order. */
function accessOf<Row>(table: Table<Row>, filter: Filter, order: string): Access {
  const equal = (field: string): Clause | undefined =>
    filter.clauses.find((clause) => clause.field === field && clause.op === '=');
  const one = equal(table.id);
  if (one !== undefined) return { conditions: [`${table.id} = ?`], values: [one.value] };
  if (order !== table.natural) return { conditions: [], values: [] };
  for (const column of table.indexed) {
    const clause = equal(column);
    if (clause !== undefined) return { conditions: [`${column} = ?`], values: [clause.value] };
  }
  const needy = filter.clauses.some(
    (clause) => clause.field === 'condition' && clause.key === 'NeedsIntervention' && isTrue(clause),
  );
  return { conditions: needy ? ['attention = 1'] : [], values: [] };
}

function isTrue(clause: Clause): boolean {
  return clause.op === '!=' ? clause.value === 'false' : clause.value === 'true';
}

/** Every list statement that can arise, for a test that looks at how each is carried out. */
export function listStatements(): readonly string[] {
  const statements: string[] = [];
  const add = <Row>(table: Table<Row>) => {
    const filters: Filter[] = [[], [table.id], ...table.indexed.map((column) => [column])].map((fields) => ({
      clauses: fields.map((field) => ({ field, key: '', op: '=' as const, value: 'x' })),
    }));
    for (const filter of filters) {
      for (const orderBy of Object.keys(table.orders)) {
        for (const descending of [false, true]) {
          const plan = planQuery(table, { filter, orderBy, descending, limit: 1, after: null });
          statements.push(plan.sql(false), plan.sql(true));
        }
      }
    }
  };
  add(MACHINES);
  add(RUNS);
  return [...new Set(statements)];
}
