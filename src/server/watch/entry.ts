import { create } from '@bufbuild/protobuf';
import type { Filter } from '../../core/domain/filter.ts';
import { matches } from '../../core/domain/filter.ts';
import type { Machine, MachineView } from '../../core/domain/machine.ts';
import { machineView } from '../../core/domain/machine.ts';
import type { Plan } from '../../core/domain/plan.ts';
import type { Run, RunView } from '../../core/domain/run.ts';
import { runView } from '../../core/domain/run.ts';
import { machineWaitsFor } from '../../core/domain/waiting.ts';
import { eventView } from '../../core/ports/event-view.ts';
import type { StoredEvent } from '../../core/ports/store.ts';
import type { Encoded } from '../../wire/bridge.ts';
import { encodeOnce } from '../../wire/bridge.ts';
import type { AuditNote, EventNote } from '../../wire/convert/event.ts';
import {
  machineAuditToWire,
  machineEventToWire,
  planAuditToWire,
  runAuditToWire,
  runEventToWire,
} from '../../wire/convert/event.ts';
import { machineToWire } from '../../wire/convert/machine.ts';
import type { RunPlan } from '../../wire/convert/run.ts';
import { runToWire } from '../../wire/convert/run.ts';
import type { Event } from '../../wire/gen/baremetal/v1/event_pb.ts';
import { MachineEventSchema, RunEventSchema } from '../../wire/gen/baremetal/v1/event_pb.ts';
import { WatchEventsResponseSchema } from '../../wire/gen/baremetal/v1/event_service_pb.ts';

/** An event of a run on its way to watchers; its message is encoded once for all of them. */
export class RunEntry {
  readonly subject = 'run';
  readonly event: StoredEvent;
  readonly run: Run;
  readonly plan: RunPlan;
  readonly view: RunView;
  #matching: Encoded<typeof RunEventSchema> | null = null;
  #left: Encoded<typeof RunEventSchema> | null = null;
  #audit: Encoded<typeof WatchEventsResponseSchema> | null = null;

  constructor(event: StoredEvent, run: Run, plan: RunPlan) {
    this.event = event;
    this.run = run;
    this.plan = plan;
    this.view = runView(run);
  }

  /** The message for watchers whose filter this passes, or null where neither side of the change does. */
  messageFor(filter: Filter): Encoded<typeof RunEventSchema> | null {
    const fit = fits(filter, this.event.before, this.view);
    if (fit === 'not') return null;
    if (fit === 'left') {
      this.#left ??= this.#encode('LEFT');
      return this.#left;
    }
    this.#matching ??= this.#encode(this.event.kind);
    return this.#matching;
  }

  #encode(kind: EventNote['kind']): Encoded<typeof RunEventSchema> {
    return encodeOnce(RunEventSchema, runEventToWire(noteOf(this.event, kind), this.run, this.#snapshot()));
  }

  /** The row of the audit trail. */
  audit(): Event {
    return runAuditToWire(auditNoteOf(this.event), this.run, this.#snapshot());
  }

  /** The row on its way to watchers of the trail whose filter it passes, or null. */
  auditFor(filter: Filter): Encoded<typeof WatchEventsResponseSchema> | null {
    if (!matches(filter, eventView(this.event))) return null;
    this.#audit ??= encodeOnce(WatchEventsResponseSchema, auditMessage(this.audit()));
    return this.#audit;
  }

  #snapshot() {
    return runToWire(this.run, { plan: this.plan, progress: null, at: this.event.at });
  }
}

/** An event of a machine on its way to watchers; its message is encoded once for all of them. */
export class MachineEntry {
  readonly subject = 'machine';
  readonly event: StoredEvent;
  readonly machine: Machine;
  readonly view: MachineView;
  #matching: Encoded<typeof MachineEventSchema> | null = null;
  #left: Encoded<typeof MachineEventSchema> | null = null;
  #audit: Encoded<typeof WatchEventsResponseSchema> | null = null;

  constructor(event: StoredEvent, machine: Machine) {
    this.event = event;
    this.machine = machine;
    this.view = machineView(machine);
  }

  /** The message for watchers whose filter this passes, or null where neither side of the change does. */
  messageFor(filter: Filter): Encoded<typeof MachineEventSchema> | null {
    const fit = fits(filter, this.event.before, this.view);
    if (fit === 'not') return null;
    // A machine that is gone has left every filter; the word for it is its own.
    if (fit === 'left' && this.event.kind !== 'DELETED') {
      this.#left ??= this.#encode('LEFT');
      return this.#left;
    }
    this.#matching ??= this.#encode(this.event.kind);
    return this.#matching;
  }

  /** The row of the audit trail. */
  audit(): Event {
    return machineAuditToWire(auditNoteOf(this.event), this.#snapshot());
  }

  /** The row on its way to watchers of the trail whose filter it passes, or null. */
  auditFor(filter: Filter): Encoded<typeof WatchEventsResponseSchema> | null {
    if (!matches(filter, eventView(this.event))) return null;
    this.#audit ??= encodeOnce(WatchEventsResponseSchema, auditMessage(this.audit()));
    return this.#audit;
  }

  #encode(kind: EventNote['kind']): Encoded<typeof MachineEventSchema> {
    return encodeOnce(MachineEventSchema, machineEventToWire(noteOf(this.event, kind), this.#snapshot()));
  }

  #snapshot() {
    // What its run waits for is the run's to tell: this is the machine as it was, and no more is known of then.
    const waiting = hasRun(this.machine) ? null : machineWaitsFor(this.machine, null, this.event.at);
    return machineToWire(this.machine, waiting);
  }
}

/** An event of a plan: only the audit trail tells of those. */
export class PlanEntry {
  readonly subject = 'plan';
  readonly event: StoredEvent;
  readonly plan: Plan;
  #audit: Encoded<typeof WatchEventsResponseSchema> | null = null;

  constructor(event: StoredEvent, plan: Plan) {
    this.event = event;
    this.plan = plan;
  }

  /** The row of the audit trail. */
  audit(): Event {
    return planAuditToWire(auditNoteOf(this.event), this.plan);
  }

  /** The row on its way to watchers of the trail whose filter it passes, or null. */
  auditFor(filter: Filter): Encoded<typeof WatchEventsResponseSchema> | null {
    if (!matches(filter, eventView(this.event))) return null;
    this.#audit ??= encodeOnce(WatchEventsResponseSchema, auditMessage(this.audit()));
    return this.#audit;
  }
}

/** An event of the log on its way to watchers. */
export type Entry = RunEntry | MachineEntry | PlanEntry;

function fits(filter: Filter, before: MachineView | RunView | null, after: MachineView | RunView) {
  if (matches(filter, after)) return 'fits';
  return before !== null && matches(filter, before) ? 'left' : 'not';
}

function hasRun({ activeRunId, stoppingRunId }: Machine): boolean {
  return activeRunId !== null || stoppingRunId !== null;
}

function noteOf(event: StoredEvent, kind: EventNote['kind']): EventNote {
  const { at, message, cursor, actor, reason, revision } = event;
  return { at, kind, message, cursor, actor, reason, revision };
}

function auditNoteOf(event: StoredEvent): AuditNote {
  const { requestId, peer, method, server, machineId } = event;
  return { ...noteOf(event, event.kind), requestId, peer, method, server, machineId };
}

function auditMessage(event: Event) {
  return create(WatchEventsResponseSchema, { event });
}
