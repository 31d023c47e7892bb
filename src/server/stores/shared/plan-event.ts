import type { PlanEvent } from '../../../core/domain/event.ts';
import type { PlanChange } from '../../../core/ports/plan-store.ts';
import type { EventDraft } from '../../../core/ports/store.ts';

/** The event of a plan as the log takes it. */
export function planEventOf({ plan, expectedRevision, at }: PlanChange, { kind, message }: PlanEvent): EventDraft {
  const revision = expectedRevision + 1;
  return { subject: 'plan', kind, runId: '', revision, at, message, before: null, after: plan };
}
