import type { RunType } from './run.ts';

/** The plan that each type runs where no other is named. */
export const DEFAULT_PLANS: Readonly<Record<Exclude<RunType, 'CUSTOM'>, string>> = {
  REPAVE: 'plan/repave-join',
  RMA: 'plan/rma',
  REBOOT: 'plan/reboot',
  UPGRADE: 'plan/upgrade',
  NET_RECONFIG: 'plan/net-reconfig',
};

type NamedType = keyof typeof DEFAULT_PLANS;

/** The types that a caller may name, as the contract spells them. */
export const RUN_TYPES: readonly NamedType[] = ['REPAVE', 'RMA', 'REBOOT', 'UPGRADE', 'NET_RECONFIG'];

/** Reads a type in either spelling (`NET_RECONFIG`, `net-reconfig`); null where there is no such type. */
export function parseRunType(text: string): NamedType | null {
  const normal = text.toUpperCase().replaceAll('-', '_');
  return RUN_TYPES.find((type) => type === normal) ?? null;
}

/** A plan id with its prefix: `reboot` and `plan/reboot` are the same plan. */
export function normalPlanId(planId: string): string {
  return planId.startsWith('plan/') ? planId : `plan/${planId}`;
}

/** What type and plan a request means, or what is wrong with the two. */
export type Resolution =
  | { readonly kind: 'resolved'; readonly type: RunType; readonly planId: string }
  | { readonly kind: 'fault'; readonly field: 'type' | 'plan_id'; readonly description: string };

/** Judges type and plan id from the request alone; an empty string is a field that was not sent. */
export function resolveTypeAndPlan(type: string, planId: string): Resolution {
  const named = parseRunType(type);
  if (type !== '' && named === null) {
    return { kind: 'fault', field: 'type', description: `unknown type "${type}"; known: ${RUN_TYPES.join(', ')}` };
  }
  if (planId === '') {
    if (named === null) return { kind: 'fault', field: 'type', description: 'type or plan_id is required' };
    return { kind: 'resolved', type: named, planId: DEFAULT_PLANS[named] };
  }
  const id = normalPlanId(planId);
  const owner = RUN_TYPES.find((candidate) => DEFAULT_PLANS[candidate] === id) ?? null;
  if (named !== null && owner !== null && owner !== named) {
    return { kind: 'fault', field: 'plan_id', description: `${id} is the plan of type ${owner}, not of ${named}` };
  }
  return { kind: 'resolved', type: named ?? owner ?? 'CUSTOM', planId: id };
}
