import type { Plan } from '../../../core/domain/plan.ts';
import type { Database } from './database.ts';
import { bool, text } from './rows.ts';

/** The newest version of an own plan; null where there is none or it was deleted. */
export async function newestPlan(database: Database, planId: string): Promise<Plan | null> {
  const [row] = await database.query({
    text: 'SELECT plan, deleted FROM bmdemo.plans WHERE plan_id = $1 ORDER BY version DESC LIMIT 1',
    values: [planId],
  });
  return row === undefined || bool(row, 'deleted') ? null : JSON.parse(text(row, 'plan'));
}

/** The newest versions of own plans, by id. */
export async function newestPlans(database: Database, limit: number, after: string | null): Promise<readonly Plan[]> {
  const rows = await database.query({
    text: `SELECT plan FROM bmdemo.plans AS one
           WHERE plan_id > $1 AND NOT deleted
             AND version = (SELECT max(version) FROM bmdemo.plans WHERE plan_id = one.plan_id)
           ORDER BY plan_id LIMIT $2`,
    values: [after ?? '', limit],
  });
  return rows.map((row) => JSON.parse(text(row, 'plan')));
}
