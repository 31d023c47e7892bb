import type { EventView } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Run } from '../domain/run.ts';
import type { EventDraft, StoredEvent } from './store.ts';

/** The view of an event that filters read. */
export function eventView(event: StoredEvent): EventView {
  return {
    machine_id: event.machineId,
    run_id: event.runId,
    plan_id: planIdOf(event),
    subject: event.subject,
    kind: event.kind,
    actor: event.actor,
    request_id: event.requestId,
    method: event.method,
    server: event.server,
  };
}

/** The plan that an event is about, or that its run carries out; empty where it is about neither. */
export function planIdOf({ subject, after }: EventDraft): string {
  if (subject === 'machine') return '';
  return subject === 'run' ? (after as Run).planId : (after as Plan).id;
}
