import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import { apply } from '../apply.ts';
import type { Announce } from './attempt.ts';
import { decideIntent, decideInterrupted, nextAction } from './attempt.ts';
import type { Decision } from './decision.ts';
import { decided } from './decision.ts';

/** What is recorded of an attempt whose owner is gone. */
const GONE = 'its server went away in mid-call';

/**
 * The attempt that a run is due for once the one that its former owner left is recorded as cut off; null where none is: it was
 * cut off too often, or the hardware may not be called yet.
 */
export function attemptAfterCutOff(aggregate: Aggregate, runId: string, fence: number): Announce | null {
  const planned = runOf(withCutOff(aggregate, decideCutOff(aggregate, runId, fence)), runId);
  const next = planned === null ? null : nextAction(planned, fence, decisionTime(aggregate));
  return next?.kind === 'attempt' ? { ...next, runId, fence } : null;
}

/** Decides the record of an attempt whose owner is gone, by itself. */
export function decideCutOff(aggregate: Aggregate, runId: string, fence: number): Decision {
  return decideInterrupted(aggregate, runId, fence, GONE);
}

/**
 * Decides the intent of an attempt, and before it the record of the one that an owner who is gone left: one change, because
 * after a crash every run waits for it.
 */
export function decideAnnouncement(aggregate: Aggregate, announce: Announce): Decision {
  const cutOff = decideCutOff(aggregate, announce.runId, announce.fence);
  const intent = decideIntent(withCutOff(aggregate, cutOff), announce);
  return decided([...cutOff.events, ...intent.events]);
}

function withCutOff(aggregate: Aggregate, { events }: Decision): Aggregate {
  const now = decisionTime(aggregate);
  return events.reduce((before, event) => apply(before, event, now), aggregate);
}
