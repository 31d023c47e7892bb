import type { DescMethod } from '@bufbuild/protobuf';

const READS = /^(Get|List|Watch|Stream|Preview|Validate)/;

/** Commands that say where something is to be, and not what is to change: the second time changes nothing. */
const IDEMPOTENT = new Set(['CancelRun', 'ApproveStep']);

/**
 * Whether the same request may be sent again after its answer was lost. A request that has a request id may: the server
 * answers what it answered before.
 */
export function isSafeToRepeat(method: DescMethod, request: object): boolean {
  if (READS.test(method.name) || IDEMPOTENT.has(method.name)) return true;
  if ('requestId' in request) return request.requestId !== '' && request.requestId !== undefined;
  if (method.name === 'RegisterMachine') return 'machine' in request && hasOwnId(request.machine);
  if (method.name === 'RegisterMachines') {
    return 'machines' in request && Array.isArray(request.machines) && request.machines.every(hasOwnId);
  }
  return false;
}

/** Without an id the server makes one, each time another. With an etag the second time would be refused as stale. */
function hasOwnId(machine: unknown): boolean {
  if (typeof machine !== 'object' || machine === null) return false;
  const { machineId, etag } = machine as { machineId?: unknown; etag?: unknown };
  return typeof machineId === 'string' && machineId !== '' && (etag === undefined || etag === '');
}
