import type { Filter } from '../../core/domain/filter.ts';
import type { Machine } from '../../core/domain/machine.ts';
import type { Run } from '../../core/domain/run.ts';
import type { WaitingFor } from '../../core/domain/waiting.ts';
import type { Cursor, RunRow, Snapshot } from '../../core/ports/store.ts';
import type { Outgoing } from '../../wire/bridge.ts';
import type { EventNote } from '../../wire/convert/event.ts';
import { machineEventToWire, runEventToWire } from '../../wire/convert/event.ts';
import { machineToWire } from '../../wire/convert/machine.ts';
import { runPlanOf, runToWire } from '../../wire/convert/run.ts';
import type { MachineEventSchema, RunEventSchema } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { WatchEventsResponseSchema } from '../../wire/gen/baremetal/v1/event_service_pb.ts';
import { EventReader } from './event-reader.ts';
import type { Hub } from './hub.ts';

/** What a client asks to watch. */
export interface WatchRequest {
  readonly filter: Filter;
  /** Empty: begins with the present state; for the audit trail, with what comes next. */
  readonly afterCursor: Cursor;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** The present state of the runs that match, then every later change of them, and progress to who is caught up. */
export async function* watchRuns(hub: Hub, request: WatchRequest): AsyncGenerator<Outgoing<typeof RunEventSchema>> {
  const { filter, signal } = request;
  const sent: Sent = new Map();
  let cursor = request.afterCursor;
  // Before the snapshot, which may take a slow client long: what progress comes meanwhile is told behind it.
  let { round } = hub.live;
  if (cursor === '') {
    const snapshot = await hub.store.snapshotRuns(filter);
    cursor = snapshot.cursor;
    for await (const [row, last] of rowsOf(snapshot)) {
      sent.set(row.run.id, row.run.revision);
      yield runSnapshot(hub, row, last ? cursor : '');
    }
  }
  const reader = new EventReader(hub, cursor);
  const leave = hub.watchProgress();
  /** The runs whose progress this watcher has not been told as it is now; as many as there are under way at the most. */
  const untold = new Set<string>();
  try {
    while (!signal.aborted) {
      const { count } = hub.news;
      const entries = await reader.read();
      for (const entry of entries) {
        if (entry.subject !== 'run' || !isNew(sent, entry.run.id, entry.event.revision)) continue;
        const message = entry.messageFor(filter);
        if (message !== null) yield message;
      }
      if (entries.length > 0) continue;
      for (const runId of hub.live.since(round)) untold.add(runId);
      round = hub.live.round;
      for (const runId of untold) {
        // While the one before was on its way, events may have come: they go first, and then the rest of these.
        if (!reader.caughtUp) break;
        untold.delete(runId);
        const message = hub.live.progressOf(runId, filter, hub.ring.cursor);
        if (message !== null) yield message;
      }
      await hub.news.wait(count, signal);
    }
  } finally {
    leave();
  }
}

/** The present state of the machines that match, then every later change of them. */
export async function* watchMachines(
  hub: Hub,
  request: WatchRequest,
): AsyncGenerator<Outgoing<typeof MachineEventSchema>> {
  const { filter, signal } = request;
  const sent: Sent = new Map();
  let cursor = request.afterCursor;
  if (cursor === '') {
    const snapshot = await hub.store.snapshotMachines(filter);
    cursor = snapshot.cursor;
    for await (const [machine, last] of rowsOf(snapshot)) {
      sent.set(machine.id, machine.revision);
      yield machineSnapshot(machine, await hub.waitOfMany(machine), last ? cursor : '');
    }
  }
  const reader = new EventReader(hub, cursor);
  while (!signal.aborted) {
    const { count } = hub.news;
    const entries = await reader.read();
    for (const entry of entries) {
      if (entry.subject !== 'machine' || !isNew(sent, entry.machine.id, entry.event.revision)) continue;
      const message = entry.messageFor(filter);
      if (message !== null) yield message;
    }
    if (entries.length === 0) await hub.news.wait(count, signal);
  }
}

/** The audit trail from a cursor on, or from what comes next. */
export async function* watchEvents(
  hub: Hub,
  { filter, afterCursor, signal }: WatchRequest,
): AsyncGenerator<Outgoing<typeof WatchEventsResponseSchema>> {
  const cursor = afterCursor === '' ? await hub.store.head() : afterCursor;
  const reader = new EventReader(hub, cursor, 'what comes next');
  while (!signal.aborted) {
    const { count } = hub.news;
    const entries = await reader.read();
    for (const entry of entries) {
      const message = entry.auditFor(filter);
      if (message !== null) yield message;
    }
    if (entries.length === 0) await hub.news.wait(count, signal);
  }
}

/** The revision of each subject of the opening snapshot that no event has been sent of yet. */
type Sent = Map<string, number>;

/** False for an event that the snapshot held already. */
function isNew(sent: Sent, id: string, revision: number): boolean {
  const known = sent.get(id);
  if (known === undefined) return true;
  if (revision <= known) return false;
  sent.delete(id);
  return true;
}

/** The rows of a snapshot, each with whether it is the last one. */
async function* rowsOf<Row>(snapshot: Snapshot<Row>): AsyncGenerator<readonly [row: Row, last: boolean]> {
  let held: { readonly row: Row } | null = null;
  for await (const rows of snapshot.pages) {
    for (const row of rows) {
      if (held !== null) yield [held.row, false];
      held = { row };
    }
  }
  if (held !== null) yield [held.row, true];
}

function runSnapshot(hub: Hub, row: RunRow, cursor: Cursor): Outgoing<typeof RunEventSchema> {
  const { run, plan, progress, owner } = row;
  const message = `run ${run.id} is ${run.phase}`;
  const note = snapshotNote(lastChangeOf(run), message, run.revision, cursor);
  return runEventToWire(note, run, runToWire(run, { plan: runPlanOf(plan), progress, owner, at: hub.now() }));
}

function machineSnapshot(
  machine: Machine,
  waiting: WaitingFor | null,
  cursor: Cursor,
): Outgoing<typeof MachineEventSchema> {
  const message = `machine ${machine.id} is ${machine.phase}`;
  return machineEventToWire(
    snapshotNote(machine.updatedAt, message, machine.revision, cursor),
    machineToWire(machine, waiting),
  );
}

function snapshotNote(at: number, message: string, revision: number, cursor: Cursor): EventNote {
  return { at, kind: 'SNAPSHOT', message, cursor, actor: '', reason: '', revision };
}

/** The latest time that the run itself tells of: no later event of it is before that. */
function lastChangeOf(run: Run): number {
  const times = run.steps.map((step) => step.changedAt ?? 0);
  return Math.max(run.createdAt, run.startedAt ?? 0, run.finishedAt ?? 0, ...times);
}
