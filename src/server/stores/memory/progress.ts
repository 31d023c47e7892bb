import type * as domain from '../../../core/domain/run.ts';
import type { ProgressChange } from '../../../core/ports/store.ts';
import { SortedIndex } from './sorted-index.ts';

interface Entry extends ProgressChange {
  readonly version: number;
}

/** The last progress of every active run that told one, by when it changed. */
export class Progress {
  readonly #byRun = new Map<string, Entry>();
  readonly #byVersion = new SortedIndex<Entry>({ value: ({ version }) => version, id: ({ runId }) => runId });
  #version = 0;

  /** The last progress of a run, null where it told none or has ended. */
  of(runId: string): domain.Progress | null {
    return this.#byRun.get(runId)?.progress ?? null;
  }

  /** Notes the progress of a run; it takes the place of the one before. */
  set(runId: string, progress: domain.Progress): void {
    this.drop(runId);
    this.#version += 1;
    const entry = { runId, progress, version: this.#version };
    this.#byRun.set(runId, entry);
    this.#byVersion.set(entry);
  }

  /** Forgets a run's progress. */
  drop(runId: string): void {
    const entry = this.#byRun.get(runId);
    if (entry === undefined) return;
    this.#byRun.delete(runId);
    this.#byVersion.delete(entry);
  }

  /** What changed since `after`, and the number to ask with next time. */
  since(after: number): { readonly changes: readonly ProgressChange[]; readonly next: number } {
    const changes: ProgressChange[] = [];
    // Versions are whole numbers: this place is before the next one.
    for (const { runId, progress } of this.#byVersion.after({ value: after + 0.5, id: '' })) {
      changes.push({ runId, progress });
    }
    return { changes, next: this.#version };
  }
}
