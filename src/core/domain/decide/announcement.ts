import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import { apply } from '../apply.ts';
import type { Announce, Outcome, ProbeOutcome } from './attempt.ts';
import { decideBegin, decideIntent, decideInterrupted, decideOutcome, nextAction } from './attempt.ts';
import type { Decision } from './decision.ts';
import { decided } from './decision.ts';
import { decideFinish } from './finish.ts';

/** What is recorded of an attempt whose owner is gone. */
const GONE = 'its server went away in mid-call';

/**
 * Decides what has to be on record before the hardware is called: that the run has begun, or that the attempt which a former owner
 * left was cut off.
 */
export function decideRecord(aggregate: Aggregate, runId: string, fence: number): Decision {
  const begun = decideBegin(aggregate, runId);
  return begun.events.length > 0 ? begun : decideInterrupted(aggregate, runId, fence, GONE);
}

/**
 * The attempt that a run is due for once that is on record; null where none is: an attempt was cut off too often, or the hardware
 * may not be called yet.
 */
export function attemptAfterRecord(aggregate: Aggregate, runId: string, fence: number): Announce | null {
  const planned = runOf(after(aggregate, decideRecord(aggregate, runId, fence)), runId);
  const next = planned === null ? null : nextAction(planned, fence, decisionTime(aggregate));
  return next?.kind === 'attempt' ? { ...next, runId, fence } : null;
}

/**
 * Decides the intent of an attempt, and before it what has to be on record: one change, because every run waits for it when many
 * begin at once, and after a crash.
 */
export function decideAnnouncement(aggregate: Aggregate, announce: Announce): Decision {
  const record = decideRecord(aggregate, announce.runId, announce.fence);
  const intent = decideIntent(after(aggregate, record), announce);
  return decided([...record.events, ...intent.events]);
}

/**
 * Decides what follows from how a call ended, and where nothing is left to do the end of the run with it: one change, so that its
 * place and its machine are free as soon as its last step is done.
 *
 * @param random uniform in [0, 1), for the jitter of the back-off
 */
export function decideEnd(
  aggregate: Aggregate,
  ended: { readonly runId: string; readonly fence: number; readonly outcome: Outcome | ProbeOutcome },
  random: number,
): Decision {
  const outcome = decideOutcome(aggregate, ended, random);
  const finish = outcome.events.length === 0 ? decided([]) : decideFinish(after(aggregate, outcome), ended.runId);
  return decided([...outcome.events, ...finish.events]);
}

function after(aggregate: Aggregate, { events }: Decision): Aggregate {
  const now = decisionTime(aggregate);
  return events.reduce((before, event) => apply(before, event, now), aggregate);
}
