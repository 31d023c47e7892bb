import type { Store } from '../../core/ports/store.ts';
import { LogWindow } from './log-window.ts';

/** The windows of the logs that are being read: one a run, there while somebody reads it. */
export class LogWindows {
  readonly #store: Store;
  readonly #open = new Map<string, { readonly window: LogWindow; readers: number }>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The window of a run; to be given back with `close`. */
  open(runId: string): LogWindow {
    const entry = this.#open.get(runId) ?? { window: new LogWindow(this.#store, runId), readers: 0 };
    entry.readers += 1;
    this.#open.set(runId, entry);
    return entry.window;
  }

  /** Gives a window back; the last reader's goes away. */
  close(runId: string): void {
    const entry = this.#open.get(runId);
    if (entry === undefined) return;
    entry.readers -= 1;
    if (entry.readers === 0) this.#open.delete(runId);
  }

  /** Says that the log of a run may have grown, or the run may have ended. */
  touch(runId: string): void {
    this.#open.get(runId)?.window.news.wake();
  }

  /** Says so of all: hints can be lost. */
  touchAll(): void {
    for (const { window } of this.#open.values()) window.news.wake();
  }
}
