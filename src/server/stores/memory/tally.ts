import { hasCondition } from '../../../core/domain/condition.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import { effectiveState } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import type { Counts } from '../../../core/ports/store.ts';

/** Machines and runs in numbers, kept as rows come and go. */
export class Tally {
  readonly #machines = new Map<string, number>();
  readonly #runs = new Map<string, number>();
  #attention = 0;

  /** Counts a machine in or out; null is nobody. */
  machine(machine: Machine | null, by: 1 | -1): void {
    if (machine === null) return;
    add(this.#machines, effectiveState(machine), by);
    if (hasCondition(machine.conditions, 'NeedsIntervention')) this.#attention += by;
  }

  /** Counts a run in or out; null is nobody. */
  run(run: Run | null, by: 1 | -1): void {
    if (run !== null) add(this.#runs, run.phase, by);
  }

  /** The numbers as they are now; what there is none of is absent. */
  counts(): Counts {
    return {
      machines: Object.fromEntries(this.#machines),
      attention: this.#attention,
      runs: Object.fromEntries(this.#runs),
    };
  }
}

function add(numbers: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (numbers.get(key) ?? 0) + by;
  if (next === 0) numbers.delete(key);
  else numbers.set(key, next);
}
