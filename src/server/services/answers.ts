import type { Refusal } from '../../core/domain/refusal.ts';
import { isRefusal, refuse, refuseFields } from '../../core/domain/refusal.ts';
import { refusalToRpcError } from '../../wire/convert/refusal.ts';
import { RpcError } from '../../wire/errors.ts';

/**
 * The answer, where there is one.
 *
 * @throws RpcError where the command was refused
 */
export function answered<T extends object>(value: T | Refusal): T {
  if (isRefusal(value)) throw refusalToRpcError(value);
  return value as T;
}

/** The error for fields of a request that are wrong: one or many, all told at once. */
export function badFields(violations: readonly { readonly field: string; readonly description: string }[]): RpcError {
  return refusalToRpcError(refuseFields(violations));
}

/** The error for one field of a request that is wrong. */
export function badField(field: string, description: string): RpcError {
  return badFields([{ field, description }]);
}

/** The error of a call that names a run that is not there. */
export function noSuchRun(runId: string): RpcError {
  return refusalToRpcError(refuse('NOT_FOUND', 'RUN_NOT_FOUND', `there is no run ${runId}`, { run_id: runId }));
}

/** The calls of the contract that this version of the server does not carry out. */
export const CALLS_TO_COME = ['CreatePlan', 'DeletePlan', 'ValidatePlan'] as const;

/** The error of a call that this version of the server does not carry out. */
export function notYet(method: (typeof CALLS_TO_COME)[number]): RpcError {
  return new RpcError({
    code: 'UNIMPLEMENTED',
    reason: 'UNIMPLEMENTED_YET',
    message: `${method} is part of the contract, but this version of bmdemo does not carry it out`,
  });
}
