import type { Run } from '../../../core/domain/run.ts';
import { isTerminal } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';

/** Who works on a run; kept beside its state and never part of it. */
export interface Lease {
  /** Null while nobody does. */
  readonly owner: string | null;
  /** The machine's fence at the last claim; 0 before the first. */
  readonly fence: number;
  /** When the run may be claimed, if nobody owns it; null once it has ended, and while it waits for a person. */
  readonly dueAt: Millis | null;
}

/** When a change was decided, and the store's time as it writes it. */
export interface ChangeTime {
  readonly at: Millis;
  readonly now: Millis;
}

/**
 * The lease of a run after a commit; null once there is nothing left to own. It follows from the change alone, so that the
 * owner knows without asking: a run that was put in back-off has no owner any more and is due when that ends; one that waits
 * for a person has none either and is due once it is approved; one that has ended keeps its owner only while its call goes on;
 * any other keeps its owner and, should that be lost, is due.
 */
export function leaseAfter(lease: Lease | null, run: Run, { at, now }: ChangeTime): Lease | null {
  const { owner, fence, dueAt } = lease ?? { owner: null, fence: 0, dueAt: null };
  if (isTerminal(run.phase)) return run.stopping ? { owner, fence, dueAt: null } : null;
  if (run.steps[run.currentStep]?.heldSince != null) return { owner: null, fence, dueAt: null };
  const backOff = backOffEnd(run);
  if (backOff !== null && backOff > at) return { owner: null, fence, dueAt: backOff };
  return { owner, fence, dueAt: Math.min(dueAt ?? now, now) };
}

/** The lease of a run that its owner gives up, or is taken from. */
export function withoutOwner(lease: Lease): Lease {
  return { ...lease, owner: null };
}

/** True where the run is this owner's under this fence. */
export function holds(lease: Lease | null, owner: string, fence: number): boolean {
  return lease !== null && lease.owner === owner && lease.fence === fence;
}

/** The end of the back-off that a run is in, passed or not; null where it is in none. */
function backOffEnd(run: Run): Millis | null {
  return run.steps[run.currentStep]?.nextRetryAt ?? null;
}
