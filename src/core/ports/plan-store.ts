import type { PlanEvent } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { PlanAggregate, PlanRequest } from '../domain/plan-aggregate.ts';
import type { Millis } from '../domain/time.ts';
import type { Origin } from './origin.ts';

/** One atomic, durable change of one plan. */
export interface PlanChange {
  readonly planId: string;
  /** The revision of the aggregate that was decided on; 0 where there never was a plan of that id. */
  readonly expectedRevision: number;
  /** The version that the change is about: the one that is made, or the newest of a plan that is deleted. */
  readonly plan: Plan;
  /** PLAN_CREATED adds `plan`; PLAN_DELETED hides every version that there is; null changes nothing but the requests. */
  readonly event: PlanEvent | null;
  readonly at: Millis;
  readonly origin: Origin;
  readonly request: PlanRequest | null;
}

/** A place in a list of plans: after this one. */
export interface PlanPlace {
  readonly id: string;
  /** With this version or any higher one already behind. */
  readonly version: number;
}

/** A page of own plans is asked for: by id, and the versions of one from the newest down. */
export interface PlanQuery {
  /** False: the newest version of each alone. */
  readonly allVersions: boolean;
  readonly limit: number;
  readonly after: PlanPlace | null;
}

/** Where own plans live; built-in ones are in no store. A plan is an aggregate of its own, and its versions never change. */
export interface PlanStore {
  /** Everything that decides about one plan. */
  loadPlan(planId: string, requestId: string): Promise<PlanAggregate>;
  /** Writes a change, or nothing: `conflict` where the revision is another one, or the request id is known. */
  commitPlan(change: PlanChange): Promise<'ok' | 'conflict'>;
  /** A version of a plan, 0 for the newest; null where there is none, or it was deleted. */
  plan(planId: string, version: number): Promise<Plan | null>;
  /** Own plans that were not deleted. */
  plans(query: PlanQuery): Promise<readonly Plan[]>;
}
