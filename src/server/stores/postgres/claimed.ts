import type { Machine } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import type { Claim, Claimed } from '../../../core/ports/store.ts';
import type { Database } from './database.ts';
import type { BoundPlans } from './rows.ts';

/** A run that was claimed, as bmdemo.with_aggregates tells of it. */
export interface ClaimedRow extends Claim {
  readonly revision: number;
  readonly lastEventAt: number;
  readonly now: number;
  /** Null where this run is not all that decides about the machine. */
  readonly machine: Machine | null;
  readonly run: Run | null;
  readonly boundPlan: number;
}

/** Claims with what decides about their machines, as far as it was read with them. Never rejects: the runs are claimed. */
export async function claimedOf(
  database: Database,
  plans: BoundPlans,
  rows: readonly ClaimedRow[],
): Promise<readonly Claimed[]> {
  const known = await plans.of(database, new Set(rows.map(({ boundPlan }) => boundPlan))).catch(() => null);
  return rows.map(({ runId, machineId, fence, revision, lastEventAt, now, machine, run, boundPlan }) => {
    const plan = known?.get(boundPlan);
    const claim = { runId, machineId, fence };
    if (machine === null || run === null || plan === undefined) return claim;
    return {
      ...claim,
      loaded: { machineId, machine, runs: [{ run, plan }], request: null, revision, lastEventAt, now },
    };
  });
}
