import type { Plan } from '../../core/domain/plan.ts';
import { BUILT_IN_PLANS } from '../../core/domain/plans/built-in.ts';
import type { PlanQuery, PlanStore } from '../../core/ports/plan-store.ts';

/** The newest version of a plan, built-in or own; null where there is none of that id, which has its prefix. */
export async function findPlan(store: PlanStore, planId: string): Promise<Plan | null> {
  return builtInPlan(planId) ?? (await store.plan(planId, 0));
}

/** One version of a plan, built-in or own; null where there is no such version. Of a built-in plan there is only one. */
export async function findPlanVersion(store: PlanStore, planId: string, version: number): Promise<Plan | null> {
  const builtIn = builtInPlan(planId);
  if (builtIn !== null) return builtIn.version === version ? builtIn : null;
  return store.plan(planId, version);
}

/** A page of plans, built-in and own ones, by id; a built-in one stands before any own one of that id. */
export async function pageOfPlans(store: PlanStore, query: PlanQuery): Promise<readonly Plan[]> {
  const { after, limit } = query;
  const builtIn = BUILT_IN_PLANS.filter(({ id }) => after === null || id > after.id);
  const own = (await store.plans(query)).filter(({ id }) => builtInPlan(id) === null);
  return [...builtIn, ...own].sort(byIdAndVersion).slice(0, limit);
}

function builtInPlan(planId: string): Plan | null {
  return BUILT_IN_PLANS.find((plan) => plan.id === planId) ?? null;
}

function byIdAndVersion(a: Plan, b: Plan): number {
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return b.version - a.version;
}
