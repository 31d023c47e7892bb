import type { Plan } from './plan.ts';
import type { Millis } from './time.ts';

/** A plan as its author writes it: all but what the server adds. */
export type PlanDeclaration = Omit<Plan, 'version' | 'builtIn' | 'createdAt' | 'createdBy'>;

/** The calls about plans that a request id makes idempotent. */
export type PlanMethod = 'CreatePlan' | 'DeletePlan';

/** What one request id did to one plan; kept for good. */
export interface PlanRequest {
  readonly requestId: string;
  readonly method: PlanMethod;
  /** Canonical JSON of what counts as the content of the request. */
  readonly fingerprint: string;
  /** The version that it answered. */
  readonly version: number;
}

/** Everything that decides about one own plan, read at one moment. */
export interface PlanAggregate {
  readonly planId: string;
  /** The newest version; null where there is none, or the plan was deleted. */
  readonly plan: Plan | null;
  /** The highest version that there ever was, deleted or not; 0 before the first. */
  readonly lastVersion: number;
  /** What the request id that was asked for did, and the version that it answered; null where it did nothing. */
  readonly request: { readonly record: PlanRequest; readonly plan: Plan } | null;
  /** Counts the plan's events; what a commit is compared with. */
  readonly revision: number;
  /** When the plan's last event happened; no later event is before it. */
  readonly lastEventAt: Millis;
  /** The store's time at reading. */
  readonly now: Millis;
}
