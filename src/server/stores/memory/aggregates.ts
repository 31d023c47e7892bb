import type { Aggregate } from '../../../core/domain/aggregate.ts';
import type { Identity } from '../../../core/domain/machine.ts';
import type { PlannedRun } from '../../../core/domain/run.ts';
import { isTerminal } from '../../../core/domain/run.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Basis, Change, CommitAllResult, CommitResult, Hint, Registration } from '../../../core/ports/store.ts';
import type { ChangeTime } from '../shared/lease.ts';
import { holds, leaseAfter, withoutOwner } from '../shared/lease.ts';
import type { EventLog } from './events.ts';
import type { Leases } from './leases.ts';
import type { Progress } from './progress.ts';
import type { Retention } from './retention.ts';
import type { MachineRecord, Tables } from './tables.ts';

/** What a commit touches. */
export interface CommitParts {
  readonly clock: Clock;
  readonly tables: Tables;
  readonly leases: Leases;
  readonly events: EventLog;
  readonly progress: Progress;
  readonly retention: Retention;
}

/** Reads what decides about one machine. */
export function load(
  { tables, clock }: Pick<CommitParts, 'tables' | 'clock'>,
  machineId: string,
  also: { readonly runId?: string; readonly requestId?: string } = {},
): Aggregate {
  const record = tables.machine(machineId);
  const ids = new Set([record?.activeRunId, record?.machine?.stoppingRunId, also.runId]);
  const runs: PlannedRun[] = [];
  for (const id of ids) {
    const planned = id == null ? undefined : tables.run(id)?.planned;
    if (planned?.run.machineId === machineId) runs.push(planned);
  }
  return {
    machineId,
    machine: record?.machine ?? null,
    runs,
    request: also.requestId === undefined ? null : (record?.requests.get(also.requestId) ?? null),
    revision: record?.revision ?? 0,
    lastEventAt: record?.lastEventAt ?? 0,
    now: clock.now(),
  };
}

/** Writes a change, or nothing; what may have changed goes to `tell` once all is written. */
export function commit(parts: CommitParts, change: Change, tell: (hint: Hint) => void): CommitResult {
  const { identities } = parts.tables;
  const refusal = refuse(parts.tables, change, (key) => identities.get(key));
  if (refusal !== null) return refusal;
  const { hint, revision } = write(parts, change);
  tell(hint);
  return { kind: 'ok', revision };
}

/** Writes the changes of several machines, or nothing. */
export function commitAll(
  parts: CommitParts,
  changes: readonly Registration[],
  tell: (hint: Hint) => void,
): CommitAllResult {
  const { tables } = parts;
  /** Who holds what once all of it is written, as far as that differs from now. */
  const holders = new Map<string, string | undefined>();
  for (const { machineId, identities } of changes) {
    for (const key of identities.release.map(keyOf)) {
      if (tables.identities.get(key) === machineId) holders.set(key, undefined);
    }
  }
  const holderOf = (key: string) => (holders.has(key) ? holders.get(key) : tables.identities.get(key));
  const seen = new Set<string>();
  for (const change of changes) {
    const { machineId } = change;
    const result = seen.has(machineId) ? ({ kind: 'conflict' } as const) : refuse(tables, change, holderOf);
    if (result !== null) return { kind: 'refused', machineId, result };
    seen.add(machineId);
    for (const key of change.identities.take.map(keyOf)) holders.set(key, machineId);
  }
  for (const change of changes) write(parts, change);
  if (changes.some(({ events }) => events.length > 0)) tell({ events: true });
  return { kind: 'ok' };
}

/** The machines that hold these identities. */
export function holders(tables: Tables, identities: readonly Identity[]): readonly (string | null)[] {
  return identities.map((identity) => tables.identities.get(keyOf(identity)) ?? null);
}

/** Who holds an identity, by its key. */
type HolderOf = (key: string) => string | undefined;

/** Writes a change against which nothing speaks. */
function write(parts: CommitParts, change: Change): { readonly hint: Hint; readonly revision: number } {
  const record = parts.tables.recordOf(change.machineId);
  const last = change.events.at(-1);
  record.revision += 1;
  record.lastEventAt = Math.max(record.lastEventAt, last?.at ?? 0);
  parts.tables.putMachine(record, change.machine);
  if (change.request !== null) record.requests.set(change.request.requestId, change.request);
  for (const identity of change.identities.release) {
    if (parts.tables.identities.get(keyOf(identity)) === record.id) parts.tables.identities.delete(keyOf(identity));
  }
  for (const identity of change.identities.take) parts.tables.identities.set(keyOf(identity), record.id);
  const now = parts.clock.now();
  const written = writeRuns(parts, record, change, { at: last?.at ?? now, now });
  const waits = record.activeRunId !== null && parts.leases.reconsider(record.activeRunId);
  const hint = waits ? { ...written, due: true } : written;
  parts.events.append(record.id, change.events, change.origin);
  return { hint: change.events.length > 0 ? { ...hint, events: true } : hint, revision: record.revision };
}

type Refused = Exclude<CommitResult, { readonly kind: 'ok' }>;

/** Everything that can speak against a change, so that what follows cannot fail half-way. */
function refuse(tables: Tables, change: Change, holderOf: HolderOf): Refused | null {
  const { guard, request, machineId } = change;
  const record = tables.machine(machineId);
  // The fence comes first: a former owner has to stop, not to decide again.
  if (guard !== null && !holds(tables.run(guard.runId)?.lease ?? null, guard.owner, guard.fence)) {
    return { kind: 'fenced' };
  }
  if ((record?.revision ?? 0) !== change.expectedRevision) return { kind: 'conflict' };
  const hasChanged = ({ machineId: other, revision }: Basis) => (tables.machine(other)?.revision ?? 0) !== revision;
  if (change.basis.some(hasChanged)) return { kind: 'conflict' };
  const known = request === null ? undefined : record?.requests.get(request.requestId);
  if (known !== undefined) return { kind: 'taken', what: 'request', by: known.runId ?? '' };
  return refuseRuns(tables, record?.activeRunId ?? null, change) ?? refuseIdentities(change, holderOf);
}

function refuseRuns(tables: Tables, activeRunId: string | null, change: Change): Refused | null {
  for (const { run } of change.runs) {
    const holder = tables.run(run.id)?.planned.run.machineId ?? tables.sweptRun(run.id)?.machineId;
    const isNew = change.events.some((event) => event.runId === run.id && event.kind === 'ACCEPTED');
    if (isNew && holder !== undefined) return { kind: 'taken', what: 'run-id', by: holder };
    if (!isNew && tables.run(run.id) === undefined) throw new Error(`run ${run.id} changes and is not there`);
  }
  const changed = new Set(change.runs.map(({ run }) => run.id));
  const active = change.runs.filter(({ run }) => !isTerminal(run.phase)).map(({ run }) => run.id);
  if (activeRunId !== null && !changed.has(activeRunId)) active.unshift(activeRunId);
  const [by] = active;
  return active.length > 1 && by !== undefined ? { kind: 'taken', what: 'active-run', by } : null;
}

function refuseIdentities(change: Change, holderOf: HolderOf): Refused | null {
  for (const identity of change.identities.take) {
    const by = holderOf(keyOf(identity));
    if (by !== undefined && by !== change.machineId) return { kind: 'taken', what: 'identity', identity, by };
  }
  return null;
}

function keyOf({ kind, value }: Identity): string {
  return `${kind} ${value}`;
}

/** Writes the runs of a change with their leases, and says whom it concerns. */
function writeRuns(parts: CommitParts, machine: MachineRecord, change: Change, time: ChangeTime): Hint {
  const { tables, leases, progress, retention } = parts;
  const hint: { due?: true; stop?: true; peers?: true } = {};
  for (const planned of change.runs) {
    const record = tables.putRun(machine, planned);
    const owned = record.lease !== null && record.lease.owner !== null;
    if (leases.put(record, leaseAfter(record.lease, planned.run, time))) hint.due = true;
    if (!isTerminal(planned.run.phase)) continue;
    if (owned && change.guard === null) hint.stop = true;
    // It ended while nobody owned it: whoever made the call is gone, and the hold waits to be reaped.
    if (!owned && planned.run.stopping) hint.peers = true;
    progress.drop(planned.run.id);
    if (!planned.run.stopping) retention.add(record);
  }
  if (change.raiseFenceOf !== null) {
    machine.fence += 1;
    hint.stop = true;
    const record = tables.run(change.raiseFenceOf);
    const lease = record?.lease ?? null;
    if (record !== undefined && lease !== null && leases.put(record, withoutOwner(lease))) hint.due = true;
  }
  return hint;
}
