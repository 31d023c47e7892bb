import { isTerminal } from '../../../core/domain/run.ts';
import type { LogBatch, LogLine } from '../../../core/ports/store.ts';
import { holds } from '../shared/lease.ts';
import type { LogBudget } from '../shared/log-gap.ts';
import type { Progress } from './progress.ts';
import { RunLog } from './run-log.ts';
import type { RunRecord, Tables } from './tables.ts';

/** What an append did. */
export interface Appended {
  /** Runs of which nothing was taken, because the owner does not hold them under this fence. */
  readonly refused: readonly string[];
  /** Runs whose log has grown. */
  readonly grown: readonly string[];
  readonly progress: boolean;
}

/** The logs of all runs. */
export class Logs {
  readonly #tables: Tables;
  readonly #progress: Progress;
  readonly #budget: LogBudget;
  #weight = 0;

  constructor(tables: Tables, progress: Progress, budget: LogBudget) {
    this.#tables = tables;
    this.#progress = progress;
    this.#budget = budget;
  }

  /** What all logs take together, in bytes. */
  get weight(): number {
    return this.#weight;
  }

  /** Takes batches in order; a run that has ended while its call goes on still takes lines, but no progress. */
  append(batches: readonly LogBatch[]): Appended {
    const refused = new Set<string>();
    const grown = new Set<string>();
    let progress = false;
    for (const batch of batches) {
      const record = this.#tables.run(batch.runId);
      if (record === undefined || !holds(record.lease, batch.owner, batch.fence)) {
        refused.add(batch.runId);
        continue;
      }
      if (batch.lines.length > 0) {
        this.#write(record, batch);
        grown.add(batch.runId);
      }
      if (batch.progress !== null && !isTerminal(record.planned.run.phase)) {
        this.#progress.set(batch.runId, batch.progress);
        progress = true;
      }
    }
    return { refused: [...refused], grown: [...grown], progress };
  }

  /** Lines of a run with a number above `after`, at most `limit`; none where there is no such run. */
  read(runId: string, after: number, limit: number): readonly LogLine[] {
    return this.#tables.run(runId)?.log?.read(after, limit) ?? [];
  }

  /** Drops the lines of a run; a line says how many there were. */
  shed(record: RunRecord): void {
    this.#weight -= record.log?.weight ?? 0;
    record.log?.shed();
  }

  /** Lets go of a run's log altogether. */
  forget(record: RunRecord): void {
    this.#weight -= record.log?.weight ?? 0;
    record.log = null;
  }

  #write(record: RunRecord, batch: LogBatch): void {
    record.log ??= new RunLog(this.#budget);
    this.#weight -= record.log.weight;
    for (const line of batch.lines) record.log.append(line);
    this.#weight += record.log.weight;
  }
}
