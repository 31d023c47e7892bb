import type { Filter } from '../../core/domain/filter.ts';
import type { Millis } from '../../core/domain/time.ts';
import type { Page, RunRow, Store } from '../../core/ports/store.ts';
import { runPlanOf, runRemainsToWire, runToWire } from '../../wire/convert/run.ts';
import type { Run as RunMessage } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { ServiceContext } from './context.ts';

/** A run as it is read at this moment, as a message. */
export function runRowToWire({ run, plan, progress, owner }: RunRow, at: Millis): RunMessage {
  return runToWire(run, { plan: runPlanOf(plan), progress, owner, at });
}

/** The run, or what remains of it where it was swept; null where there never was one. */
export async function findRun(
  { store, clock }: Pick<ServiceContext, 'store' | 'clock'>,
  runId: string,
): Promise<RunMessage | null> {
  const row = await store.run(runId);
  if (row !== null) return runRowToWire(row, clock.now());
  const swept = await store.sweptRun(runId);
  return swept === null ? null : runRemainsToWire(swept);
}

/** The most runs that are counted; where there are more the count is -1. */
const MAX_COUNTED = 1_000;
/** The pages that a count reads at most; they may be short. */
const MAX_PAGES = 4;

/** How many runs match; -1 where there are more than are counted. A first page that is also the last needs no other. */
export async function countRuns(store: Store, filter: Filter, first: Page<RunRow> | null): Promise<number> {
  if (first !== null && first.next === null) return first.rows.length;
  let count = 0;
  let after = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const limit = Math.min(MAX_COUNTED + 1 - count, MAX_COUNTED);
    const found: Page<RunRow> = await store.runs({ filter, orderBy: 'created_at', descending: true, limit, after });
    count += found.rows.length;
    if (count > MAX_COUNTED) return -1;
    if (found.next === null) return count;
    after = found.next;
  }
  return -1;
}
