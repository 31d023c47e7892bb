import type { Plan } from '../../core/domain/plan.ts';
import { BUILT_IN_PLANS } from '../../core/domain/plans/built-in.ts';
import type { Store } from '../../core/ports/store.ts';

/** The newest version of a plan, built-in or own; null where there is none of that id, which has its prefix. */
export async function findPlan(store: Store, planId: string): Promise<Plan | null> {
  return BUILT_IN_PLANS.find((plan) => plan.id === planId) ?? (await store.plan(planId));
}

/** Plans by id, at most `limit`, those after `after` in that order. */
export async function plansAfter(store: Store, limit: number, after: string | null): Promise<readonly Plan[]> {
  const builtIn = BUILT_IN_PLANS.filter((plan) => after === null || plan.id > after);
  const own = await store.plans(limit, after);
  return [...builtIn, ...own].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
}
