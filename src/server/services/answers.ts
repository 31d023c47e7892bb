import type { Refusal } from '../../core/domain/refusal.ts';
import { isRefusal, refuse, refuseFields } from '../../core/domain/refusal.ts';
import { refusalToRpcError } from '../../wire/convert/refusal.ts';
import type { RpcError } from '../../wire/errors.ts';

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
