import { commandText } from '../perform/command-text.ts';
import { claimText } from '../room/claims.ts';
import { filledIn } from '../script/references.ts';
import type { StartCommand } from '../script/script.ts';
import type { TourMoment } from './director.ts';
import type { Place } from './state.ts';
import { beatAt, chapterOf, countOf, isQuestion, partsOf } from './state.ts';

/** The command of the present beat as it would be typed; empty: it has none. */
export function commandOf({ plan, state, machineOf, scene }: TourMoment): string {
  const { command } = beatAt(plan.script, state.place);
  if (command === null) return '';
  const { part, beat } = state.place;
  const before = partsOf(plan.script)[part]?.beats.slice(0, beat) ?? [];
  return commandText(command, {
    machineOf,
    runIdOf: (name) => scene.runs.get(name),
    starterOf: (name) =>
      before.map((one) => one.command).find((one): one is StartCommand => one?.kind === 'start' && one.as === name),
  });
}

/** What the present beat has waited for, as it is now: a clause each. */
export function claimsOf({ plan, state, scene }: TourMoment): readonly string[] {
  return beatAt(plan.script, state.place).waitFor.map((condition) => claimText(condition, scene));
}

/** What is to be said, and what must not be left out, where the notes stand. */
export interface NotesTold {
  readonly place: Place;
  readonly say: string;
  readonly points: readonly string[];
}

/** The notes that are shown now: those of the present beat, or of the one that is looked back at. */
export function notesOf({ plan, state, machineOf }: TourMoment): NotesTold {
  const place = state.lookBack ?? state.place;
  const { say, points, onFail } = beatAt(plan.script, place);
  const failed = state.stage === 'failed' && onFail !== '';
  const filled = (text: string) => filledIn(text, machineOf);
  return { place, say: filled(failed ? onFail : say), points: points.map(filled) };
}

/** What the strip calls the present part: its count and its title. */
export function headingOf({ plan, state }: TourMoment): { readonly count: string; readonly title: string } {
  const { script } = plan;
  const { part } = state.place;
  const title = partsOf(script)[part]?.title ?? '';
  return { count: isQuestion(script, part) ? 'question' : countOf(script, chapterOf(state)), title };
}
