import { z } from 'zod';
import type { TourPlan, TourState } from './director/state.ts';
import { chapterOf } from './director/state.ts';
import { plannedTimes, tellTime } from './director/timing.ts';

/** How long each chapter of one talk took. */
export interface Rehearsal {
  /** When it ended, in ms since 1970. */
  readonly at: number;
  readonly title: string;
  readonly minutes: number;
  /** By the id of the chapter, in milliseconds; a chapter that was left out is not there. */
  readonly chapters: Readonly<Record<string, number>>;
}

/** So many rehearsals are kept; the oldest go first. */
const MOST_KEPT = 50;

/** So many of the last ones are compared with. */
const COMPARED = 5;

const rehearsal = z.object({
  at: z.number(),
  title: z.string(),
  minutes: z.number(),
  chapters: z.record(z.string(), z.number()),
});

/** The rehearsals in the text of their file, one a line; lines that are none are passed over. */
export function readRehearsals(text: string): readonly Rehearsal[] {
  return text.split('\n').flatMap((line) => {
    try {
      const read = rehearsal.safeParse(JSON.parse(line));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}

/** The text of the file with one more, and the oldest gone. */
export function withRehearsal(text: string, one: Rehearsal): string {
  const kept = [...readRehearsals(text), one].slice(-MOST_KEPT);
  return kept.map((each) => `${JSON.stringify(each)}\n`).join('');
}

/** How long each chapter of a tour took until now. */
export function rehearsalOf({ script, minutes }: TourPlan, state: TourState, at: number): Rehearsal {
  const { spent } = tellTime(state.timing, plannedTimes(script, minutes), chapterOf(state), at);
  const taken = script.chapters.flatMap(({ id }, place) => {
    const ms = spent[place] ?? null;
    return ms === null ? [] : [[id, ms] as const];
  });
  return { at, title: script.title, minutes, chapters: Object.fromEntries(taken) };
}

/** One chapter beside its plan and the times before; null: it was not played then. In milliseconds. */
export interface Compared {
  readonly title: string;
  readonly planned: number;
  readonly now: number | null;
  readonly last: number | null;
  /** The mean of the last few. */
  readonly mean: number | null;
}

/** A rehearsal beside its plan and those of the same walk before it, chapter by chapter. */
export function compare(
  { script, minutes }: TourPlan,
  now: Rehearsal,
  before: readonly Rehearsal[],
): readonly Compared[] {
  const planned = plannedTimes(script, minutes);
  const same = before.filter(({ title }) => title === now.title).slice(-COMPARED);
  return script.chapters.map(({ id, title }, at) => {
    const times = same.flatMap(({ chapters }) => chapters[id] ?? []);
    const sum = times.reduce((total, ms) => total + ms, 0);
    return {
      title,
      planned: planned[at] ?? 0,
      now: now.chapters[id] ?? null,
      last: same.at(-1)?.chapters[id] ?? null,
      mean: times.length === 0 ? null : Math.round(sum / times.length),
    };
  });
}
