import { equal } from '../equal.ts';
import type { PlanEvent } from '../event.ts';
import type { Plan } from '../plan.ts';
import type { PlanAggregate, PlanDeclaration, PlanMethod, PlanRequest } from '../plan-aggregate.ts';
import { BUILT_IN_PLANS } from '../plans/built-in.ts';
import type { Refusal } from '../refusal.ts';
import { refuse } from '../refusal.ts';
import type { Millis } from '../time.ts';
import { fingerprint, refusePlanReuse } from './request.ts';

/** What a command about a plan carries. An empty request id is not kept: the command says nothing twice by itself. */
interface PlanCommand {
  readonly requestId: string;
  readonly by: string;
  readonly reason: string;
}

/** What came of a command about a plan: the version that it answers, and what is to be written, if anything is. */
export type PlanDecision =
  | { readonly kind: 'existing'; readonly plan: Plan }
  | {
      readonly kind: 'decision';
      readonly plan: Plan;
      /** Null where the plan is as it should be already. */
      readonly event: PlanEvent | null;
      readonly at: Millis;
      readonly request: PlanRequest | null;
    };

/** Decides CreatePlan: a first version, a new one, or nothing where the newest one says the same. The plan is a good one. */
export function decideCreatePlan(
  aggregate: PlanAggregate,
  command: PlanCommand & { readonly declared: PlanDeclaration },
): PlanDecision | Refusal {
  const { declared, by } = command;
  const print = fingerprint({ ...declared });
  const known = answered(aggregate, command, 'CreatePlan', print);
  if (known !== null) return known;
  const builtIn = refuseBuiltIn(aggregate.planId, 'replaced');
  if (builtIn !== null) return builtIn;
  const at = timeOf(aggregate);
  const { plan: newest, lastVersion } = aggregate;
  if (newest !== null && equal(declarationOf(newest), declarationOf(declared))) {
    return {
      kind: 'decision',
      plan: newest,
      event: null,
      at,
      request: requestOf(command, 'CreatePlan', print, newest),
    };
  }
  const plan: Plan = { ...declared, version: lastVersion + 1, builtIn: false, createdAt: at, createdBy: by };
  const message = `${plan.id} version ${plan.version} created by ${by}`;
  const event: PlanEvent = { subject: 'plan', kind: 'PLAN_CREATED', message };
  return { kind: 'decision', plan, event, at, request: requestOf(command, 'CreatePlan', print, plan) };
}

/** Decides DeletePlan: the plan is gone with all its versions. Runs keep their own copy, so nothing else changes. */
export function decideDeletePlan(aggregate: PlanAggregate, command: PlanCommand): PlanDecision | Refusal {
  const print = fingerprint({});
  const known = answered(aggregate, command, 'DeletePlan', print);
  if (known !== null) return known;
  const { planId, plan } = aggregate;
  const builtIn = refuseBuiltIn(planId, 'deleted');
  if (builtIn !== null) return builtIn;
  if (plan === null) return refuse('NOT_FOUND', 'PLAN_NOT_FOUND', `there is no plan ${planId}`, { plan_id: planId });
  const message = `${planId} deleted by ${command.by}: ${command.reason}`;
  const event: PlanEvent = { subject: 'plan', kind: 'PLAN_DELETED', message };
  const request = requestOf(command, 'DeletePlan', print, plan);
  return { kind: 'decision', plan, event, at: timeOf(aggregate), request };
}

/** The refusal of a command about a plan that comes with the program; null for any other. */
export function refuseBuiltIn(planId: string, done: 'replaced' | 'deleted'): Refusal | null {
  if (!BUILT_IN_PLANS.some((plan) => plan.id === planId)) return null;
  const why = `${planId} is built in and cannot be ${done}; make a plan under another name`;
  return refuse('FAILED_PRECONDITION', 'PLAN_BUILT_IN', why, { plan_id: planId });
}

/** The answer to a request that was carried out before, or its refusal where its id was used for something else. */
function answered(
  { planId, request }: PlanAggregate,
  { requestId }: PlanCommand,
  method: PlanMethod,
  print: string,
): PlanDecision | Refusal | null {
  if (request === null || requestId === '') return null;
  return refusePlanReuse(planId, request.record, method, print) ?? { kind: 'existing', plan: request.plan };
}

function requestOf({ requestId }: PlanCommand, method: PlanMethod, print: string, plan: Plan): PlanRequest | null {
  return requestId === '' ? null : { requestId, method, fingerprint: print, version: plan.version };
}

/** What of a plan its author has written. */
function declarationOf({ id, displayName, description, params, steps }: PlanDeclaration): PlanDeclaration {
  return { id, displayName, description, params, steps };
}

function timeOf({ now, lastEventAt }: PlanAggregate): Millis {
  return Math.max(now, lastEventAt);
}
