import type { Script } from '../script/script.ts';
import type { Timing } from './state.ts';

/** How long each chapter is to take when the whole talk takes so many minutes, in milliseconds. */
export function plannedTimes({ chapters }: Script, minutes: number): readonly number[] {
  const total = chapters.reduce((sum, { plannedMs }) => sum + plannedMs, 0);
  return chapters.map(({ plannedMs }) => Math.round((plannedMs / total) * minutes * 60_000));
}

/** The clock goes on in a chapter. What has passed until now belongs to the one before. */
export function runIn(timing: Timing, before: number, chapter: number, at: number): Timing {
  const settled = standStill(timing, before, at);
  const spent = settled.spent.with(chapter, settled.spent[chapter] ?? 0);
  return { startedAt: settled.startedAt ?? at, runningSince: at, spent };
}

/** The clock stands still; what has passed belongs to that chapter. */
export function standStill(timing: Timing, chapter: number, at: number): Timing {
  const { runningSince, spent } = timing;
  if (runningSince === null) return timing;
  return { ...timing, runningSince: null, spent: spent.with(chapter, (spent[chapter] ?? 0) + at - runningSince) };
}

/** The time of a talk as people read it, in milliseconds. */
export interface TimeTold {
  readonly elapsed: number;
  readonly planned: number;
  /** How far ahead of the plan; negative: behind. A chapter that is quicker than planned counts when it is over. */
  readonly ahead: number;
  /** The time spent in each chapter; null: not entered yet. */
  readonly spent: readonly (number | null)[];
}

/** What the clock says in a chapter at a time. */
export function tellTime(timing: Timing, planned: readonly number[], chapter: number, at: number): TimeTold {
  const { spent } = timing.runningSince === null ? timing : standStill(timing, chapter, at);
  const elapsed = spent.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  const before = planned.slice(0, chapter).reduce((sum, ms) => sum + ms, 0);
  const here = Math.min(spent[chapter] ?? 0, planned[chapter] ?? 0);
  return { elapsed, planned: planned.reduce((sum, ms) => sum + ms, 0), ahead: before + here - elapsed, spent };
}
