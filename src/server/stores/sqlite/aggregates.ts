import type { Aggregate, RequestRecord } from '../../../core/domain/aggregate.ts';
import { hasCondition } from '../../../core/domain/condition.ts';
import type { Identity, Machine } from '../../../core/domain/machine.ts';
import { MACHINE_PHASES, machineView } from '../../../core/domain/machine.ts';
import type { PlannedRun } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Change, CommitAllResult, CommitResult, Registration } from '../../../core/ports/store.ts';
import type { ChangeTime, Lease } from '../shared/lease.ts';
import { holds, leaseAfter } from '../shared/lease.ts';
import { giveBackSlots } from './admission.ts';
import type { Database, SqlRow } from './database.ts';
import { appendEvents } from './events.ts';
import { NO_END } from './lists.ts';
import type { BoundPlans } from './rows.ts';
import { int, intOrNull, parseMachine, text, textOrNull } from './rows.ts';

/** Everything that decides about one machine. */
export function loadAggregate(
  database: Database,
  plans: BoundPlans,
  machineId: string,
  also: { readonly runId?: string; readonly requestId?: string },
  now: Millis,
): Aggregate {
  const row = machineRow(database, machineId);
  const machine = row === null || text(row, 'image') === '' ? null : parseMachine(text(row, 'image'));
  const ids = new Set([machine?.activeRunId, machine?.stoppingRunId, also.runId]);
  const runs: PlannedRun[] = [];
  for (const id of ids) {
    if (id == null) continue;
    const run = database.get('SELECT image, bound_plan FROM runs WHERE run_id = ? AND machine_id = ?', id, machineId);
    if (run !== null) runs.push(plans.planned(run));
  }
  return {
    machineId,
    machine,
    runs,
    request: also.requestId === undefined ? null : requestOf(database, machineId, also.requestId),
    revision: row === null ? 0 : int(row, 'revision'),
    lastEventAt: row === null ? 0 : int(row, 'last_event_at'),
    now,
  };
}

/** A machine's row, or what is left of it: revision and fence go on where a deleted id is registered again. */
function machineRow(database: Database, machineId: string): SqlRow | null {
  return (
    database.get('SELECT * FROM machines WHERE machine_id = ?', machineId) ??
    database.get('SELECT * FROM tombstones WHERE machine_id = ?', machineId)
  );
}

function requestOf(database: Database, machineId: string, requestId: string): RequestRecord | null {
  const sql = 'SELECT method, fingerprint, run_id FROM requests WHERE machine_id = ? AND request_id = ?';
  const row = database.get(sql, machineId, requestId);
  if (row === null) return null;
  return {
    requestId,
    method: text(row, 'method') as RequestRecord['method'],
    fingerprint: text(row, 'fingerprint'),
    runId: textOrNull(row, 'run_id'),
  };
}

/** Writes a change, or nothing. Inside a transaction. */
export function commitChange(database: Database, plans: BoundPlans, change: Change, now: Millis): CommitResult {
  const refusal = refuseCommit(database, change);
  if (refusal !== null) return refusal;
  const lastEventAt = change.events.at(-1)?.at ?? 0;
  const revision = change.expectedRevision + 1;
  writeMachine(database, change, revision, lastEventAt);
  if (change.raiseFenceOf !== null) raiseFence(database, change.machineId, change.raiseFenceOf);
  for (const planned of change.runs) writeRun(database, plans, planned, { at: lastEventAt, now });
  writeRequest(database, change);
  releaseIdentities(database, change);
  for (const { kind, value } of change.identities.take) {
    database.run('INSERT OR REPLACE INTO identities VALUES (?, ?, ?)', kind, value, change.machineId);
  }
  appendEvents(database, change);
  return { kind: 'ok', revision };
}

/** Thrown inside the mutation of several machines, so that what was written of it is taken back. */
export class RefusedTogether extends Error {
  readonly refusal: Exclude<CommitAllResult, { readonly kind: 'ok' }>;

  constructor(refusal: RefusedTogether['refusal']) {
    super(`the change of machine ${refusal.machineId} was refused`);
    this.name = 'RefusedTogether';
    this.refusal = refusal;
  }
}

/**
 * Writes the changes of several machines. Inside a transaction that is rolled back where it throws.
 *
 * @throws RefusedTogether where one of them cannot be made
 */
export function commitAllChanges(
  database: Database,
  plans: BoundPlans,
  changes: readonly Registration[],
  now: Millis,
): void {
  // First, so that what one machine gives up is free for another one that comes before it.
  for (const change of changes) releaseIdentities(database, change);
  for (const change of changes) {
    const result = commitChange(database, plans, change, now);
    const { machineId } = change;
    if (result.kind !== 'ok') throw new RefusedTogether({ kind: 'refused', machineId, result });
  }
}

/** The machines that hold these identities. */
export function holdersOf(database: Database, identities: readonly Identity[]): readonly (string | null)[] {
  const sql = 'SELECT machine_id FROM identities WHERE kind = ? AND value = ?';
  return identities.map(({ kind, value }) => {
    const row = database.get(sql, kind, value);
    return row === null ? null : text(row, 'machine_id');
  });
}

function releaseIdentities(database: Database, { machineId, identities }: Change): void {
  for (const { kind, value } of identities.release) {
    const sql = 'DELETE FROM identities WHERE kind = ? AND value = ? AND machine_id = ?';
    database.run(sql, kind, value, machineId);
  }
}

/** Everything that can speak against a change, looked up before anything is written. */
function refuseCommit(database: Database, change: Change): CommitResult | null {
  if (change.guard !== null) {
    const { runId, owner, fence } = change.guard;
    if (!holds(leaseOf(database, runId), owner, fence)) return { kind: 'fenced' };
  }
  const itself = { machineId: change.machineId, revision: change.expectedRevision };
  for (const { machineId, revision } of [itself, ...change.basis]) {
    const row = machineRow(database, machineId);
    if ((row === null ? 0 : int(row, 'revision')) !== revision) return { kind: 'conflict' };
  }
  if (change.request !== null) {
    const sql = 'SELECT run_id FROM requests WHERE machine_id = ? AND request_id = ?';
    const known = database.get(sql, change.machineId, change.request.requestId);
    if (known !== null) return { kind: 'taken', what: 'request', by: text(known, 'run_id') };
  }
  return refuseRuns(database, change) ?? refuseIdentities(database, change);
}

function refuseRuns(database: Database, change: Change): CommitResult | null {
  for (const { run } of change.runs) {
    if (!change.events.some((event) => event.runId === run.id && event.kind === 'ACCEPTED')) continue;
    const sql =
      'SELECT machine_id FROM runs WHERE run_id = ? UNION ALL SELECT machine_id FROM requests WHERE run_id = ?';
    const same = database.get(sql, run.id, run.id);
    if (same !== null) return { kind: 'taken', what: 'run-id', by: text(same, 'machine_id') };
    const active = database.get(
      "SELECT run_id FROM runs WHERE machine_id = ? AND phase IN ('PENDING', 'RUNNING')",
      change.machineId,
    );
    if (active !== null) return { kind: 'taken', what: 'active-run', by: text(active, 'run_id') };
  }
  return null;
}

function refuseIdentities(database: Database, change: Change): CommitResult | null {
  for (const identity of change.identities.take) {
    const sql = 'SELECT machine_id FROM identities WHERE kind = ? AND value = ?';
    const holder = database.get(sql, identity.kind, identity.value);
    if (holder !== null && text(holder, 'machine_id') !== change.machineId) {
      return { kind: 'taken', what: 'identity', identity, by: text(holder, 'machine_id') };
    }
  }
  return null;
}

function writeMachine(database: Database, change: Change, revision: number, lastEventAt: Millis): void {
  const { machine, machineId } = change;
  if (machine === null) {
    database.run(
      'INSERT OR REPLACE INTO tombstones SELECT machine_id, ?, fence, max(last_event_at, ?) FROM machines WHERE machine_id = ?',
      revision,
      lastEventAt,
      machineId,
    );
    database.run('DELETE FROM machines WHERE machine_id = ?', machineId);
    return;
  }
  const exists = database.get('SELECT 1 FROM machines WHERE machine_id = ?', machineId) !== null;
  if (!exists) insertMachine(database, machine, revision, lastEventAt);
  else if (change.events.some((event) => event.subject === 'machine')) {
    updateMachine(database, machine, revision, lastEventAt);
  } else {
    const sql = 'UPDATE machines SET revision = ?, last_event_at = max(last_event_at, ?) WHERE machine_id = ?';
    database.run(sql, revision, lastEventAt, machineId);
  }
}

function insertMachine(database: Database, machine: Machine, revision: number, lastEventAt: Millis): void {
  database.run(
    `INSERT INTO machines (machine_id, revision, fence, last_event_at, phase, effective_state, rack, provider, cluster,
       attention, updated_at, active_run_id, stopping_run_id, image, phase_rank)
     VALUES (?, ?, coalesce((SELECT fence FROM tombstones WHERE machine_id = ?), 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    machine.id,
    revision,
    machine.id,
    lastEventAt,
    ...columnsOf(machine),
  );
  database.run('DELETE FROM tombstones WHERE machine_id = ?', machine.id);
}

function updateMachine(database: Database, machine: Machine, revision: number, lastEventAt: Millis): void {
  database.run(
    `UPDATE machines SET revision = ?, last_event_at = max(last_event_at, ?), phase = ?, effective_state = ?, rack = ?, provider = ?,
       cluster = ?, attention = ?, updated_at = ?, active_run_id = ?, stopping_run_id = ?, image = ?, phase_rank = ?
     WHERE machine_id = ?`,
    revision,
    lastEventAt,
    ...columnsOf(machine),
    machine.id,
  );
}

function columnsOf(machine: Machine) {
  const view = machineView(machine);
  return [
    view.phase,
    view.effective_state,
    view.rack,
    view.provider,
    view.cluster,
    hasCondition(machine.conditions, 'NeedsIntervention') ? 1 : 0,
    machine.updatedAt,
    machine.activeRunId,
    machine.stoppingRunId,
    JSON.stringify(machine),
    MACHINE_PHASES.indexOf(machine.phase),
  ] as const;
}

/** Who works on a run; null where there is no such run. */
export function leaseOf(database: Database, runId: string): Lease | null {
  const row = database.get('SELECT owner, fence, due_at FROM runs WHERE run_id = ?', runId);
  if (row === null) return null;
  return { owner: textOrNull(row, 'owner'), fence: int(row, 'fence'), dueAt: intOrNull(row, 'due_at') };
}

function writeRun(database: Database, plans: BoundPlans, { run, plan }: PlannedRun, time: ChangeTime): void {
  const isNew = database.get('SELECT 1 FROM runs WHERE run_id = ?', run.id) === null;
  const stopping = run.stopping ? 1 : 0;
  const lease = leaseAfter(leaseOf(database, run.id), run, time);
  if (isNew) {
    database.run(
      `INSERT INTO runs (run_id, machine_id, phase, type, plan_id, initiated_by, created_at, finished_at, end_key, stopping,
         bound_plan, image, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run.id,
      run.machineId,
      run.phase,
      run.type,
      run.planId,
      run.initiatedBy,
      run.createdAt,
      run.finishedAt,
      run.finishedAt ?? NO_END,
      stopping,
      plans.numberOf(plan),
      JSON.stringify(run),
      lease?.dueAt ?? null,
    );
    return;
  }
  database.run(
    `UPDATE runs SET phase = ?, finished_at = ?, end_key = ?, stopping = ?, image = ?, due_at = ?, owner = ?
     WHERE run_id = ?`,
    run.phase,
    run.finishedAt,
    run.finishedAt ?? NO_END,
    stopping,
    JSON.stringify(run),
    lease?.dueAt ?? null,
    lease?.owner ?? null,
    run.id,
  );
  if (run.finishedAt === null) return;
  if (!run.stopping) giveBackSlots(database, run.id);
  database.run('DELETE FROM progress WHERE run_id = ?', run.id);
  // Lines may still come while its call goes on.
  if (!run.stopping) database.run('UPDATE log_sizes SET ended_at = ? WHERE run_id = ?', run.finishedAt, run.id);
}

function writeRequest(database: Database, change: Change): void {
  const { request } = change;
  if (request === null) return;
  database.run(
    'INSERT INTO requests (machine_id, request_id, method, fingerprint, run_id) VALUES (?, ?, ?, ?, ?)',
    change.machineId,
    request.requestId,
    request.method,
    request.fingerprint,
    request.runId,
  );
}

function raiseFence(database: Database, machineId: string, runId: string): void {
  database.run('UPDATE machines SET fence = fence + 1 WHERE machine_id = ?', machineId);
  database.run(
    'UPDATE runs SET owner = NULL, fence = (SELECT fence FROM machines WHERE machine_id = ?) WHERE run_id = ?',
    machineId,
    runId,
  );
}
