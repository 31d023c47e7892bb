import type { Millis } from './time.ts';

/** What can be said of a machine beside its phase. A condition that was never set is absent; one that was cleared is false. */
export type ConditionType =
  | 'Provisioned'
  | 'InCustomerCluster'
  | 'NeedsIntervention'
  | 'OperationCanceled'
  | 'OperatorMaintenance'
  | 'RMA'
  | 'Retired';

/** Every condition type, in the order in which they are shown. */
export const CONDITION_TYPES: readonly ConditionType[] = [
  'Provisioned',
  'InCustomerCluster',
  'NeedsIntervention',
  'OperationCanceled',
  'OperatorMaintenance',
  'RMA',
  'Retired',
];

/** One observed fact of a machine, in the manner of Kubernetes conditions. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: boolean;
  /** CamelCase word for programs. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  /** When `status` last changed; a new reason alone does not move it. */
  readonly lastTransitionAt: Millis;
}

/** True where the condition is present and true. */
export function hasCondition(conditions: readonly Condition[], type: ConditionType): boolean {
  return findCondition(conditions, type)?.status === true;
}

/** The condition of that type, true or false, if it was ever set. */
export function findCondition(conditions: readonly Condition[], type: ConditionType): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** The list with `type` true for this reason; the transition time moves only if it was not true before. */
export function setCondition(
  conditions: readonly Condition[],
  type: ConditionType,
  reason: string,
  message: string,
  now: Millis,
): readonly Condition[] {
  const old = findCondition(conditions, type);
  const lastTransitionAt = old?.status === true ? old.lastTransitionAt : now;
  const next: Condition = { type, status: true, reason, message, lastTransitionAt };
  return [...conditions.filter((condition) => condition.type !== type), next];
}

/** The list with `type` false, or the very same list where it is not true. */
export function clearCondition(
  conditions: readonly Condition[],
  type: ConditionType,
  reason: string,
  now: Millis,
): readonly Condition[] {
  if (!hasCondition(conditions, type)) return conditions;
  return conditions.map((condition) =>
    condition.type === type ? { type, status: false, reason, message: '', lastTransitionAt: now } : condition,
  );
}
