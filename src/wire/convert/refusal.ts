import type { Refusal, RefusalReason } from '../../core/domain/refusal.ts';
import type { RpcErrorInit } from '../errors.ts';
import { RpcError } from '../errors.ts';

/** A refusal as the client gets it: its code and sentence, an ErrorInfo with its reason, and the details that fit its kind. */
export function refusalToRpcError(refusal: Refusal): RpcError {
  return new RpcError({
    code: refusal.code,
    reason: refusal.reason,
    message: refusal.message,
    metadata: refusal.metadata,
    ...(refusal.violations.length === 0 ? {} : { fieldViolations: refusal.violations }),
    ...detailsOf(refusal),
  });
}

/** How long a client had better wait before it repeats a call that may go through the next time. */
const RETRY_AFTER_MS = 200;

function detailsOf(refusal: Refusal): Partial<RpcErrorInit> {
  const resource = resourceOf(refusal);
  switch (refusal.code) {
    case 'FAILED_PRECONDITION':
      return {
        preconditionViolations: [
          {
            type: refusal.reason,
            subject: subjectOf(refusal.reason, refusal.metadata),
            description: refusal.message,
          },
        ],
      };
    case 'NOT_FOUND':
    case 'ALREADY_EXISTS':
      return resource === null
        ? {}
        : { resourceInfo: { type: resource.type, name: resource.name, description: refusal.message } };
    case 'ABORTED':
      return refusal.reason === 'CONTENTION' ? { retryAfterMs: RETRY_AFTER_MS } : {};
    case 'UNAVAILABLE':
      return { retryAfterMs: RETRY_AFTER_MS };
    case 'INVALID_ARGUMENT':
    case 'OUT_OF_RANGE':
      return {};
  }
}

/** What a busy or held machine waits for is the run; everything else is about the machine. */
function subjectOf(reason: RefusalReason, { run_id: run, machine_id: machine, plan_id: plan }: Names): string {
  const aboutRun =
    reason === 'MACHINE_BUSY' || reason === 'STOPPING' || reason === 'RUN_FINISHED' || reason === 'STEP_NOT_HELD';
  if (aboutRun && run !== undefined) return `runs/${run}`;
  if (machine !== undefined) return `machines/${machine}`;
  return plan === undefined ? '' : plan;
}

type Names = Readonly<Record<string, string>>;

function resourceOf({ reason, metadata }: Refusal): { type: string; name: string } | null {
  const { run_id: run, machine_id: machine, plan_id: plan } = metadata;
  if (reason === 'PLAN_NOT_FOUND' && plan !== undefined) return { type: 'plan', name: plan };
  if (run !== undefined) return { type: 'run', name: run };
  if (machine !== undefined) return { type: 'machine', name: machine };
  return null;
}
