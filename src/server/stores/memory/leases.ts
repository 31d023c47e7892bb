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

  constructor(tables: Tables, clock: Clock) {
    this.#tables = tables;
    this.#clock = clock;
  }

  /** Puts a lease in the place of a run's present one. True where the run now waits for an owner. */
  put(record: RunRecord, lease: Lease | null): boolean {
    const { id, createdAt } = record.planned.run;
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
    for (const { run } of this.#tables.activeRuns.after(null)) {
      const record = this.#tables.run(run.id);
      const lease = record?.lease ?? null;
      if (record === undefined || lease === null || lease.owner === null || lease.owner === owner) continue;
      due = this.put(record, withoutOwner(lease)) || due;
    }
    const claims: Claim[] = [];
    for (const runId of this.#tables.stoppingRuns) {
      const record = this.#tables.run(runId);
      if (record === undefined || record.lease?.owner === owner) continue;
      claims.push(this.#give(record, owner, null));
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
}
