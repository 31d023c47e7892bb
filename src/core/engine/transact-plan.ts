import type { PlanDecision } from '../domain/decide/plan.ts';
import type { Plan } from '../domain/plan.ts';
import type { PlanAggregate } from '../domain/plan-aggregate.ts';
import type { Refusal } from '../domain/refusal.ts';
import { refuse } from '../domain/refusal.ts';
import type { Origin } from '../ports/origin.ts';
import type { PlanStore } from '../ports/plan-store.ts';
import { MAX_CONFLICTS } from './transact.ts';

/** What a command is about and who gives it. */
export interface PlanCommand {
  readonly planId: string;
  readonly requestId: string;
  readonly origin: Origin;
}

/** A command that took effect, or had before. */
export interface PlanTransacted {
  readonly kind: 'transacted';
  /** The version that it answers. */
  readonly plan: Plan;
  /** True where this call has changed the plan. */
  readonly changed: boolean;
}

/** Load, decide, commit; on conflict load and decide again, at most ten times, then ABORTED. */
export async function transactPlan(
  store: PlanStore,
  { planId, requestId, origin }: PlanCommand,
  decide: (aggregate: PlanAggregate) => PlanDecision | Refusal,
): Promise<PlanTransacted | Refusal> {
  for (let round = 0; round < MAX_CONFLICTS; round += 1) {
    const aggregate = await store.loadPlan(planId, requestId);
    const decision = decide(aggregate);
    if (decision.kind === 'refusal') return decision;
    if (decision.kind === 'existing') return { kind: 'transacted', plan: decision.plan, changed: false };
    const { plan, event, at, request } = decision;
    const changed = event !== null;
    if (!changed && request === null) return { kind: 'transacted', plan, changed };
    const change = { planId, expectedRevision: aggregate.revision, plan, event, at, origin, request };
    if ((await store.commitPlan(change)) === 'ok') return { kind: 'transacted', plan, changed };
  }
  return refuse('ABORTED', 'CONTENTION', `${planId} is being changed by others; try again`, { plan_id: planId });
}
