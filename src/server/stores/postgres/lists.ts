import type { Clause, Filter } from '../../../core/domain/filter.ts';
import { EVERYTHING, matches } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import { machineView } from '../../../core/domain/machine.ts';
import type { PlannedRun } from '../../../core/domain/run.ts';
import { runView } from '../../../core/domain/run.ts';
import type { ListQuery, MachineOrder, Page, PageKey, RunOrder, RunRow } from '../../../core/ports/store.ts';
import { MAX_COUNTED, MAX_SCANNED } from '../shared/limits.ts';
import { NO_END } from './aggregates.ts';
import type { Database, Queryable, SqlRow, SqlValue } from './database.ts';
import type { BoundPlans } from './rows.ts';
import { int, only, parseMachine, parseProgress, text, textOrNull } from './rows.ts';

/** Rows fetched at once where only some of them will match; where all do, as many as are wanted. */
const FETCH = 512;

/** How a list of one table is read. */
interface Table<Row> {
  readonly columns: string;
  readonly from: string;
  readonly id: string;
  /** The column for each order. */
  readonly orders: Readonly<Record<string, string>>;
  /** Columns of which one value has so few rows that they can be read and sorted, whatever the order. */
  readonly selective: readonly string[];
  /** Columns with an index (column, natural order, id), the most selective first. */
  readonly indexed: readonly string[];
  /** The order in which those indexes are read. */
  readonly natural: string;
  readonly parse: (database: Queryable, rows: readonly SqlRow[]) => Promise<readonly Row[]>;
  readonly matches: (filter: Filter, row: Row) => boolean;
}

const MACHINES: Table<Machine> = {
  columns: 'image',
  from: 'bmdemo.machines',
  id: 'machine_id',
  orders: { machine_id: 'machine_id', phase: 'phase_rank', rack: 'rack', updated_at: 'updated_at' },
  selective: ['machine_id'],
  indexed: ['rack', 'cluster', 'phase', 'effective_state', 'provider'],
  natural: 'machine_id',
  parse: async (_, rows) => rows.map((row) => parseMachine(text(row, 'image'))),
  matches: (filter, machine) => matches(filter, machineView(machine)),
};

/**
 * What a run is read from, of runs and progress. A server that is gone may have left its leases behind until another frees
 * them: what it owned, nobody carries out.
 */
export const RUN_COLUMNS = `image, bound_plan, progress,
  (SELECT owner FROM bmdemo.leases AS lease JOIN bmdemo.servers ON instance = owner
   WHERE lease.run_id = runs.run_id AND lease_until > bmdemo.now_ms()) AS owner`;

const RUNS = {
  columns: RUN_COLUMNS,
  from: 'bmdemo.runs LEFT JOIN bmdemo.progress USING (run_id)',
  id: 'run_id',
  orders: { created_at: 'created_at', finished_at: 'end_key', machine_id: 'machine_id' },
  selective: ['run_id', 'machine_id'],
  indexed: ['initiated_by', 'plan_id', 'phase', 'type'],
  natural: 'created_at',
} as const;

function runsTable(plans: BoundPlans): Table<RunRow> {
  return {
    ...RUNS,
    parse: (database, rows) => runRows(database, plans, rows),
    matches: (filter, { run }: PlannedRun) => matches(filter, runView(run)),
  };
}

/** Runs as they are read, from rows of RUN_COLUMNS. */
export async function runRows(
  database: Queryable,
  plans: BoundPlans,
  rows: readonly SqlRow[],
): Promise<readonly RunRow[]> {
  const planned = await plans.planned(database, rows);
  return planned.map((one, at) => {
    const row = rows[at] ?? {};
    const progress = textOrNull(row, 'progress');
    const owner = textOrNull(row, 'owner');
    return { ...one, progress: progress === null ? null : parseProgress(progress), owner };
  });
}

/** A page of machines. */
export function pageOfMachines(database: Queryable, query: ListQuery<MachineOrder>): Promise<Page<Machine>> {
  return page(database, MACHINES, query);
}

/** A page of runs. */
export function pageOfRuns(database: Queryable, plans: BoundPlans, query: ListQuery<RunOrder>): Promise<Page<RunRow>> {
  return page(database, runsTable(plans), query);
}

/** One machine, or null. */
export async function oneMachine(database: Database, machineId: string): Promise<Machine | null> {
  const sql = 'SELECT image FROM bmdemo.machines WHERE machine_id = $1';
  const [row] = await database.query({ text: sql, values: [machineId], prepare: true });
  return row === undefined ? null : parseMachine(text(row, 'image'));
}

/** One run, or null. */
export async function oneRun(database: Database, plans: BoundPlans, runId: string): Promise<RunRow | null> {
  const sql = `SELECT ${RUNS.columns} FROM ${RUNS.from} WHERE run_id = $1`;
  const rows = await database.query({ text: sql, values: [runId], prepare: true });
  return (await runRows(database, plans, rows))[0] ?? null;
}

/** How many machines match, up to 1000; -1 where there are more, or where too many that do not match would be read. */
export async function countMachines(database: Database, filter: Filter): Promise<number> {
  const { conditions, values, rest } = accessOf(MACHINES, filter, MACHINES.natural);
  if (rest.clauses.length > 0) {
    const query = { filter, orderBy: 'machine_id', descending: false, limit: MAX_COUNTED + 1, after: null } as const;
    const { rows, next } = await page(database, MACHINES, query);
    return next === null && rows.length <= MAX_COUNTED ? rows.length : -1;
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const inner = `SELECT 1 FROM bmdemo.machines ${where} LIMIT ${MAX_COUNTED + 1}`;
  const rows = await database.query({ text: `SELECT count(*) AS n FROM (${inner}) AS counted`, values });
  const count = int(only(rows), 'n');
  return count > MAX_COUNTED ? -1 : count;
}

/** Rows in order until the page is full, or too many did not match: then it is short, and goes on from there. */
async function page<Row>(database: Queryable, table: Table<Row>, query: ListQuery<string>): Promise<Page<Row>> {
  const plan = planQuery(table, query);
  const rows: Row[] = [];
  let last = query.after;
  let missed = 0;
  for (;;) {
    const wanted = plan.covered ? query.limit + 1 : FETCH;
    const fetched = await database.query({ text: plan.sql(last !== null), values: [...plan.values(last), wanted] });
    const parsed = await table.parse(database, fetched);
    for (const [at, row] of parsed.entries()) {
      if (rows.length >= query.limit || missed >= MAX_SCANNED) return { rows, next: last };
      last = plan.place(fetched[at] ?? {});
      if (plan.covered || table.matches(query.filter, row)) rows.push(row);
      else missed += 1;
    }
    if (fetched.length < wanted) return { rows, next: null };
  }
}

/** How a page is fetched: the statement, its values without the limit, and the place of a row in the list. */
interface QueryPlan {
  readonly sql: (continued: boolean) => string;
  readonly values: (after: PageKey | null) => readonly SqlValue[];
  readonly place: (row: SqlRow) => PageKey;
  /** True where every row that comes matches. */
  readonly covered: boolean;
}

/** Picks the one index that serves a query; what it does not cover is filtered while reading. */
function planQuery<Row>(table: Omit<Table<Row>, 'parse' | 'matches'>, query: ListQuery<string>): QueryPlan {
  const order = table.orders[query.orderBy] ?? table.id;
  const access = accessOf(table, query.filter, order);
  const direction = query.descending ? 'DESC' : 'ASC';
  const compare = query.descending ? '<' : '>';
  const byId = order === table.id;
  const sort = byId ? `${table.id} ${direction}` : `${order} ${direction}, ${table.id} ${direction}`;
  const given = access.values.length;
  return {
    covered: access.rest.clauses.length === 0,
    sql: (continued) => {
      const beyond = byId
        ? `${table.id} ${compare} $${given + 1}`
        : `(${order}, ${table.id}) ${compare} ($${given + 1}, $${given + 2})`;
      const conditions = [...access.conditions, ...(continued ? [beyond] : [])];
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const limit = given + (continued ? (byId ? 1 : 2) : 0) + 1;
      const columns = `${table.id}, ${table.columns}${byId ? '' : `, ${order}`}`;
      return `SELECT ${columns} FROM ${table.from} ${where} ORDER BY ${sort} LIMIT $${limit}`;
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
  /** What the conditions do not answer. */
  readonly rest: Filter;
}

/** The one condition that an index answers by itself, in the order that is asked for. */
function accessOf<Row>(table: Omit<Table<Row>, 'parse' | 'matches'>, filter: Filter, order: string): Access {
  const columns = order === table.natural ? [...table.selective, ...table.indexed] : table.selective;
  for (const column of columns) {
    const clause = filter.clauses.find(({ field, op }) => field === column && op === '=');
    if (clause !== undefined) return answered(filter, clause, `${column} = $1`, [clause.value]);
  }
  const needy = order === table.natural ? filter.clauses.find(asksForAttention) : undefined;
  if (needy !== undefined) return answered(filter, needy, 'attention', []);
  return { conditions: [], values: [], rest: filter };
}

function answered(filter: Filter, clause: Clause, condition: string, values: readonly SqlValue[]): Access {
  const rest = filter.clauses.filter((other) => other !== clause);
  return { conditions: [condition], values, rest: rest.length === 0 ? EVERYTHING : { clauses: rest } };
}

function asksForAttention({ field, key, op, value }: Clause): boolean {
  if (field !== 'condition' || key !== 'NeedsIntervention') return false;
  return op === '!=' ? value === 'false' : value === 'true';
}

/** Every list statement that can arise, for a test that looks at how each is carried out. */
export function listStatements(): readonly string[] {
  const statements: string[] = [];
  for (const table of [MACHINES, RUNS]) {
    const filters: Filter[] = [[], ...[...table.selective, ...table.indexed].map((column) => [column])].map(
      (fields) => ({
        clauses: fields.map((field) => ({ field, key: '', op: '=' as const, value: 'x' })),
      }),
    );
    for (const filter of filters) {
      for (const orderBy of Object.keys(table.orders)) {
        for (const descending of [false, true]) {
          const plan = planQuery(table, { filter, orderBy, descending, limit: 1, after: null });
          statements.push(plan.sql(false), plan.sql(true));
        }
      }
    }
  }
  return [...new Set(statements)];
}
