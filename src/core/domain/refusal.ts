/** The canonical gRPC code under which a refusal is answered. */
export type RefusalCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNAVAILABLE';

/** The stable word for programs; clients match on it, so a word is never renamed. */
export type RefusalReason =
  | 'INVALID_FIELD'
  | 'MACHINE_NOT_FOUND'
  | 'RUN_NOT_FOUND'
  | 'PLAN_NOT_FOUND'
  | 'PLAN_BUILT_IN'
  | 'MACHINE_BUSY'
  | 'STOPPING'
  | 'NEEDS_INTERVENTION'
  | 'IN_RMA'
  | 'RETIRED'
  | 'WRONG_PHASE'
  | 'REQUEST_ID_REUSED'
  | 'IDENTITY_TAKEN'
  | 'SOURCE_TAKEN'
  | 'STALE_ETAG'
  | 'PREVIEW_STALE'
  | 'CURSOR_EXPIRED'
  | 'CAPABILITY_MISSING'
  | 'UNKNOWN_PROVIDER'
  | 'CONTROL_PLANE'
  | 'RUN_FINISHED'
  | 'STEP_NOT_HELD'
  | 'CONTENTION'
  | 'STORE_UNAVAILABLE';

/** One field of a request and what is wrong with it. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** A command that changes nothing, and why: a value, because the caller can act on it. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: RefusalCode;
  readonly reason: RefusalReason;
  /** One sentence: what, which, and what to do. */
  readonly message: string;
  readonly violations: readonly FieldViolation[];
  /** What the refusal names: `run_id`, `machine_id` and the like. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Makes a refusal; `metadata` names the run, machine or value that it speaks of. */
export function refuse(
  code: RefusalCode,
  reason: RefusalReason,
  message: string,
  metadata: Readonly<Record<string, string>> = {},
): Refusal {
  return { kind: 'refusal', code, reason, message, violations: [], metadata };
}

/** Makes an INVALID_ARGUMENT refusal out of at least one field violation. */
export function refuseFields(violations: readonly FieldViolation[]): Refusal {
  const message = violations.map((violation) => `${violation.field}: ${violation.description}`).join('; ');
  return { kind: 'refusal', code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', message, violations, metadata: {} };
}

/** Tells a refusal from an answer. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
}
