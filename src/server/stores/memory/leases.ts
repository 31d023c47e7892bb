import type { Millis } from '../../../core/domain/time.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Claim } from '../../../core/ports/store.ts';
import type { Lease } from '../shared/lease.ts';
import { holds, withoutOwner } from '../shared/lease.ts';
import { DueQueue } from './due-queue.ts';
import type { RunRecord, Tables } from './tables.ts';

/** Who owns which run, and which runs wait for an owner. */
export class Leases {
  readonly #tables: Tables;
  readonly #clock: Clock;
  readonly #due = new DueQueue();
  /** Ids of the runs that each owner has. */
  readonly #owned = new Map<string, Set<string>>();

  constructor(tables: Tables, clock: Clock) {
    this.#tables = tables;
    this.#clock = clock;
  }

  /** Puts a lease in the place of a run's present one. True where the run now waits for an owner. */
  put(record: RunRecord, lease: Lease | null): boolean {
    const { id, createdAt } = record.planned.run;
    this.#own(id, record.lease?.owner ?? null, lease?.owner ?? null);
    record.lease = lease;
    if (lease === null || lease.owner !== null || lease.dueAt === null) {
      this.#due.delete(id);
      return false;
    }
    this.#due.set({ runId: id, dueAt: lease.dueAt, createdAt });
    return true;
  }

  /** Takes runs that are due, each with a new fence of its machine. */
  claim(owner: string, limit: number): { readonly claims: readonly Claim[]; readonly nextDueAt: Millis | null } {
    const now = this.#clock.now();
    const claims: Claim[] = [];
    let due = this.#due.first();
    while (due !== undefined && due.dueAt <= now && claims.length < limit) {
      const record = this.#tables.run(due.runId);
      if (record === undefined) throw new Error(`run ${due.runId} waits for an owner and is not there`);
      claims.push(this.#give(record, owner, due.dueAt));
      due = this.#due.first();
    }
    return { claims, nextDueAt: due?.dueAt ?? null };
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
