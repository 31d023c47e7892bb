import type { Filter } from '../../core/domain/filter.ts';
import { mayQueue } from '../../core/domain/waiting.ts';
import type { Page, RunRow, Store } from '../../core/ports/store.ts';
import { runPlanOf, runRemainsToWire, runToWire } from '../../wire/convert/run.ts';
import type { Run as RunMessage } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { ServiceContext } from './context.ts';

type Sight = Pick<ServiceContext, 'store' | 'clock'>;

/** A run as it is read at this moment, as a message. */
export async function runRowToWire(context: Sight, row: RunRow): Promise<RunMessage> {
  const [message] = await runRowsToWire(context, [row]);
  if (message === undefined) throw new Error('one run makes one message');
  return message;
}

/** Runs as they are read at this moment, as messages; the queue is looked at once, and only where one of them may be in it. */
export async function runRowsToWire({ store, clock }: Sight, rows: readonly RunRow[]): Promise<RunMessage[]> {
  const at = clock.now();
  const places = rows.some(({ run, owner }) => owner === null && mayQueue(run, at))
    ? (await store.queue()).places
    : null;
  return rows.map(({ run, plan, progress, owner }) => {
    const queue = places?.get(run.id) ?? null;
    return runToWire(run, { plan: runPlanOf(plan), progress, owner, queue, at });
  });
}

/** The run, or what remains of it where it was swept; null where there never was one. */
export async function findRun(context: Sight, runId: string): Promise<RunMessage | null> {
  const row = await context.store.run(runId);
  if (row !== null) return runRowToWire(context, row);
  const swept = await context.store.sweptRun(runId);
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
