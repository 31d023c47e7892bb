import type { Run } from '../../../core/domain/run.ts';
import type { SweptRun } from '../../../core/ports/store.ts';

/** What is kept of a run when its row goes. */
export function sweptRunOf(run: Run): SweptRun {
  const { id, machineId, requestId, type, planId, phase, createdAt, startedAt, finishedAt } = run;
  return { id, machineId, requestId, type, planId, phase, createdAt, startedAt, finishedAt };
}
