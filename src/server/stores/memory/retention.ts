import type { PlannedRun } from '../../../core/domain/run.ts';
import { sweptRunOf } from '../shared/swept-run.ts';
import type { Logs } from './logs.ts';
import type { RunRecord, Tables } from './tables.ts';
import { runIndex } from './tables.ts';

/** What the store keeps of finished runs. */
export interface RetentionLimits {
  readonly finishedRuns: number;
  /** What all logs may take together, in bytes. */
  readonly allLogBytes: number;
}

/** Lets old runs and old logs go. Works where something is added, so that nothing grows past its bound meanwhile. */
export class Retention {
  readonly #tables: Tables;
  readonly #logs: Logs;
  readonly #limits: RetentionLimits;
  /** Runs that have ended with nothing held, those that ended first in front. */
  readonly #finished = runIndex('finished_at');
  /** Those of them that still have log lines. */
  readonly #logged = runIndex('finished_at');

  constructor(tables: Tables, logs: Logs, limits: RetentionLimits) {
    this.#tables = tables;
    this.#logs = logs;
    this.#limits = limits;
  }

  /** Notes a run that has ended with nothing held, and lets the runs go for which there is no room any more. */
  add(record: RunRecord): void {
    this.#finished.set(record.planned);
    if (record.log !== null) this.#logged.set(record.planned);
    while (this.#finished.size > this.#limits.finishedRuns) this.#sweep(this.#finished.first());
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
    this.#logged.delete(oldest);
    const record = this.#tables.run(oldest.run.id);
    if (record !== undefined) this.#logs.forget(record);
    this.#tables.sweepRun(oldest, sweptRunOf(oldest.run));
  }

  #shed(runId: string): void {
    const record = this.#tables.run(runId);
    if (record !== undefined) this.#logs.shed(record);
  }
}
