import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';

/** The options of the way in which a command works through many ids, as commander gives them. */
export interface PaceOptions {
  readonly maxParallel?: string;
  readonly stopAfterFailures?: string;
}

/** How many are worked on at a time, and when no more are begun. */
export interface Pace {
  readonly maxParallel: number;
  readonly stopAfterFailures: number;
}

/** Gives a command options for the way in which it works through many machines or runs. */
export function addPaceOptions(command: Command, noun: string): void {
  command
    .option('--max-parallel <N>', `at most so many ${noun}s at a time, in their order (default: all at once)`)
    .option('--stop-after-failures <N>', `start no more once so many ${noun}s were not done`);
}

/** What the options say of it; all at once and to the end where they say nothing. */
export function paceOf({ maxParallel, stopAfterFailures }: PaceOptions): Pace {
  return {
    maxParallel: countOf('--max-parallel', maxParallel),
    stopAfterFailures: countOf('--stop-after-failures', stopAfterFailures),
  };
}

function countOf(option: string, text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw usageFailure(`${option} must be a whole number from 1, and is "${text}"`);
  return Number(text);
}

/** Ids that are worked through in their order, some at a time, and no more of them after too many failures. */
export class WorkList<Told extends { readonly code: ExitCode }> {
  readonly #ids: readonly string[];
  readonly #pace: Pace;
  #begun = 0;

  constructor(ids: readonly string[], pace: Pace) {
    this.#ids = ids;
    this.#pace = pace;
  }

  /** The ids that were not begun. */
  get left(): readonly string[] {
    return this.#ids.slice(this.#begun);
  }

  /**
   * What came of each id that was begun, in their order. What `work` throws is thrown.
   *
   * @param signal once it is aborted, no more are begun
   */
  async run(work: (id: string) => Promise<Told>, signal?: AbortSignal): Promise<readonly Told[]> {
    const { maxParallel, stopAfterFailures } = this.#pace;
    const results: Told[] = [];
    const queue = this.#ids.entries();
    let failures = 0;
    const worker = async () => {
      for (const [index, id] of queue) {
        this.#begun += 1;
        const told = await work(id);
        results[index] = told;
        if (told.code !== EXIT.done) failures += 1;
        if (failures >= stopAfterFailures || signal?.aborted === true) break;
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#ids.length, maxParallel) }, worker));
    return results.filter((result) => result !== undefined);
  }
}

/** `3 machines: 2 SUCCEEDED, 1 FAILED`. @param noun of one: `machine` */
export function summaryText(noun: string, words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const parts = [...counts].map(([word, count]) => `${count} ${word}`);
  return `${words.length} ${words.length === 1 ? noun : `${noun}s`}: ${parts.join(', ')}`;
}

/** Says which ids were not begun, where there are any. */
export async function tellLeft(context: Context, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await context.note(`${ids.length} not started: ${ids.join(' ')}`);
}
