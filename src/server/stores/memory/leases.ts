import type { AdmissionLimit, AdmissionQueue } from '../../../core/domain/admission.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Claim } from '../../../core/ports/store.ts';
import type { Lease } from '../shared/lease.ts';
import { holds, withoutOwner } from '../shared/lease.ts';
import { Admission } from './admission.ts';
import type { Due } from './due-queue.ts';
import { compareDue, DueQueue } from './due-queue.ts';
import type { RunRecord, Tables } from './tables.ts';

/** Who owns which run, and which runs wait for an owner. */
export class Leases {
  readonly #tables: Tables;
  readonly #clock: Clock;
  readonly #due = new DueQueue();
  readonly #admission: Admission;
  /** Runs that are due and wait for a place, by the scope that was full when they were looked at. */
  readonly #blocked = new Map<string, DueQueue>();
  readonly #blockedBy = new Map<string, string>();
  /** Ids of the runs that each owner has. */
  readonly #owned = new Map<string, Set<string>>();

  constructor(tables: Tables, clock: Clock) {
    this.#tables = tables;
    this.#clock = clock;
    this.#admission = new Admission(tables);
  }

  /** Puts a lease in the place of a run's present one. True where the run now waits for an owner, or made room for another. */
  put(record: RunRecord, lease: Lease | null): boolean {
    const { id, createdAt } = record.planned.run;
    this.#own(id, record.lease?.owner ?? null, lease?.owner ?? null);
    record.lease = lease;
    this.#unqueue(id);
    if (lease === null) return this.#admission.giveBack(id);
    if (lease.owner !== null || lease.dueAt === null) return false;
    this.#due.set({ runId: id, dueAt: lease.dueAt, createdAt });
    return true;
  }

  /** Takes runs that are due, each with a new fence of its machine. */
  claim(owner: string, limit: number): { readonly claims: readonly Claim[]; readonly nextDueAt: Millis | null } {
    const now = this.#clock.now();
    const claims: Claim[] = [];
    while (claims.length < limit) {
      const due = this.#firstBy(now);
      if (due === undefined) break;
      const record = this.#tables.run(due.runId);
      if (record === undefined) throw new Error(`run ${due.runId} waits for an owner and is not there`);
      const full = this.#admission.admit(record);
      if (full === null) claims.push(this.#give(record, owner, due.dueAt));
      else this.#block(due, full);
    }
    return { claims, nextDueAt: this.#due.first()?.dueAt ?? null };
  }

  /** Sets how many runs may be under way where; those that are count. */
  setLimits(limits: readonly AdmissionLimit[]): void {
    const begun = [...this.#tables.leased()].filter(({ lease }) => lease !== null && lease.fence > 0);
    this.#admission.setLimits(limits, begun);
    for (const scope of [...this.#blocked.keys()]) while (this.#unblockFirst(scope));
  }

  /** The limits that hold. */
  get limits(): readonly AdmissionLimit[] {
    return this.#admission.limits;
  }

  /** Who has places, and who waits for one. */
  queue(): AdmissionQueue {
    const now = this.#clock.now();
    const waiting = [...this.#tables.leased()].filter(({ lease }) => {
      return lease?.owner === null && lease.dueAt !== null && lease.dueAt <= now;
    });
    const order = (a: RunRecord, b: RunRecord) => compareDue(dueOf(a), dueOf(b));
    return this.#admission.queue(waiting.toSorted(order));
  }

  /** The run to look at next; where there is none, one of those that wait for a place that has become free. */
  #firstBy(now: Millis): Due | undefined {
    for (;;) {
      const due = this.#due.first();
      if (due !== undefined && due.dueAt <= now) return due;
      const free = [...this.#blocked.keys()].find((scope) => this.#admission.hasRoom(scope));
      if (free === undefined) return undefined;
      this.#unblockFirst(free);
    }
  }

  /** Looks at a run again whose machine may belong elsewhere now; true where it waited for a place. */
  reconsider(runId: string): boolean {
    const scope = this.#blockedBy.get(runId);
    const record = this.#tables.run(runId);
    if (scope === undefined || record === undefined) return false;
    this.#unqueue(runId);
    this.#due.set(dueOf(record));
    return true;
  }

  #block(due: Due, scope: string): void {
    this.#due.delete(due.runId);
    const queue = this.#blocked.get(scope) ?? new DueQueue();
    queue.set(due);
    this.#blocked.set(scope, queue);
    this.#blockedBy.set(due.runId, scope);
  }

  /** Lets the first of those that wait for a scope be looked at again; false where there is none. */
  #unblockFirst(scope: string): boolean {
    const first = this.#blocked.get(scope)?.first();
    if (first === undefined) return false;
    this.#unqueue(first.runId);
    this.#due.set(first);
    return true;
  }

  #unqueue(runId: string): void {
    this.#due.delete(runId);
    const scope = this.#blockedBy.get(runId);
    if (scope === undefined) return;
    this.#blockedBy.delete(runId);
    const queue = this.#blocked.get(scope);
    queue?.delete(runId);
    if (queue?.first() === undefined) this.#blocked.delete(scope);
  }

  /** Takes a run from its owner, if this is its owner and the run has not ended. True where it now waits for another. */
  release({ runId, fence }: Claim, owner: string): boolean {
    const record = this.#tables.run(runId);
    const lease = record?.lease ?? null;
    if (record === undefined || lease === null || lease.dueAt === null || !holds(lease, owner, fence)) return false;
    return this.put(record, withoutOwner(lease));
  }

  /**
   * Takes everything from all other owners: one process has the store to itself, so that they are gone. Runs become due;
   * those that have ended while their call went on are given to `owner`.
   */
  reap(owner: string): { readonly claims: readonly Claim[]; readonly due: boolean } {
    let due = false;
    const others = [...this.#owned.keys()].filter((other) => other !== owner);
    for (const runId of others.flatMap((other) => [...(this.#owned.get(other) ?? [])])) {
      const record = this.#tables.run(runId);
      const lease = record?.lease ?? null;
      if (record !== undefined && lease !== null) due = this.put(record, withoutOwner(lease)) || due;
    }
    const claims: Claim[] = [];
    for (const runId of this.#tables.stoppingRuns) {
      const record = this.#tables.run(runId);
      if (record !== undefined && record.lease?.owner !== owner) claims.push(this.#give(record, owner, null));
    }
    return { claims, due };
  }

  /** The runs of an owner, those that have ended while their call goes on among them. */
  owned(owner: string): readonly Claim[] {
    return [...(this.#owned.get(owner) ?? [])].flatMap((runId) => {
      const record = this.#tables.run(runId);
      const lease = record?.lease ?? null;
      if (record === undefined || lease === null) return [];
      return [{ runId, machineId: record.planned.run.machineId, fence: lease.fence }];
    });
  }

  /** The runs of an owner that have ended while their call goes on. */
  stopping(owner: string): readonly string[] {
    return [...this.#tables.stoppingRuns].filter((runId) => this.#tables.run(runId)?.lease?.owner === owner);
  }

  /** Makes somebody the owner of a run, with a new fence. */
  #give(record: RunRecord, owner: string, dueAt: Millis | null): Claim {
    const { id, machineId } = record.planned.run;
    const machine = this.#tables.recordOf(machineId);
    machine.fence += 1;
    this.put(record, { owner, fence: machine.fence, dueAt });
    return { runId: id, machineId, fence: machine.fence };
  }

  #own(runId: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (after !== null) {
      const runs = this.#owned.get(after) ?? new Set();
      this.#owned.set(after, runs.add(runId));
    }
    const left = before === null ? undefined : this.#owned.get(before);
    if (before === null || left === undefined) return;
    left.delete(runId);
    if (left.size === 0) this.#owned.delete(before);
  }
}

function dueOf({ planned: { run }, lease }: RunRecord): Due {
  return { runId: run.id, dueAt: lease?.dueAt ?? 0, createdAt: run.createdAt };
}
