import type { Plan } from '../../../core/domain/plan.ts';
import type { Database } from './database.ts';
import { text } from './rows.ts';

/** The newest version of an own plan; null where there is none or it was deleted. */
export function newestPlan(database: Database, planId: string): Plan | null {
  const sql = 'SELECT plan, deleted FROM plans WHERE plan_id = ? ORDER BY version DESC LIMIT 1';
  const row = database.get(sql, planId);
  return row === null || row.deleted === 1 ? null : JSON.parse(text(row, 'plan'));
}

/** The newest versions of own plans, by id. */
export function newestPlans(database: Database, limit: number, after: string | null): readonly Plan[] {
  return database
    .all(
      `SELECT plan FROM plans AS one WHERE plan_id > ? AND deleted = 0
         AND version = (SELECT max(version) FROM plans WHERE plan_id = one.plan_id)
       ORDER BY plan_id LIMIT ?`,
      after ?? '',
      limit,
    )
    .map((row) => JSON.parse(text(row, 'plan')));
}
