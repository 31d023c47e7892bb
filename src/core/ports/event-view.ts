import type { EventView } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { StoredEvent } from './store.ts';

/** The view of an event that filters read. */
export function eventView(event: StoredEvent): EventView {
  return {
    machine_id: event.machineId,
    run_id: event.runId,
    plan_id: event.subject === 'run' ? (event.after as Run).planId : '',
    subject: event.subject,
    kind: event.kind,
    actor: event.actor,
    request_id: event.requestId,
    method: event.method,
    server: event.server,
  };
}
