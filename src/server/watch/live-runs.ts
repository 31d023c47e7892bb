import type { Filter } from '../../core/domain/filter.ts';
import { matches } from '../../core/domain/filter.ts';
import type { Progress, Run } from '../../core/domain/run.ts';
import { isTerminal, runView } from '../../core/domain/run.ts';
import type { Millis } from '../../core/domain/time.ts';
import type { Cursor, ProgressChange } from '../../core/ports/store.ts';
import type { Encoded } from '../../wire/bridge.ts';
import { encodeOnce } from '../../wire/bridge.ts';
import { runEventToWire } from '../../wire/convert/event.ts';
import type { RunPlan } from '../../wire/convert/run.ts';
import { progressOf, runToWire } from '../../wire/convert/run.ts';
import { RunEventSchema } from '../../wire/gen/baremetal/v1/event_pb.ts';

/** A run that has not come to rest, as of the last event that was read, and how far its call has come. */
export class LiveRun {
  readonly run: Run;
  readonly plan: RunPlan;
  readonly #progress: Progress | null;
  readonly #at: Millis;
  #encoded: Encoded<typeof RunEventSchema> | null = null;
  #encodedFor: Cursor | null = null;

  constructor(run: Run, plan: RunPlan, progress: Progress | null, at: Millis) {
    this.run = run;
    this.plan = plan;
    this.#progress = progress;
    this.#at = at;
  }

  /** The same run with newer progress. */
  withProgress(progress: Progress, at: Millis): LiveRun {
    return new LiveRun(this.run, this.plan, progress, at);
  }

  /**
   * The PROGRESS message for watchers that have seen everything up to the cursor, encoded once for all of them; null
   * where the filter does not pass the run, or the progress is not of the attempt under way.
   */
  messageFor(filter: Filter, cursor: Cursor): Encoded<typeof RunEventSchema> | null {
    const progress = progressOf(this.run, this.run.currentStep, this.#progress);
    if (progress === null || !matches(filter, runView(this.run))) return null;
    if (this.#encoded === null || this.#encodedFor !== cursor) {
      this.#encoded = this.#encode(progress, cursor);
      this.#encodedFor = cursor;
    }
    return this.#encoded;
  }

  #encode(progress: Progress, cursor: Cursor): Encoded<typeof RunEventSchema> {
    const { run } = this;
    const name = run.steps[run.currentStep]?.name ?? '';
    const far = progress.total > 0 ? `${progress.current} of ${progress.total} ${progress.unit}` : progress.unit;
    const note = {
      at: this.#at,
      kind: 'PROGRESS' as const,
      message: `${name}: ${[far.trim(), progress.note].filter((part) => part !== '').join(', ')}`,
      cursor,
      actor: '',
      reason: '',
      revision: run.revision,
    };
    const snapshot = runToWire(run, { plan: this.plan, progress, at: this.#at });
    return encodeOnce(RunEventSchema, runEventToWire(note, run, snapshot));
  }
}

/** All runs that have not come to rest: as many as there are machines at the most. */
export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();
  #round = 0;
  #lastRound: readonly string[] = [];

  /** Counts the times that progress came in. */
  get round(): number {
    return this.#round;
  }

  /** The run, if it is known not to have come to rest. */
  get(runId: string): Run | null {
    return this.#runs.get(runId)?.run ?? null;
  }

  /** Takes the run as it is after an event; one that has come to rest is forgotten. */
  put(run: Run, plan: RunPlan, at: Millis): void {
    if (isTerminal(run.phase) && !run.stopping) this.#runs.delete(run.id);
    else this.#runs.set(run.id, new LiveRun(run, plan, null, at));
  }

  /** Forgets all runs. */
  clear(): void {
    this.#runs.clear();
  }

  /** Takes the last progress of some runs. */
  progressed(changes: readonly ProgressChange[], at: Millis): void {
    const known: string[] = [];
    for (const { runId, progress } of changes) {
      const live = this.#runs.get(runId);
      if (live === undefined) continue;
      this.#runs.set(runId, live.withProgress(progress, at));
      known.push(runId);
    }
    this.#round += 1;
    this.#lastRound = known;
  }

  /** The runs whose progress may have changed since that round, by their ids. */
  since(round: number): readonly string[] {
    if (round === this.#round) return [];
    return round < this.#round - 1 ? [...this.#runs.keys()] : this.#lastRound;
  }

  /** The PROGRESS message of a run as it is now, as `LiveRun.messageFor` has it; null also where the run has come to rest. */
  progressOf(runId: string, filter: Filter, cursor: Cursor): Encoded<typeof RunEventSchema> | null {
    return this.#runs.get(runId)?.messageFor(filter, cursor) ?? null;
  }
}
