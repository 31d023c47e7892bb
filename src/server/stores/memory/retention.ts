import type { PlannedRun } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Keep, RetentionPolicy } from '../../../core/ports/retention.ts';
import { sweptRunOf } from '../shared/swept-run.ts';
import type { EventLog } from './events.ts';
import type { Logs } from './logs.ts';
import type { SortedIndex } from './sorted-index.ts';
import type { RunRecord, Tables } from './tables.ts';
import { runIndex } from './tables.ts';

/** What the store keeps of finished runs. */
export interface RetentionLimits {
  readonly finishedRuns: number;
  /** What all logs may take together, in bytes. */
  readonly allLogBytes: number;
}

/** What one step of a policy lets go of at most, of each. */
const STEP = 200;

/**
 * Lets go of what is old. The bounds of the store itself hold where something is added, so that nothing grows past them
 * meanwhile; what a policy asks for beyond them goes when it is told to.
 */
export class Retention {
  readonly #tables: Tables;
  readonly #logs: Logs;
  readonly #events: EventLog;
  readonly #limits: RetentionLimits;
  /** Runs that have ended with nothing held, those that ended first in front. */
  readonly #finished = runIndex('finished_at');
  /** Those of them that still have log lines. */
  readonly #logged = runIndex('finished_at');

  constructor(tables: Tables, logs: Logs, events: EventLog, limits: RetentionLimits) {
    this.#tables = tables;
    this.#logs = logs;
    this.#events = events;
    this.#limits = limits;
  }

  /** Notes a run that has ended with nothing held, and lets the runs go for which there is no room any more. */
  add(record: RunRecord): void {
    this.#finished.set(record.planned);
    if (record.log !== null) this.#logged.set(record.planned);
    while (this.#finished.size > this.#limits.finishedRuns) this.#sweep(this.#finished.first());
  }

  /** Lets go of a little of what the policy does not keep; true while there is more. */
  sweep(policy: RetentionPolicy, now: Millis): boolean {
    const runs = excess(this.#finished, policy.runs, now, (oldest) => this.#sweep(oldest));
    const logs = excess(this.#logged, policy.logs, now, (oldest) => this.#forgetLog(oldest));
    const events = this.#events.sweep(policy.events, now, STEP);
    return runs === STEP || logs === STEP || events === STEP;
  }

  /** Brings the logs back into their bound: those of runs that ended first go first, then those of the runs that write. */
  trimLogs(writers: readonly string[]): void {
    while (this.#logs.weight > this.#limits.allLogBytes) {
      const oldest = this.#logged.first();
      if (oldest === undefined) break;
      this.#logged.delete(oldest);
      this.#shed(oldest.run.id);
    }
    for (const runId of writers) {
      if (this.#logs.weight > this.#limits.allLogBytes) this.#shed(runId);
    }
  }

  #sweep(oldest: PlannedRun | undefined): void {
    if (oldest === undefined) return;
    this.#finished.delete(oldest);
    this.#forgetLog(oldest);
    this.#tables.sweepRun(oldest, sweptRunOf(oldest.run));
    this.#events.baselines.forget(oldest.run);
  }

  #forgetLog(planned: PlannedRun): void {
    this.#logged.delete(planned);
    const record = this.#tables.run(planned.run.id);
    if (record !== undefined) this.#logs.forget(record);
  }

  #shed(runId: string): void {
    const record = this.#tables.run(runId);
    if (record !== undefined) this.#logs.shed(record);
  }
}

/** Lets go of runs in the order in which they ended, those that are too old or too many, at most one step; the answer is how many. */
function excess(index: SortedIndex<PlannedRun>, keep: Keep, now: Millis, letGo: (oldest: PlannedRun) => void): number {
  const oldestKept = keep.ageMs === null ? Number.NEGATIVE_INFINITY : now - keep.ageMs;
  let gone = 0;
  for (let first = index.first(); first !== undefined && gone < STEP; first = index.first()) {
    const isOld = (first.run.finishedAt ?? now) < oldestKept;
    if (!isOld && (keep.count === null || index.size <= keep.count)) break;
    letGo(first);
    gone += 1;
  }
  return gone;
}
