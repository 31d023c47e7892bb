import type { AdmissionLimit, AdmissionQueue, Queued } from '../../../core/domain/admission.ts';
import { placementOf, queueOf, scopesOf } from '../../../core/domain/admission.ts';
import type { RunRecord, Tables } from './tables.ts';

/** Who has a place in which scope. */
export class Admission {
  readonly #tables: Tables;
  #limits: readonly AdmissionLimit[] = [];
  readonly #scopes = new Map<string, { readonly most: number; used: number }>();
  /** The scopes in which a run has a place. */
  readonly #slots = new Map<string, readonly string[]>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** The limits that hold. */
  get limits(): readonly AdmissionLimit[] {
    return this.#limits;
  }

  /** Sets the limits and counts anew. @param begun the runs that were claimed and have not let go of their machine */
  setLimits(limits: readonly AdmissionLimit[], begun: Iterable<RunRecord>): void {
    this.#limits = limits;
    this.#scopes.clear();
    this.#slots.clear();
    for (const record of begun) this.#take(record);
  }

  /** Takes the places of a run, if it has not had them before; else answers the scope that is full. */
  admit(record: RunRecord): string | null {
    const { id } = record.planned.run;
    if (this.#limits.length === 0 || this.#slots.has(id)) return null;
    const full = this.#scopesOf(record).find(({ scope }) => !this.hasRoom(scope));
    if (full !== undefined) return full.scope;
    this.#take(record);
    return null;
  }

  /** Gives the places of a run back; true where it had any. */
  giveBack(runId: string): boolean {
    const slots = this.#slots.get(runId);
    if (slots === undefined) return false;
    this.#slots.delete(runId);
    for (const slot of slots) {
      const scope = this.#scopes.get(slot);
      if (scope !== undefined) scope.used -= 1;
      if (scope?.used === 0) this.#scopes.delete(slot);
    }
    return slots.length > 0;
  }

  /** Whether one more run may begin there. */
  hasRoom(scope: string): boolean {
    const known = this.#scopes.get(scope);
    return known === undefined || known.used < known.most;
  }

  /** The queue. @param waiting runs that are due and that nobody has, the first to be claimed first */
  queue(waiting: readonly RunRecord[]): AdmissionQueue {
    const taken = [...this.#scopes].map(([scope, { most, used }]) => ({ scope, most, used }));
    const queued = waiting.flatMap((record): Queued[] => {
      const { id, machineId } = record.planned.run;
      const machine = this.#tables.machine(machineId)?.machine ?? null;
      return machine === null ? [] : [{ runId: id, placement: placementOf(machine), placed: this.#slots.has(id) }];
    });
    return queueOf(this.#limits, taken.toSorted(byName), queued);
  }

  #take(record: RunRecord): void {
    const scopes = this.#scopesOf(record);
    this.#slots.set(
      record.planned.run.id,
      scopes.map(({ scope }) => scope),
    );
    for (const { scope, most } of scopes) {
      const known = this.#scopes.get(scope) ?? { most, used: 0 };
      known.used += 1;
      this.#scopes.set(scope, known);
    }
  }

  #scopesOf(record: RunRecord) {
    const machine = this.#tables.machine(record.planned.run.machineId)?.machine ?? null;
    return machine === null ? [] : scopesOf(this.#limits, placementOf(machine));
  }
}

function byName(a: { readonly scope: string }, b: { readonly scope: string }): number {
  return a.scope < b.scope ? -1 : 1;
}
