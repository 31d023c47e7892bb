import { BUILT_IN_PLANS } from '../../core/domain/plans/built-in.ts';
import type { Run } from '../../core/domain/run.ts';
import type { Store } from '../../core/ports/store.ts';
import type { RunPlan } from '../../wire/convert/run.ts';
import { runPlanOf, UNKNOWN_PLAN } from '../../wire/convert/run.ts';

/** How many runs' plans are remembered; the one not asked for the longest goes first. */
const REMEMBERED = 10_000;

/**
 * What messages tell of a run's plan. Events carry the run without its copy of the plan, which never changes: it is
 * read once a run, and not even that for a built-in plan.
 */
export class RunPlans {
  readonly #store: Store;
  readonly #builtIn = new Map(BUILT_IN_PLANS.map((plan) => [plan.id, { plan, told: runPlanOf(plan) }]));
  readonly #known = new Map<string, RunPlan>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The plan of that run; of a run that was swept it is unknown. */
  async of(run: Run): Promise<RunPlan> {
    const builtIn = this.#builtInOf(run);
    if (builtIn !== null) return builtIn;
    const known = this.#known.get(run.id) ?? (await this.#read(run.id));
    this.#known.delete(run.id);
    this.#known.set(run.id, known);
    const oldest = this.#known.keys().next();
    if (this.#known.size > REMEMBERED && !oldest.done) this.#known.delete(oldest.value);
    return known;
  }

  /** A run of an older program may have begun with other steps under the same name. */
  #builtInOf(run: Run): RunPlan | null {
    const candidate = this.#builtIn.get(run.planId);
    if (candidate === undefined || candidate.plan.steps.length !== run.steps.length) return null;
    const same = candidate.plan.steps.every((step, index) => step.name === run.steps[index]?.name);
    return same ? candidate.told : null;
  }

  async #read(runId: string): Promise<RunPlan> {
    const row = await this.#store.run(runId);
    return row === null ? UNKNOWN_PLAN : runPlanOf(row.plan);
  }
}
