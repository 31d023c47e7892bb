import { createHash } from 'node:crypto';
import type { Machine, MachineView } from '../../../core/domain/machine.ts';
import type { Plan } from '../../../core/domain/plan.ts';
import type { PlannedRun, Progress, Run, RunView } from '../../../core/domain/run.ts';
import type { SweptRun } from '../../../core/ports/store.ts';
import type { Database, SqlRow } from './database.ts';

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

/** How many parsed plans are kept; they are few, because most runs of a plan are bound alike. */
const MAX_PLANS_KEPT = 1_000;

/** The bound plans of runs: each different one is stored, and parsed, once. */
export class BoundPlans {
  readonly #database: Database;
  readonly #parsed = new Map<number, Plan>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The number under which a plan stands, new or known. Inside a transaction. */
  numberOf(plan: Plan): number {
    const json = JSON.stringify(plan);
    const digest = createHash('sha256').update(json).digest('base64url');
    this.#database.run('INSERT INTO bound_plans (digest, plan) VALUES (?, ?) ON CONFLICT DO NOTHING', digest, json);
    const row = this.#database.get('SELECT bound_plan FROM bound_plans WHERE digest = ?', digest);
    return row === null ? 0 : int(row, 'bound_plan');
  }

  /** A run with its plan, from a row that has `image` and `bound_plan`. */
  planned(row: SqlRow): PlannedRun {
    return { run: parseRun(text(row, 'image')), plan: this.#plan(int(row, 'bound_plan')) };
  }

  #plan(number: number): Plan {
    const known = this.#parsed.get(number);
    if (known !== undefined) return known;
    const row = this.#database.get('SELECT plan FROM bound_plans WHERE bound_plan = ?', number);
    if (row === null) throw new Error(`bound plan ${number} is not in the store`);
    const plan: Plan = JSON.parse(text(row, 'plan'));
    if (this.#parsed.size >= MAX_PLANS_KEPT) this.#parsed.clear();
    this.#parsed.set(number, plan);
    return plan;
  }
}
