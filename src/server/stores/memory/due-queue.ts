import type { Millis } from '../../../core/domain/time.ts';
import { compareText } from '../shared/sort.ts';

/** A run that nobody owns, and when it may be claimed. */
export interface Due {
  readonly runId: string;
  readonly dueAt: Millis;
  readonly createdAt: Millis;
}

/** Runs without an owner, the one that is due first in front; a binary heap that knows where each run stands. */
export class DueQueue {
  readonly #heap: Due[] = [];
  readonly #places = new Map<string, number>();

  /** The run that is due first: by due time, then by age, then by id. */
  first(): Due | undefined {
    return this.#heap[0];
  }

  /** Puts a run in, or moves it. */
  set(due: Due): void {
    this.delete(due.runId);
    this.#heap.push(due);
    this.#up(this.#heap.length - 1, due);
  }

  /** Takes a run out, if it is in. */
  delete(runId: string): void {
    const at = this.#places.get(runId);
    if (at === undefined) return;
    this.#places.delete(runId);
    const last = this.#heap.pop();
    if (last === undefined || last.runId === runId) return;
    this.#up(at, last);
    this.#down(this.#places.get(last.runId) ?? at, last);
  }

  #up(from: number, due: Due): void {
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || compareDue(parent, due) <= 0) break;
      this.#put(at, parent);
      at = parentAt;
    }
    this.#put(at, due);
  }

  #down(from: number, due: Due): void {
    let at = from;
    for (;;) {
      const childAt = this.#smallerChild(at);
      const child = this.#heap[childAt];
      if (child === undefined || compareDue(due, child) <= 0) break;
      this.#put(at, child);
      at = childAt;
    }
    this.#put(at, due);
  }

  #smallerChild(at: number): number {
    const left = this.#heap[2 * at + 1];
    const right = this.#heap[2 * at + 2];
    return left !== undefined && right !== undefined && compareDue(right, left) < 0 ? 2 * at + 2 : 2 * at + 1;
  }

  #put(at: number, due: Due): void {
    this.#heap[at] = due;
    this.#places.set(due.runId, at);
  }
}

/** The order in which runs are due. */
export function compareDue(a: Due, b: Due): number {
  return a.dueAt - b.dueAt || a.createdAt - b.createdAt || compareText(a.runId, b.runId);
}
