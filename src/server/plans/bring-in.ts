import { decideCreatePlan } from '../../core/domain/decide/plan.ts';
import type { Plan } from '../../core/domain/plan.ts';
import { transactPlan } from '../../core/engine/transact-plan.ts';
import type { PlanStore } from '../../core/ports/plan-store.ts';
import type { PlanFile } from './directory.ts';

/**
 * Makes a new version of every plan whose file says something else than its newest version; the answer is those that were made.
 * Servers that share a store may do so at once: what one has made the others find made. A file that is gone deletes nothing.
 */
export async function bringInPlans(
  store: PlanStore,
  files: readonly PlanFile[],
  instance: string,
): Promise<readonly Plan[]> {
  const made: Plan[] = [];
  for (const { name, path, declared } of files) {
    const reason = `read from ${path}`;
    const origin = { actor: 'engine', peer: '', requestId: '', reason, method: '', server: instance };
    const result = await transactPlan(store, { planId: declared.id, requestId: '', origin }, (aggregate) =>
      decideCreatePlan(aggregate, { declared, requestId: '', by: name, reason }),
    );
    if (result.kind === 'refusal') throw new Error(`${path}: ${result.message}`);
    if (result.changed) made.push(result.plan);
  }
  return made;
}
