import type { Filter } from '../../core/domain/filter.ts';
import { matches } from '../../core/domain/filter.ts';
import type { Machine, MachineView } from '../../core/domain/machine.ts';
import { machineView } from '../../core/domain/machine.ts';
import type { Run, RunView } from '../../core/domain/run.ts';
import { runView } from '../../core/domain/run.ts';
import { machineWaitsFor } from '../../core/domain/waiting.ts';
import type { StoredEvent } from '../../core/ports/store.ts';
import type { Encoded } from '../../wire/bridge.ts';
import { encodeOnce } from '../../wire/bridge.ts';
import type { EventNote } from '../../wire/convert/event.ts';
import { machineEventToWire, runEventToWire } from '../../wire/convert/event.ts';
import { machineToWire } from '../../wire/convert/machine.ts';
import type { RunPlan } from '../../wire/convert/run.ts';
import { runToWire } from '../../wire/convert/run.ts';
import { MachineEventSchema, RunEventSchema } from '../../wire/gen/baremetal/v1/event_pb.ts';

/** An event of a run on its way to watchers; its message is encoded once for all of them. */
export class RunEntry {
  readonly subject = 'run';
  readonly event: StoredEvent;
  readonly run: Run;
  readonly plan: RunPlan;
  readonly view: RunView;
  #matching: Encoded<typeof RunEventSchema> | null = null;
  #left: Encoded<typeof RunEventSchema> | null = null;

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
    const snapshot = runToWire(this.run, { plan: this.plan, progress: null, at: this.event.at });
    return encodeOnce(RunEventSchema, runEventToWire(noteOf(this.event, kind), this.run, snapshot));
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

  #encode(kind: EventNote['kind']): Encoded<typeof MachineEventSchema> {
    // What its run waits for is the run's to tell: this is the machine as it was, and no more is known of then.
    const waiting = hasRun(this.machine) ? null : machineWaitsFor(this.machine, null, this.event.at);
    const snapshot = machineToWire(this.machine, waiting);
    return encodeOnce(MachineEventSchema, machineEventToWire(noteOf(this.event, kind), snapshot));
  }
}

/** An event of the log on its way to watchers. */
export type Entry = RunEntry | MachineEntry;

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
