import type { MessageInitShape } from '@bufbuild/protobuf';
import type { WaitingFor, WaitingKind } from '../../core/domain/waiting.ts';
import type { WaitingForSchema } from '../gen/baremetal/v1/waiting_pb.ts';
import { WaitingFor_Kind } from '../gen/baremetal/v1/waiting_pb.ts';
import { timestampOf } from './time.ts';

const KINDS: Readonly<Record<WaitingKind, WaitingFor_Kind>> = {
  provider: WaitingFor_Kind.PROVIDER,
  'back-off': WaitingFor_Kind.BACK_OFF,
  slot: WaitingFor_Kind.SLOT,
  stopping: WaitingFor_Kind.STOPPING,
  intervention: WaitingFor_Kind.INTERVENTION,
  recovery: WaitingFor_Kind.RECOVERY,
  approval: WaitingFor_Kind.APPROVAL,
  replacement: WaitingFor_Kind.REPLACEMENT,
};

/** What a run or a machine waits for; an absent field where it is nothing. */
export function waitingToWire(waiting: WaitingFor | null): MessageInitShape<typeof WaitingForSchema> | undefined {
  if (waiting === null) return undefined;
  return {
    kind: KINDS[waiting.kind],
    detail: waiting.detail,
    since: timestampOf(waiting.since),
    until: timestampOf(waiting.until),
    runId: waiting.runId,
    step: waiting.step,
    attempt: waiting.attempt,
    maxAttempts: waiting.maxAttempts,
    scope: waiting.scope,
    queuePosition: waiting.queuePosition,
  };
}
