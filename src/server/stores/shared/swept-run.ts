import type { Run } from '../../../core/domain/run.ts';
import { isTerminal } from '../../../core/domain/run.ts';
import type { SweptRun } from '../../../core/ports/store.ts';

/** What is kept of a run when its row goes. */
export function sweptRunOf(run: Run): SweptRun {
  const { id, machineId, requestId, type, planId, phase, createdAt, startedAt, finishedAt } = run;
  return { id, machineId, requestId, type, planId, phase, createdAt, startedAt, finishedAt };
}

/** True once no event of the run can come any more. */
export function hasComeToRest(run: Run): boolean {
  return isTerminal(run.phase) && !run.stopping;
}
