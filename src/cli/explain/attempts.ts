import { millis } from '../../tui/format/time.ts';
import type { Event } from '../../wire/gen/baremetal/v1/event_pb.ts';

/** What became of an attempt. */
export type AttemptOutcome = 'under way' | 'succeeded' | 'failed' | 'interrupted' | 'not known' | 'canceled' | 'asked';

/** One attempt at a step, or one question to the hardware what became of it. */
export interface Attempt {
  readonly runId: string;
  readonly step: string;
  /** From 1. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly beganAt: number;
  /** Milliseconds since 1970; null while it is under way. */
  readonly endedAt: number | null;
  readonly outcome: AttemptOutcome;
  /** The server's sentence about its end, or its beginning while it is under way. */
  readonly message: string;
}

/** What each kind of event says of the attempt that was under way; others say nothing of it. */
const OUTCOMES: Readonly<Record<string, AttemptOutcome>> = {
  STEP_SUCCEEDED: 'succeeded',
  ATTEMPT_FAILED: 'failed',
  STEP_FAILED: 'failed',
  FAILED: 'failed',
  ATTEMPT_INTERRUPTED: 'interrupted',
  ATTEMPT_UNKNOWN: 'not known',
  ATTEMPT_PROBED: 'asked',
  CANCELED: 'canceled',
};

/** The last `limit` attempts that the events tell of, oldest first. @param events of one machine or run, in their order */
export function lastAttempts(events: readonly Event[], limit: number): readonly Attempt[] {
  const attempts: Attempt[] = [];
  for (const event of events) {
    const at = millis(event.ts) ?? 0;
    const { runId, step, attempt, message } = event;
    if (event.kind === 'ATTEMPT_STARTED') {
      attempts.push({ runId, step, attempt, beganAt: at, endedAt: null, outcome: 'under way', message });
      continue;
    }
    const last = attempts.at(-1);
    const outcome = OUTCOMES[event.kind];
    if (outcome === undefined || last?.runId !== runId || last.outcome !== 'under way') continue;
    attempts[attempts.length - 1] = { ...last, endedAt: at, outcome, message };
  }
  return attempts.slice(-limit);
}
