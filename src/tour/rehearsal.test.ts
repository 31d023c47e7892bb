import { describe, expect, it } from 'vitest';
import { initialState } from './director/state.ts';
import { compare, readRehearsals, rehearsalOf, withRehearsal } from './rehearsal.ts';
import { walkPlan } from './testing/walk.ts';

const plan = walkPlan({ minutes: 2.5 });

function one(at: number, chapters: Record<string, number>, title = 'A walk') {
  return { at, title, minutes: 2.5, chapters };
}

describe('a rehearsal', () => {
  it('has the time of each chapter that was entered, the present one up to now', () => {
    const timing = { startedAt: 0, runningSince: 30_000, spent: [30_000, 5_000, null, null] };
    const state = { ...initialState(plan, 0), timing, place: { part: 1, beat: 0 } };
    expect(rehearsalOf(plan, state, 40_000)).toEqual(one(40_000, { opening: 30_000, work: 15_000 }));
  });

  it('is put beside the plan, the last time and the mean of the last five, of the same walk', () => {
    const before = [
      one(0, { opening: 1_000_000 }),
      ...[10_000, 20_000, 30_000, 40_000].map((opening, at) => one(at + 1, { opening })),
      one(9, { opening: 99_000 }, 'Another walk'),
      one(10, { work: 7_000 }),
    ];
    const [opening, work, twice] = compare(plan, one(11, { opening: 25_000 }), before);
    expect(opening).toEqual({ title: 'Opening', planned: 30_000, now: 25_000, last: null, mean: 25_000 });
    expect(work).toEqual({ title: 'Work', planned: 60_000, now: null, last: 7_000, mean: 7_000 });
    expect(twice).toMatchObject({ now: null, last: null, mean: null });
  });

  it('is added to the file, which keeps fifty and passes over what is none', () => {
    let text = 'nonsense\n{"at":"x"}\n';
    for (let at = 0; at < 60; at += 1) text = withRehearsal(text, one(at, {}));
    expect(readRehearsals(text).map(({ at }) => at)).toEqual(Array.from({ length: 50 }, (_, index) => index + 10));
  });
});
