import { createHash } from 'node:crypto';
import type { Machine, MachineView } from '../../../core/domain/machine.ts';
import type { Plan } from '../../../core/domain/plan.ts';
import type { PlannedRun, Progress, Run, RunView } from '../../../core/domain/run.ts';
import type { SweptRun } from '../../../core/ports/store.ts';
import type { Queryable, SqlRow } from './database.ts';
import { StoreUnavailable } from './errors.ts';

/** The row of a statement that always gives one. */
export function only(rows: readonly SqlRow[]): SqlRow {
  const [row] = rows;
  if (row === undefined) throw new Error('a statement that always gives a row gave none');
  return row;
}

/** The text of a column; an absent one is empty. */
export function text(row: SqlRow, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

/** The text of a column that may be NULL. */
export function textOrNull(row: SqlRow, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

/** The number of a column; an absent one is 0. */
export function int(row: SqlRow, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : 0;
}

/** The number of a column that may be NULL. */
export function intOrNull(row: SqlRow, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}

/** The truth of a column; an absent one is false. */
export function bool(row: SqlRow, column: string): boolean {
  return row[column] === true;
}

/** The bytes of a column. */
export function bytes(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** Images are written by this program alone, so what is read back has the type that was written. */
export const parseMachine = (image: string): Machine => JSON.parse(image);
/** As parseMachine, for a run. */
export const parseRun = (image: string): Run => JSON.parse(image);
/** As parseMachine, for the progress of a run. */
export const parseProgress = (image: string): Progress => JSON.parse(image);
/** As parseMachine, for what remains of a swept run. */
export const parseSwept = (image: string): SweptRun => JSON.parse(image);
/** As parseMachine, for what filters saw before an event. */
export const parseView = (image: string): MachineView | RunView => JSON.parse(image);

/** What runs that are bound alike have in common: the JSON of their plan, and the digest under which it stands. */
export function digestOf(plan: Plan): { readonly json: string; readonly digest: string } {
  const json = JSON.stringify(plan);
  return { json, digest: createHash('sha256').update(json).digest('base64url') };
}

/** How many parsed plans are kept; they are few, because most runs of a plan are bound alike. */
const MAX_PLANS_KEPT = 1_000;

/** The bound plans of runs, each parsed once. A number is never given to another plan. */
export class BoundPlans {
  readonly #parsed = new Map<number, Plan>();

  /** Runs with their plans, from rows that have `image` and `bound_plan`; plans are fetched where they are not known. */
  async planned(database: Queryable, rows: readonly SqlRow[]): Promise<readonly PlannedRun[]> {
    return this.bind(
      database,
      rows.map((row) => ({ run: parseRun(text(row, 'image')), boundPlan: int(row, 'bound_plan') })),
    );
  }

  /** Runs with the plans of these numbers. */
  async bind(
    database: Queryable,
    runs: readonly { readonly run: Run; readonly boundPlan: number }[],
  ): Promise<readonly PlannedRun[]> {
    const plans = await this.of(database, new Set(runs.map(({ boundPlan }) => boundPlan)));
    return runs.map(({ run, boundPlan }) => {
      const plan = plans.get(boundPlan);
      // Retention takes a plan away together with its last run.
      if (plan === undefined) throw new StoreUnavailable('a run was swept while it was read');
      return { run, plan };
    });
  }

  /** Plans by their numbers; those that are gone are left out. */
  async of(database: Queryable, numbers: ReadonlySet<number>): Promise<ReadonlyMap<number, Plan>> {
    const plans = new Map<number, Plan>();
    const unknown: number[] = [];
    for (const number of numbers) {
      const plan = this.#parsed.get(number);
      if (plan === undefined) unknown.push(number);
      else plans.set(number, plan);
    }
    if (unknown.length > 0) for (const [number, plan] of await this.#fetch(database, unknown)) plans.set(number, plan);
    return plans;
  }

  async #fetch(database: Queryable, numbers: readonly number[]): Promise<readonly (readonly [number, Plan])[]> {
    const rows = await database.query({
      text: 'SELECT bound_plan, plan FROM bmdemo.bound_plans WHERE bound_plan = ANY ($1::bigint[])',
      values: [numbers],
    });
    if (this.#parsed.size + rows.length > MAX_PLANS_KEPT) this.#parsed.clear();
    return rows.map((row) => {
      const plan: Plan = JSON.parse(text(row, 'plan'));
      this.#parsed.set(int(row, 'bound_plan'), plan);
      return [int(row, 'bound_plan'), plan] as const;
    });
  }
}
